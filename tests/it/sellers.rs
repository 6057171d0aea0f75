//! A person becomes a seller, is found by what they sell, and is stopped.

use axum::http::StatusCode;
use domain::access::Role;
use harness::shop::{PASSWORD, Shop, Shopper, eventually, id};
use serde_json::{Value, json};

#[tokio::test]
async fn somebody_applies_is_approved_sells_in_a_category_and_is_suspended() {
    let shop = Shop::open_with(|tenant| tenant.settings.moderate_sellers = true).await;
    let admin = shop.tenant.member_with_password(&[Role::Admin], PASSWORD).await;
    let admin = Shopper::log_in(&shop.api, &admin).await;
    let asha = shop.shopper().await;
    let profile = json!({"name": "Layer by Layer", "slug": "layers", "payoutAccount": "GB33BUKB20201555555555"});
    let seller = id(asha.post("/sellers", profile).await.data(StatusCode::CREATED));
    let product = |category: &str, material: &str| {
        json!({
            "name": "Spiral vase", "sku": "SKU-LAYERS-1", "basePrice": {"amount": 49_900, "currency": "INR"},
            "stockPolicy": "MADE_TO_ORDER", "status": "ACTIVE", "categories": [category], "sharedMaterials": [material],
        })
    };
    let home = id(admin.post("/admin/categories", json!({"name": "Home"})).await.data(StatusCode::CREATED));
    let vases = json!({"name": "Vases", "parentId": home});
    let vases = id(admin.post("/admin/categories", vases).await.data(StatusCode::CREATED));
    let clay = json!({"name": "PETG, black", "surcharge": {"amount": 100, "currency": "INR"}, "stock": 3});
    let clay = id(admin.post("/admin/materials", clay).await.data(StatusCode::CREATED));
    asha.post("/products", product(&vases, &clay)).await.refused(StatusCode::FORBIDDEN, "FORBIDDEN");
    shop.api.get("/sellers/layers").send().await.refused(StatusCode::NOT_FOUND, "NOT_FOUND");

    let decide =
        async |verb: &str| shop.api.post(&format!("/admin/sellers/{seller}/{verb}")).bearer(&admin.token).send().await;
    assert_eq!(decide("approve").await.data(StatusCode::OK)["status"], "ACTIVE");
    let mails = shop.await_mails(&asha.email, 1).await;
    assert_eq!((mails.len(), mails[0].subject.starts_with("You can sell at ")), (1, true));
    // The token of before is a seller's now.
    let product = id(asha.post("/products", product(&vases, &clay)).await.data(StatusCode::CREATED));
    shop.api.get("/sellers/layers").send().await.data(StatusCode::OK);
    let listed = async |query: &str| {
        let page = shop.api.get(&format!("/products?{query}")).send().await;
        page.data(StatusCode::OK).as_array().unwrap().iter().map(|one| one["id"].clone()).collect::<Vec<Value>>()
    };
    assert_eq!(listed(&format!("category={home}")).await, [json!(product)]);
    let by_seller = format!("seller={seller}");
    eventually("the list of a seller knows the product", async || {
        (listed(&by_seller).await == [json!(product)]).then_some(())
    })
    .await;
    let remove = shop.api.delete(&format!("/admin/categories/{vases}")).bearer(&admin.token).send().await;
    remove.refused(StatusCode::CONFLICT, "CATEGORY_IN_USE");

    let buyer = shop.shopper().await;
    let line = json!({"productId": product, "materialId": clay, "quantity": 2});
    buyer.post("/cart/items", line).await.data(StatusCode::OK);
    let address = buyer.address().await;
    assert_eq!(decide("suspend").await.data(StatusCode::OK)["status"], "SUSPENDED");
    assert_eq!(listed(&format!("category={home}")).await, Vec::<Value>::new());
    shop.api.get(&format!("/products/{product}")).send().await.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
    buyer.check_out(&address, "k1").await.refused(StatusCode::BAD_REQUEST, "PRODUCT_INACTIVE");
    decide("restore").await.data(StatusCode::OK);
    buyer.check_out(&address, "k2").await.data(StatusCode::CREATED);
    let left = admin.get(&format!("/admin/materials/{clay}")).await;
    assert_eq!(left.data(StatusCode::OK)["stock"], 1);
}
