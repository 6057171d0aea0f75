use domain::access::Role;
use domain::order::OrderStatus;
use http::{Method, StatusCode};
use serde_json::json;

use crate::test_support::Shop;

#[tokio::test]
async fn sellers_send_their_own_orders_hand_parcels_over_and_leave_the_rest_to_the_carrier() {
    let shop = Shop::open().await;
    let (order, _) = shop.sell_paid(&["Vase"]).await;
    let rival = shop.tenant.member(&[Role::Seller]).await;
    let body = shop.parcel(&order, None);
    let answer = shop.send(&rival, Method::POST, "/seller/shipments", body.clone()).await;
    answer.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
    let answer = shop.send(&shop.buyer, Method::POST, "/seller/shipments", body.clone()).await;
    answer.refused(StatusCode::FORBIDDEN, "FORBIDDEN");
    let answer = shop.send(&shop.seller, Method::POST, "/seller/shipments", body).await;
    let parcel = answer.data(StatusCode::CREATED).clone();
    let path = format!("/seller/shipments/{}", parcel["id"].as_str().unwrap());
    assert!(answer.header("location").ends_with(&path));

    shop.get(&rival, &path).await.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
    let read = shop.get(&shop.seller, &path).await;
    assert_eq!((read.data(StatusCode::OK), read.header("etag")), (&parcel, "\"1\""));

    let advance = async |by, status: &str| shop.send(by, Method::PATCH, &path, json!({"status": status})).await;
    advance(&rival, "SHIPPED").await.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
    advance(&shop.seller, "DELIVERED").await.refused(StatusCode::UNPROCESSABLE_ENTITY, "RULE_BROKEN");
    assert_eq!(advance(&shop.seller, "SHIPPED").await.data(StatusCode::OK)["status"], "SHIPPED");
    advance(&shop.seller, "RETURNED").await.refused(StatusCode::UNPROCESSABLE_ENTITY, "RULE_BROKEN");
    assert_eq!(shop.order(&order).await.status, OrderStatus::Shipped);

    let list = shop.get(&shop.seller, "/seller/shipments").await;
    assert_eq!(list.data(StatusCode::OK).as_array().unwrap().len(), 1);
    assert_eq!(list.data(StatusCode::OK)[0]["trackingNumber"], parcel["trackingNumber"]);
    assert_eq!(shop.get(&rival, "/seller/shipments").await.data(StatusCode::OK), &json!([]));
}

#[tokio::test]
async fn a_parcel_that_was_called_off_leaves_its_pieces_to_another() {
    let shop = Shop::open().await;
    let (order, _) = shop.sell_paid(&["Vase"]).await;
    let first = shop.announce(&order, None).await;
    let path = format!("/seller/shipments/{}", first["id"].as_str().unwrap());
    let called_off = shop.send(&shop.seller, Method::PATCH, &path, json!({"status": "RETURNED"})).await;
    assert_eq!(called_off.data(StatusCode::OK)["status"], "RETURNED");
    let second = shop.announce(&order, None).await;
    assert_eq!(second["lines"], json!([{"line": 0, "quantity": 2}]));
}
