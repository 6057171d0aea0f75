//! Quantities and prices that no sum can hold: refused by name, and never an error of ours.

use domain::money::{Currency, MAX_AMOUNT, Money};
use http::StatusCode;
use serde_json::json;

use crate::test_support::Shop;

#[tokio::test]
async fn quantities_out_of_range_are_refused_wherever_they_can_be_given() {
    let shop = Shop::open().await;
    let (buyer, guest, offer) = (shop.buyer().await, shop.guest().await, shop.offer(10).await);
    let line = buyer.add(&offer, 2).await.data(StatusCode::OK)["items"][0]["id"].as_str().unwrap().to_owned();
    let path = format!("/cart/items/{line}");
    for bad in [
        json!(0),
        json!(-1),
        json!(1000),
        json!(4_294_967_297_u64),
        json!(u64::MAX),
        json!(1e300),
        json!(2.5),
        json!("2"),
        json!(null),
    ] {
        let changed = buyer.patch(&path, json!({"quantity": bad})).await;
        let added = guest.post("/cart/items", offer.pieces(bad.clone())).await;
        for answer in [changed, added] {
            answer.refused(StatusCode::BAD_REQUEST, "VALIDATION_FAILED");
            assert_eq!(answer.fields(), ["quantity"], "{bad}");
        }
    }
    // A number that JSON can't even hold exactly, as it is written.
    let body = format!(
        r#"{{"productId": "{}", "materialId": "{}", "quantity": 1{}}}"#,
        offer.product.id,
        offer.material.id,
        "0".repeat(400)
    );
    let request = buyer.request(shop.client.post("/cart/items")).header("content-type", "application/json");
    let answer = request.body(body).send().await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.text());
    assert_eq!(buyer.get("/cart").await.data(StatusCode::OK)["items"][0]["quantity"], 2);
    assert_eq!(guest.get().await.data(StatusCode::OK)["items"], json!([]));
}

#[tokio::test]
async fn a_line_or_a_sum_that_is_too_large_is_shown_as_such_and_never_ordered() {
    let shop = Shop::open().await;
    let (buyer, seller) = (shop.buyer().await, shop.tenant.stack.ambient().id());
    let mut offers = Vec::new();
    for _ in 0..2 {
        let dear =
            |product: &mut domain::catalog::Product| product.base_price = Money::new(MAX_AMOUNT - 25, Currency::Inr);
        offers.push(shop.offer_by(seller, 999, dear).await);
    }
    // One piece costs as much as there is.
    buyer.add(&offers[0], 2).await.data(StatusCode::OK);
    let cart = buyer.get("/cart").await;
    let cart = cart.data(StatusCode::OK);
    assert_eq!(cart["items"][0]["itemPrice"]["amount"], MAX_AMOUNT);
    assert!(cart["items"][0].get("lineTotal").is_none() && cart["items"][0]["problem"].is_string(), "{cart}");
    assert_eq!(cart["subtotal"]["amount"], 0);
    buyer.check_out("k1").await.refused(StatusCode::UNPROCESSABLE_ENTITY, "AMOUNT_INVALID");
    // Each line fits, their sum does not.
    buyer.delete("/cart").await.data(StatusCode::OK);
    for offer in &offers {
        buyer.add(offer, 1).await.data(StatusCode::OK);
    }
    let cart = buyer.get("/cart").await;
    let cart = cart.data(StatusCode::OK);
    assert_eq!((cart["items"][1]["lineTotal"]["amount"].as_i64(), cart.get("subtotal")), (Some(MAX_AMOUNT), None));
    buyer.check_out("k2").await.refused(StatusCode::UNPROCESSABLE_ENTITY, "AMOUNT_INVALID");
    // One line fits, its tax and shipping do not.
    buyer.delete("/cart").await.data(StatusCode::OK);
    buyer.add(&offers[0], 1).await.data(StatusCode::OK);
    buyer.check_out("k3").await.refused(StatusCode::UNPROCESSABLE_ENTITY, "AMOUNT_INVALID");
    assert_eq!((shop.stock(&offers[0]).await, shop.stock(&offers[1]).await), (999, 999));
    assert!(shop.tenant.stored("G#").await.is_empty());
}

#[tokio::test]
async fn what_is_priced_in_another_currency_is_shown_with_the_reason() {
    let shop = Shop::open().await;
    let (buyer, offer, foreign) = (shop.buyer().await, shop.offer(5).await, shop.offer(5).await);
    buyer.add(&offer, 1).await.data(StatusCode::OK);
    buyer.add(&foreign, 1).await.data(StatusCode::OK);
    shop.change(&foreign, |product| product.base_price = Money::new(100, Currency::Usd)).await;
    let cart = buyer.get("/cart").await;
    let cart = cart.data(StatusCode::OK);
    assert_eq!(cart["subtotal"], json!({"amount": 125, "currency": "INR"}));
    assert!(cart["items"][1]["problem"].is_string(), "{cart}");
    buyer.check_out("k").await.refused(StatusCode::UNPROCESSABLE_ENTITY, "AMOUNT_INVALID");
}
