use domain::access::Role;
use harness::client::TestAnswer;
use harness::member::Member;
use http::StatusCode;
use serde_json::{Value, json};

use crate::test_support::Shop;

async fn add(shop: &Shop, by: &Member, stock: Option<u32>) -> TestAnswer {
    let body = json!({"name": "PETG, black", "surcharge": {"amount": 500, "currency": "INR"}, "stock": stock});
    shop.client.post("/admin/materials").bearer(&by.token).json(body).send().await
}

async fn patch(shop: &Shop, by: &Member, id: &Value, body: Value) -> TestAnswer {
    let path = format!("/admin/materials/{}", id.as_str().unwrap());
    shop.client.patch(&path).bearer(&by.token).json(body).send().await
}

#[tokio::test]
async fn a_shared_material_is_added_counted_and_retired() {
    let shop = Shop::open().await;
    let staff = shop.sign_in(Role::Staff).await;
    let added = add(&shop, &staff, Some(10)).await;
    let material = added.data(StatusCode::CREATED).clone();
    assert_eq!((&material["stock"], &material["active"]), (&json!(10), &json!(true)));
    let change = async |body| patch(&shop, &staff, &material["id"], body).await;
    assert_eq!(change(json!({"stock": 25})).await.data(StatusCode::OK)["stock"], 25);
    assert_eq!(change(json!({"stockChange": -20})).await.data(StatusCode::OK)["stock"], 5);
    let refused = change(json!({"stockChange": -6})).await;
    refused.refused(StatusCode::CONFLICT, "OUT_OF_STOCK");
    assert_eq!(change(json!({"stock": 1, "stockChange": 1})).await.fields(), ["stockChange"]);
    assert_eq!(change(json!({"surcharge": {"amount": 1, "currency": "USD"}})).await.fields(), ["surcharge.currency"]);
    let retired = change(json!({"active": false})).await;
    assert_eq!((&retired.data(StatusCode::OK)["active"], retired.header("etag")), (&json!(false), "\"4\""));
    let read = format!("/admin/materials/{}", material["id"].as_str().unwrap());
    let read = shop.client.get(&read).bearer(&staff.token).send().await;
    assert_eq!(read.data(StatusCode::OK), retired.data(StatusCode::OK));
    let listed = shop.client.get("/admin/materials").bearer(&staff.token).send().await;
    assert_eq!((listed.data(StatusCode::OK).as_array().unwrap().len(), listed.round_trips()), (1, 1));
    let trail = shop.tenant().stored("AUD#").await;
    assert_eq!(trail.iter().filter(|row| row["action"] == "MATERIAL_CHANGED").count(), 4);
}

#[tokio::test]
async fn what_is_made_to_order_keeps_no_stock() {
    let shop = Shop::open().await;
    let staff = shop.sign_in(Role::Staff).await;
    let material = add(&shop, &staff, None).await.data(StatusCode::CREATED).clone();
    assert!(material["stock"].is_null());
    assert_eq!(patch(&shop, &staff, &material["id"], json!({"stock": 1})).await.fields(), ["stock"]);
    assert_eq!(patch(&shop, &staff, &material["id"], json!({"stockChange": 1})).await.fields(), ["stockChange"]);
}

#[tokio::test]
async fn sellers_see_the_library_and_the_tenants_people_change_it() {
    let shop = Shop::open().await;
    let (staff, seller) = (shop.sign_in(Role::Staff).await, shop.sign_in(Role::Seller).await);
    add(&shop, &seller, None).await.refused(StatusCode::FORBIDDEN, "FORBIDDEN");
    let material = add(&shop, &staff, Some(1)).await.data(StatusCode::CREATED).clone();
    let listed = shop.client.get("/admin/materials").bearer(&seller.token).send().await;
    assert_eq!(listed.data(StatusCode::OK)[0]["id"], material["id"]);
    let refused = patch(&shop, &seller, &material["id"], json!({"stock": 100})).await;
    refused.refused(StatusCode::FORBIDDEN, "FORBIDDEN");
    let customer = shop.sign_in(Role::Customer).await;
    let refused = shop.client.get("/admin/materials").bearer(&customer.token).send().await;
    refused.refused(StatusCode::FORBIDDEN, "FORBIDDEN");
}
