//! A customer who wants to be forgotten, on the deployed stack: each function under its own role.

use axum::http::StatusCode;
use harness::razorpay::Deliver;
use harness::shop::{PASSWORD, Shop, Shopper, eventually, id};
use serde_json::json;

/// Buys something and waits for the invoice; returns the order.
async fn buy(shop: &Shop, shopper: &Shopper) -> String {
    let vase = shop.offer("Vase", 5).await;
    assert!(shopper.add_to_cart(&vase, 1).await.status.is_success());
    let group = id(shopper.check_out(&shopper.address().await, "only").await.data(StatusCode::CREATED));
    let payment = shopper.open_payment(&group).await;
    shop.pay(&payment, Deliver::default()).await;
    let order = id(&shopper.get("/orders").await.data(StatusCode::OK)[0]);
    eventually("the invoice is there", async || {
        let answer = shopper.get(&format!("/orders/{order}/invoice")).await;
        (answer.status == StatusCode::OK).then_some(())
    })
    .await;
    order
}

#[tokio::test]
async fn what_others_see_of_an_erased_buyer_is_blank_and_the_invoice_is_drawn_anew() {
    let shop = Shop::open().await;
    let shopper = shop.shopper().await;
    let order = buy(&shop, &shopper).await;
    let (stack, scope) = (&shop.tenant.stack, shop.tenant.scope());
    let invoice = stack.store().invoice(scope, order.parse().unwrap()).await.unwrap().unwrap();
    let key = invoice.object_key.unwrap();
    let versions = async || {
        let listed = stack.s3().list_object_versions().bucket(&stack.names.invoices_bucket).prefix(&key).send();
        let listed = listed.await.unwrap();
        listed.versions().iter().map(|version| version.e_tag().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    let before = versions().await;
    let path = format!("/orders/{order}");
    let shown = shop.seller.get(&path).await;
    assert_eq!(shown.data(StatusCode::OK)["address"]["fullName"], "Asha Rao");

    let erase = shop.api.delete("/users/me").bearer(&shopper.token).json(json!({"password": PASSWORD}));
    erase.send().await.data(StatusCode::OK);
    shopper.get("/auth/me").await.refused(StatusCode::UNAUTHORIZED, "SESSION_ENDED");
    let shown = shop.seller.get(&path).await;
    let address = &shown.data(StatusCode::OK)["address"];
    assert_eq!((&address["fullName"], &address["phone"], &address["line1"]), (&json!(""), &json!(""), &json!("")));
    eventually("the document is drawn anew, and the old one is gone", async || {
        let now = versions().await;
        (now.len() == 1 && now != before).then_some(())
    })
    .await;
    shop.tenant.books_add_up().await;
}
