//! Checkouts and payments that must not happen.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use harness::client::TestAnswer;
use harness::razorpay::{Alter, Deliver, Pay, Signer};
use harness::shop::{Offer, Shop, Shopper, eventually, id};
use serde_json::{Value, json};

use super::{count, lines, on_sale, refused, refused_field};

async fn stock(shop: &Shop, offer: &Offer) -> i64 {
    let shown = shop.seller.get(&format!("/products/{}", offer.product)).await;
    shown.data(StatusCode::OK)["materials"][0]["stock"].as_i64().expect("finite stock")
}

fn request(address: &str) -> Value {
    json!({"addressId": address, "shippingMethod": "STANDARD", "paymentProvider": "razorpay"})
}

#[tokio::test]
async fn a_checkout_with_anything_wrong_places_nothing() {
    let shop = Shop::open().await;
    let (offer, doomed) = (on_sale(&shop, 3).await, on_sale(&shop, 3).await);
    let (shopper, other) = (shop.shopper().await, shop.shopper().await);
    let (home, theirs) = (shopper.address().await, other.address().await);
    let check_out =
        async |key: &str, body: Value| -> TestAnswer { shopper.post_once("/orders/checkout", key, body).await };

    refused(&check_out("empty", request(&home)).await, StatusCode::UNPROCESSABLE_ENTITY, "CART_EMPTY");
    shopper.add_to_cart(&offer, 2).await.data(StatusCode::OK);
    let without_key = shopper.post("/orders/checkout", request(&home)).await;
    refused(&without_key, StatusCode::BAD_REQUEST, "IDEMPOTENCY_KEY_REQUIRED");
    assert_eq!(without_key.fields(), ["Idempotency-Key"]);
    for key in ["", "with space", "k\u{e9}", &"k".repeat(256)] {
        let answer = check_out(key, request(&home)).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{key:?}: {}", answer.text());
    }
    refused_field(&check_out("theirs", request(&theirs)).await, "addressId");
    refused_field(&check_out("nobodys", request("adr_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")).await, "addressId");
    for (field, wrong) in [
        ("addressId", json!("home")),
        ("addressId", json!(1)),
        ("shippingMethod", json!("TELEPORT")),
        ("paymentProvider", json!("cash")),
        ("total", json!({"amount": 1, "currency": "INR"})),
        ("userId", json!("usr_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")),
    ] {
        refused_field(&check_out(field, super::with(request(&home), field, wrong)).await, field);
    }

    // Off the market: it can't go in, and what is in can't go out.
    shopper.add_to_cart(&doomed, 1).await.data(StatusCode::OK);
    let gone = shop.api.delete(&format!("/products/{}", doomed.product)).bearer(&shop.seller.token).send().await;
    assert!(gone.status.is_success(), "{}", gone.text());
    refused(&other.add_to_cart(&doomed, 1).await, StatusCode::BAD_REQUEST, "PRODUCT_INACTIVE");
    let answer = check_out("gone", request(&home)).await;
    refused(&answer, StatusCode::BAD_REQUEST, "PRODUCT_INACTIVE");
    assert_eq!(answer.fields().len(), 1, "one line of two: {}", answer.text());
    let unknown = json!({"productId": "prd_01JQZX3N9Q5S0V6T7W8Y9Z0ABC", "quantity": 1});
    refused(&other.post("/cart/items", unknown).await, StatusCode::BAD_REQUEST, "PRODUCT_INACTIVE");
    let mixed = json!({"productId": doomed.product, "materialId": offer.material, "quantity": 1});
    assert_eq!(other.post("/cart/items", mixed).await.status, StatusCode::BAD_REQUEST);
    let bare = json!({"productId": offer.product, "quantity": 1});
    refused_field(&other.post("/cart/items", bare).await, "materialId");

    assert_eq!(count(&shopper, "/orders").await, 0);
    assert_eq!(stock(&shop, &offer).await, 3);
    assert_eq!(lines(&shopper).await.len(), 2);
    for kind in ["G#", "ORD#", "EVT#"] {
        let left = shop.tenant.stored(kind).await;
        // The people of the test were mailed when they registered.
        let of_people = ["UserRegistered", "EmailVerificationRequested"];
        let of_checkout: Vec<_> =
            left.iter().filter(|item| !of_people.iter().any(|kind| item["event"]["type"] == **kind)).collect();
        assert!(of_checkout.is_empty(), "{of_checkout:?}");
    }
}

#[tokio::test]
async fn a_key_stands_for_one_request() {
    let shop = Shop::open().await;
    let (offer, shopper) = (on_sale(&shop, 5).await, shop.shopper().await);
    let (home, work) = (shopper.address().await, shopper.address().await);
    shopper.add_to_cart(&offer, 1).await.data(StatusCode::OK);
    let placed = shopper.post_once("/orders/checkout", "one", request(&home)).await;
    let group = id(placed.data(StatusCode::CREATED));
    shopper.add_to_cart(&offer, 1).await.data(StatusCode::OK);
    let other = shopper.post_once("/orders/checkout", "one", request(&work)).await;
    refused(&other, StatusCode::UNPROCESSABLE_ENTITY, "IDEMPOTENCY_MISMATCH");
    let again = shopper.post_once("/orders/checkout", "one", request(&home)).await;
    assert_eq!(id(again.data(StatusCode::CREATED)), group);
    assert_eq!(again.header("idempotent-replayed"), "true");
    assert_eq!(count(&shopper, "/orders").await, 1);
    assert_eq!(stock(&shop, &offer).await, 4);

    let without_key = shopper.post("/payments/initiate", json!({"orderGroupId": group, "provider": "razorpay"})).await;
    refused(&without_key, StatusCode::BAD_REQUEST, "IDEMPOTENCY_KEY_REQUIRED");
    // Another person's same key is another key.
    let stranger = shop.shopper().await;
    stranger.add_to_cart(&offer, 1).await.data(StatusCode::OK);
    let theirs = stranger.check_out(&stranger.address().await, "one").await;
    assert_ne!(id(theirs.data(StatusCode::CREATED)), group);
}

/// Places a checkout and opens its payment.
async fn owing(shop: &Shop) -> (Shopper, String, Value) {
    let (offer, shopper) = (on_sale(shop, 5).await, shop.shopper().await);
    shopper.add_to_cart(&offer, 1).await.data(StatusCode::OK);
    let group = id(shopper.check_out(&shopper.address().await, "only").await.data(StatusCode::CREATED));
    let payment = shopper.open_payment(&group).await;
    (shopper, group, payment)
}

#[tokio::test]
async fn a_webhook_that_the_provider_did_not_sign_changes_nothing() {
    let shop = Shop::open().await;
    let (shopper, group, payment) = owing(&shop).await;
    let tenant = shop.tenant.id();
    let forged = shop.pay(&payment, Deliver { signed_by: Signer::Stranger, ..Deliver::default() }).await;
    for delivery in &forged.delivered {
        assert_eq!(delivery.status, Some(400), "{delivery:?}");
    }
    let order = payment["razorpayOrderId"].as_str().unwrap();
    let genuine = Deliver { send: false, events: vec!["payment.captured".to_owned()], ..Deliver::default() };
    let letter = shop.provider.deliver(order, &genuine).await.unwrap().remove(0);
    let post = async |path: String, signature: Option<&str>, body: &str| -> TestAnswer {
        let request = shop.api.post(&path).header("content-type", "application/json").body(body.as_bytes().to_vec());
        let request = request.header("x-razorpay-event-id", &letter.event_id);
        let request = match signature {
            Some(signature) => request.header("x-razorpay-signature", signature),
            None => request,
        };
        request.send().await
    };
    let path = format!("/webhooks/razorpay/{tenant}");
    let (upper, cut) = (letter.signature.to_uppercase(), &letter.signature[..63]);
    let zeros = "0".repeat(64);
    for signature in [None, Some(""), Some("x"), Some(zeros.as_str()), Some(cut)] {
        refused(&post(path.clone(), signature, &letter.body).await, StatusCode::BAD_REQUEST, "INVALID_SIGNATURE");
    }
    let spaced = letter.body.replacen(':', ": ", 1);
    for body in [spaced.as_str(), "", "{}", &letter.body[..letter.body.len() - 1]] {
        refused(&post(path.clone(), Some(&letter.signature), body).await, StatusCode::BAD_REQUEST, "INVALID_SIGNATURE");
    }
    // Signed for one tenant, sent to another.
    let elsewhere = Shop::open().await;
    let foreign = format!("/webhooks/razorpay/{}", elsewhere.tenant.id());
    refused(&post(foreign, Some(&letter.signature), &letter.body).await, StatusCode::BAD_REQUEST, "INVALID_SIGNATURE");
    for tenant in ["ten_01JQZX3N9Q5S0V6T7W8Y9Z0ABC", "x"] {
        let answer = post(format!("/webhooks/razorpay/{tenant}"), Some(&letter.signature), &letter.body).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{}", answer.text());
    }
    assert_ne!(shopper.status(&group).await, "PAID");
    assert!(shop.tenant.stored("WHE#").await.is_empty(), "something unsigned was kept");
    // Upper case is no lower case; either way the genuine letter still counts afterwards.
    assert!(post(path.clone(), Some(&upper), &letter.body).await.status.as_u16() < 500);
    post(path, Some(&letter.signature), &letter.body).await.data(StatusCode::OK);
    eventually("the checkout is paid", async || (shopper.status(&group).await == "PAID").then_some(())).await;
    shop.tenant.books_add_up().await;
}

#[tokio::test]
async fn a_signed_webhook_that_does_not_fit_the_books_never_pays() {
    let shop = Shop::open().await;
    let (shopper, group, payment) = owing(&shop).await;
    let (_, _, other) = owing(&shop).await;
    let order = payment["razorpayOrderId"].as_str().unwrap();
    let due = payment["amount"].as_i64().unwrap();
    // The money is taken, and nobody has told us yet.
    let silent = Deliver { send: false, ..Deliver::default() };
    shop.provider.pay(order, &Pay { deliver: silent, ..Pay::default() }).await.unwrap();
    let notes = |name: &str, value: &str| Some(BTreeMap::from([(name.to_owned(), value.to_owned())]));
    let misfits = [
        ("a smaller amount", Alter { amount: Some(due - 1), ..Alter::default() }),
        ("a larger amount", Alter { amount: Some(due + 1), ..Alter::default() }),
        ("nothing", Alter { amount: Some(0), ..Alter::default() }),
        ("a negative amount", Alter { amount: Some(-due), ..Alter::default() }),
        ("another currency", Alter { currency: Some("USD".to_owned()), ..Alter::default() }),
        ("a currency that we don't know", Alter { currency: Some("XXX".to_owned()), ..Alter::default() }),
        ("another account", Alter { account_id: Some("acc_stranger".to_owned()), ..Alter::default() }),
        ("an unknown order", Alter { order_id: Some("order_00000000000000".to_owned()), ..Alter::default() }),
        (
            "another tenant's note",
            Alter { notes: notes("tenant", "ten_01JQZX3N9Q5S0V6T7W8Y9Z0ABC"), ..Alter::default() },
        ),
        (
            "another payment's note",
            Alter { notes: notes("payment", other["paymentId"].as_str().unwrap()), ..Alter::default() },
        ),
    ];
    for (kind, alter) in misfits {
        let told = Deliver { alter, new_event_ids: true, ..Deliver::default() };
        for delivery in shop.provider.deliver(order, &told).await.unwrap() {
            assert_eq!(delivery.status, Some(200), "{kind}: {delivery:?}");
        }
        assert_ne!(shopper.status(&group).await, "PAID", "{kind}");
    }
    let kept = shop.tenant.stored("WHE#").await;
    assert!(!kept.is_empty() && kept.iter().all(|message| message.to_string().contains("QUARANTINED")), "{kept:?}");
    assert!(shop.tenant.stored("EVT#").await.iter().all(|item| item["event"]["type"] != "OrderGroupPaid"));
    let theirs = other["orderGroupId"].as_str().unwrap();
    refused(&shopper.get(&format!("/order-groups/{theirs}")).await, StatusCode::NOT_FOUND, "NOT_FOUND");

    // The browser's confirmation is no proof of money either, least of all with a made-up signature.
    let body = json!({"razorpayOrderId": order, "razorpayPaymentId": "pay_00000000000000", "razorpaySignature": "0".repeat(64)});
    refused(&shopper.post("/payments/razorpay/confirm", body).await, StatusCode::BAD_REQUEST, "INVALID_SIGNATURE");
    assert_ne!(shopper.status(&group).await, "PAID");
    shop.provider.deliver(order, &Deliver { new_event_ids: true, ..Deliver::default() }).await.unwrap();
    eventually("the checkout is paid", async || (shopper.status(&group).await == "PAID").then_some(())).await;
    shop.tenant.books_add_up().await;
}
