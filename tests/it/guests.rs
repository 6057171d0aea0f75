//! Buying without the usual beginning, and without the usual end: before signing in, and without paying.

use axum::http::StatusCode;
use domain::access::Role;
use domain::money::{Currency, Money};
use domain::pricing::ShippingSettings;
use harness::shop::{PASSWORD, Shop, Shopper, eventually, id};
use serde_json::json;

#[tokio::test]
async fn what_a_guest_gathers_is_given_away_after_signing_in_with_invoice_mail_and_download() {
    let free = ShippingSettings::flat(Money::zero(Currency::Inr));
    let shop = Shop::open_with(|tenant| tenant.settings.shipping = free).await;
    let vase = shop.offer("Vase", 5).await;
    let owner = shop.tenant.member_with_password(&[Role::Owner], PASSWORD).await;
    let owner = Shopper::log_in(&shop.api, &owner).await;
    let terms = json!({
        "discount": {"kind": "PERCENT", "basisPoints": 10_000}, "scope": {"kind": "ALL"}, "maxUsesPerUser": 1, "active": true,
    });
    owner.post("/admin/coupons", json!({"code": "GIFT", "terms": terms})).await.data(StatusCode::CREATED);

    // Before signing in: the first thing in the cart brings the token.
    let body = json!({"productId": vase.product, "materialId": vase.material, "quantity": 2});
    let first = shop.api.post("/cart/items").json(body).send().await;
    let token = first.data(StatusCode::OK)["cartToken"].as_str().unwrap().to_owned();
    let coupon = shop.api.post("/cart/coupon").header("x-cart-token", &token).json(json!({"coupon": "GIFT"}));
    coupon.send().await.data(StatusCode::OK);
    let seen = shop.api.get("/cart").header("x-cart-token", &token).send().await;
    assert_eq!(seen.data(StatusCode::OK)["coupon"]["discount"], seen.data(StatusCode::OK)["subtotal"]);

    // After it: the cart comes along, once.
    let shopper = shop.shopper().await;
    for _ in 0..2 {
        let merged = shopper.post("/cart/merge", json!({"cartToken": token})).await;
        assert_eq!(merged.data(StatusCode::OK)["items"][0]["quantity"], 2);
    }
    let gone = shop.api.get("/cart").header("x-cart-token", &token).send().await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);

    // There is nothing to pay, so it is paid.
    let body = json!({"addressId": shopper.address().await, "shippingMethod": "STANDARD"});
    let placed = shopper.post_once("/orders/checkout", "gift", body).await;
    let group = placed.data(StatusCode::CREATED).clone();
    assert_eq!((&group["status"], &group["totals"]["total"]["amount"]), (&json!("PAID"), &json!(0)));
    let pay = json!({"orderGroupId": id(&group), "provider": "razorpay"});
    let refused = shopper.post_once("/payments/initiate", "gift", pay).await;
    refused.refused(StatusCode::CONFLICT, "INVALID_TRANSITION");
    let link = shopper.get(&format!("/files/download/{}", vase.file)).await;
    let url = link.data(StatusCode::OK)["downloadUrl"].as_str().unwrap().to_owned();
    assert_eq!(reqwest::get(&url).await.unwrap().bytes().await.unwrap().to_vec(), vase.bytes);

    // One mail, with the invoice over nothing.
    let mails = shop.await_mails(&shopper.email, 1).await;
    assert_eq!(mails.len(), 1, "{mails:?}");
    let path = format!("/orders/{}/invoice", group["orderIds"][0].as_str().unwrap());
    let invoice = eventually("the invoice is there", async || {
        let answer = shopper.get(&path).await;
        answer.status.is_success().then_some(answer)
    });
    let url = invoice.await.data(StatusCode::OK)["downloadUrl"].as_str().unwrap().to_owned();
    assert!(reqwest::get(&url).await.unwrap().bytes().await.unwrap().starts_with(b"%PDF-"));
}
