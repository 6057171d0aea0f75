use domain::payment::Signal;
use harness::razorpay::{Deliver, Pay};
use http::StatusCode;
use serde_json::json;

use crate::test_support::Shop;

#[tokio::test]
async fn an_open_payment_is_returned_again() {
    let shop = Shop::open().await;
    let (buyer, offer) = (shop.buyer().await, shop.offer(5).await);
    let group = buyer.buy(&offer, 2).await;
    let first = buyer.initiate(&group, "p1").await;
    assert_eq!(first["amount"], group["totals"]["total"]["amount"]);
    assert_eq!((&first["currency"], &first["status"]), (&json!("INR"), &json!("INITIATED")));
    let again = buyer.initiate(&group, "p2").await;
    assert_eq!(first["razorpayOrderId"], again["razorpayOrderId"]);
    let group = buyer.group(&group).await;
    assert_eq!((&group["status"], group["payments"].as_array().unwrap().len()), (&json!("PAYMENT_PENDING"), 1));
    let answer = buyer.get(&format!("/payments/{}", first["paymentId"].as_str().unwrap())).await;
    assert_eq!(answer.data(StatusCode::OK)["status"], "INITIATED");
    assert_eq!(answer.round_trips(), 1);
}

#[tokio::test]
async fn ten_payments_opened_at_once_are_one() {
    let shop = Shop::open().await;
    let (buyer, offer) = (shop.buyer().await, shop.offer(5).await);
    let group = buyer.buy(&offer, 1).await;
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..10 {
        let (buyer, group) = (buyer.clone(), group.clone());
        tasks.spawn(async move { buyer.initiate(&group, &format!("p{n}")).await["paymentId"].to_string() });
    }
    let ids: std::collections::BTreeSet<_> = tasks.join_all().await.into_iter().collect();
    assert_eq!(ids.len(), 1);
    assert_eq!(buyer.group(&group).await["payments"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn only_ones_own_unpaid_checkout_can_be_paid() {
    let shop = Shop::open().await;
    let (buyer, other, offer) = (shop.buyer().await, shop.buyer().await, shop.offer(5).await);
    let group = buyer.buy(&offer, 1).await;
    let body = json!({"orderGroupId": group["id"], "provider": "razorpay"});
    other.post("/payments/initiate", Some("p"), body.clone()).await.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
    let answer = buyer.post("/payments/initiate", None, body.clone()).await;
    answer.refused(StatusCode::BAD_REQUEST, "IDEMPOTENCY_KEY_REQUIRED");
    let payment = buyer.initiate(&group, "p").await;
    shop.tell(&payment, Signal::Captured, "evt_1", "pay_1").await;
    let answer = buyer.post("/payments/initiate", Some("p3"), body).await;
    answer.refused(StatusCode::CONFLICT, "INVALID_TRANSITION");

    let expired = buyer.buy(&offer, 1).await;
    shop.expire(&expired).await;
    let body = json!({"orderGroupId": expired["id"], "provider": "razorpay"});
    buyer.post("/payments/initiate", Some("p4"), body).await.refused(StatusCode::CONFLICT, "INVALID_TRANSITION");
}

#[tokio::test]
async fn a_failing_provider_frees_the_key() {
    let shop = Shop::open().await;
    let (buyer, offer) = (shop.buyer().await, shop.offer(5).await);
    let group = buyer.buy(&offer, 1).await;
    let body = json!({"orderGroupId": group["id"], "provider": "razorpay"});
    shop.stand_in.remote().fail_next(1, 503).await.unwrap();
    buyer
        .post("/payments/initiate", Some("p"), body.clone())
        .await
        .refused(StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE");
    assert_eq!(buyer.post("/payments/initiate", Some("p"), body).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn the_browsers_word_authorizes_and_never_pays() {
    let shop = Shop::open().await;
    let (buyer, other, offer) = (shop.buyer().await, shop.buyer().await, shop.offer(5).await);
    let group = buyer.buy(&offer, 1).await;
    let payment = buyer.initiate(&group, "p").await;
    let keep = Pay { deliver: Deliver { send: false, ..Deliver::default() }, ..Pay::default() };
    let order = payment["razorpayOrderId"].as_str().unwrap();
    let paid = shop.stand_in.remote().pay(order, &keep).await.unwrap();
    let signature = paid.signature.clone().unwrap();
    let body = |signature: &str| json!({"razorpayOrderId": order, "razorpayPaymentId": paid.payment_id, "razorpaySignature": signature});
    let path = "/payments/razorpay/confirm";
    let answer = buyer.post(path, None, body(&"0".repeat(64))).await;
    answer.refused(StatusCode::BAD_REQUEST, "INVALID_SIGNATURE");
    other.post(path, None, body(&signature)).await.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
    for _ in 0..2 {
        let answer = buyer.post(path, None, body(&signature)).await;
        assert_eq!(answer.data(StatusCode::OK)["status"], "AUTHORIZED");
    }
    assert_eq!(buyer.group(&group).await["status"], "PAYMENT_PENDING");
    shop.tell(&payment, Signal::Captured, "evt_1", &paid.payment_id).await;
    let answer = buyer.post(path, None, body(&signature)).await;
    assert_eq!(answer.data(StatusCode::OK)["status"], "CAPTURED");
    assert_eq!(buyer.group(&group).await["status"], "PAID");
}
