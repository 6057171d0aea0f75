//! Payments through VNPay, Stripe and by transfer: what opens them, and what the payer brings back.

use std::collections::BTreeMap;

use domain::money::Currency;
use harness::network::{Faults, Travel};
use harness::stripe;
use harness::vnpay::{Decide, Outcome};
use http::StatusCode;
use payments::Secret;
use payments::vnpay::signature::sign_query;
use serde_json::{Value, json};

use crate::test_support::{HASH_SECRET, Shop};

/// Reads the parameters of an address.
fn parameters(url: &str) -> BTreeMap<String, String> {
    form_urlencoded::parse(url.split_once('?').unwrap().1.as_bytes()).into_owned().collect()
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("no {name} in {value}"))
}

#[tokio::test]
async fn vnpay_is_paid_on_its_page_over_the_amount_in_our_books() {
    let shop = Shop::with_all_providers(Currency::Vnd).await;
    let (buyer, offer) = (shop.buyer().await, shop.offer(5).await);
    let group = buyer.buy(&offer, 2).await;
    let answer = buyer.pay_through("vnpay", &group, "p1").await;
    let opened = answer.data(StatusCode::CREATED);
    let url = text(opened, "redirectUrl");
    let told = parameters(url);
    let total = group["totals"]["total"]["amount"].as_i64().unwrap();
    assert_eq!((told["vnp_Amount"].clone(), told["vnp_CurrCode"].as_str()), ((total * 100).to_string(), "VND"));
    assert_eq!((opened["amount"].as_i64(), &opened["currency"]), (Some(total), &json!("VND")));
    // The page closes when the pieces are no longer held.
    assert!(told["vnp_CreateDate"] < told["vnp_ExpireDate"]);
    assert!(text(opened, "paymentId").ends_with(&told["vnp_TxnRef"]));
    assert!(told["vnp_ReturnUrl"].starts_with(&format!("https://{}.", shop.tenant.tenant.subdomain)));
    assert!(told["vnp_ReturnUrl"].ends_with("/api/v1/payments/vnpay/return"));
    for other in ["razorpayOrderId", "clientSecret", "instructions", "key"] {
        assert_eq!(opened[other], Value::Null, "{other}");
    }
    let page = reqwest::get(url).await.unwrap();
    assert_eq!((page.status(), page.url().path()), (reqwest::StatusCode::OK, "/vnpay/paymentv2/vpcpay.html"));

    // Whatever is asked for next, the payment that is open is the one.
    for (provider, key) in [("vnpay", "p2"), ("stripe", "p3"), ("manual", "p4")] {
        let again = buyer.pay_through(provider, &group, key).await;
        let again = again.data(StatusCode::OK);
        assert_eq!((text(again, "paymentId"), text(again, "redirectUrl")), (text(opened, "paymentId"), url));
        assert_eq!(again["provider"], "vnpay");
    }
    assert_eq!(buyer.group(&group).await["payments"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn stripe_gets_the_amount_in_our_books_and_gives_a_client_secret() {
    let shop = Shop::with_all_providers(Currency::Usd).await;
    let (buyer, offer) = (shop.buyer().await, shop.offer(5).await);
    let group = buyer.buy(&offer, 2).await;
    let answer = buyer.pay_through("stripe", &group, "p1").await;
    let opened = answer.data(StatusCode::CREATED);
    let secret = text(opened, "clientSecret");
    let (intent, _) = secret.split_once("_secret_").unwrap();
    assert_eq!((text(opened, "key"), &opened["redirectUrl"]), ("pk_test_1", &Value::Null));
    let paid = stripe::Decide { travel: Travel::kept_back(), ..stripe::Decide::default() };
    let paid = shop.stand_in.stripe().decide(intent, &paid).await.unwrap();
    let event: Value = serde_json::from_str(&paid.delivered[0].body).unwrap();
    let object = &event["data"]["object"];
    assert_eq!((&object["amount"], &object["currency"]), (&group["totals"]["total"]["amount"], &json!("usd")));
    let notes = json!({"tenant": shop.tenant.id(), "orderGroup": group["id"], "payment": opened["paymentId"]});
    assert_eq!(object["metadata"], notes);

    let again = buyer.pay_through("razorpay", &group, "p2").await;
    assert_eq!(text(again.data(StatusCode::OK), "clientSecret"), secret);
    // The payer's word changes nothing: Stripe's counts.
    assert_eq!(buyer.group(&group).await["status"], "PAYMENT_PENDING");
}

#[tokio::test]
async fn a_transfer_names_where_to_and_what_for() {
    let shop = Shop::with_all_providers(Currency::Inr).await;
    let (buyer, offer) = (shop.buyer().await, shop.offer(5).await);
    let group = buyer.buy(&offer, 1).await;
    let answer = buyer.pay_through("manual", &group, "p1").await;
    let opened = answer.data(StatusCode::CREATED).clone();
    assert_eq!(text(&opened, "instructions"), "State Bank, account 0012345678");
    assert_eq!((text(&opened, "purpose"), text(&opened, "status")), (text(&opened, "paymentId"), "INITIATED"));
    assert_eq!(opened["amount"], group["totals"]["total"]["amount"]);
    let again = buyer.pay_through("manual", &group, "p2").await;
    assert_eq!(again.data(StatusCode::OK), &opened);
}

#[tokio::test]
async fn ten_payments_opened_at_once_through_different_providers_are_one() {
    let shop = Shop::with_all_providers(Currency::Usd).await;
    let (buyer, offer) = (shop.buyer().await, shop.offer(5).await);
    let group = buyer.buy(&offer, 1).await;
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..10 {
        let (buyer, group) = (buyer.clone(), group.clone());
        let provider = if n % 2 == 0 { "stripe" } else { "manual" };
        tasks.spawn(async move { buyer.pay_through(provider, &group, &format!("p{n}")).await.body["data"].clone() });
    }
    let opened = tasks.join_all().await;
    assert!(opened.iter().all(|other| other["paymentId"] == opened[0]["paymentId"]), "{opened:?}");
    assert!(opened.iter().all(|other| other["clientSecret"] == opened[0]["clientSecret"]), "{opened:?}");
    assert_eq!(buyer.group(&group).await["payments"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn what_a_provider_can_not_take_is_refused_and_the_checkout_stays_payable() {
    let shop = Shop::with_all_providers(Currency::Inr).await;
    let (buyer, stranger, offer) = (shop.buyer().await, shop.buyer().await, shop.offer(5).await);
    let group = buyer.buy(&offer, 1).await;
    let refused = buyer.pay_through("vnpay", &group, "p1").await;
    refused.refused(StatusCode::UNPROCESSABLE_ENTITY, "AMOUNT_INVALID");
    for provider in ["vnpay", "stripe", "manual"] {
        stranger.pay_through(provider, &group, "p1").await.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
    }
    let own_price = json!({"orderGroupId": group["id"], "provider": "stripe", "amount": 1});
    let refused = buyer.post("/payments/initiate", Some("p2"), own_price).await;
    assert!(refused.status.is_client_error(), "{}", refused.text());
    buyer.pay_through("paypal", &group, "p3").await.refused(StatusCode::BAD_REQUEST, "VALIDATION_FAILED");

    shop.stand_in.stripe().fail_next(&Faults { times: 1, status: 503, done: false }).await.unwrap();
    let refused = buyer.pay_through("stripe", &group, "p4").await;
    refused.refused(StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE");
    // An intent that nobody knows of harms nothing; the key is free again.
    shop.stand_in.stripe().fail_next(&Faults { times: 1, status: 500, done: true }).await.unwrap();
    let refused = buyer.pay_through("stripe", &group, "p4").await;
    refused.refused(StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE");
    assert_eq!(buyer.pay_through("stripe", &group, "p4").await.status, StatusCode::CREATED);

    let plain = Shop::open().await;
    let (buyer, offer) = (plain.buyer().await, plain.offer(5).await);
    let group = buyer.buy(&offer, 1).await;
    for (provider, key) in [("vnpay", "p1"), ("stripe", "p2"), ("manual", "p3")] {
        let refused = buyer.pay_through(provider, &group, key).await;
        assert_eq!(refused.body["code"], "PROVIDER_UNAVAILABLE", "{}", refused.text());
    }
}

#[tokio::test]
async fn the_page_after_vnpay_shows_what_was_brought_back_and_changes_nothing() {
    let shop = Shop::with_all_providers(Currency::Vnd).await;
    let (buyer, offer) = (shop.buyer().await, shop.offer(5).await);
    let group = buyer.buy(&offer, 1).await;
    let opened = buyer.pay_through("vnpay", &group, "p1").await.data(StatusCode::CREATED).clone();
    let url = text(&opened, "redirectUrl").to_owned();
    let reference = parameters(&url)["vnp_TxnRef"].clone();
    reqwest::get(&url).await.unwrap();
    let back = async |query: &str| shop.client.get(&format!("/payments/vnpay/return?{query}")).send().await;

    let mut last = String::new();
    for (outcome, result) in [(Outcome::Cancelled, "FAILED"), (Outcome::Review, "REVIEW"), (Outcome::Paid, "SUCCEEDED")]
    {
        let how = Decide { outcome, travel: Travel::kept_back() };
        let decided = shop.stand_in.vnpay().decide(&reference, &how).await.unwrap();
        last = decided.return_url.split_once('?').unwrap().1.to_owned();
        for _ in 0..2 {
            let answer = back(&last).await;
            let shown = answer.data(StatusCode::OK);
            assert_eq!((&shown["result"], &shown["confirmed"]), (&json!(result), &json!(false)));
            assert_eq!((&shown["paymentId"], &shown["orderGroupId"]), (&opened["paymentId"], &group["id"]));
        }
    }
    // The address to pay at verifies too; without a result it says nothing.
    let reflected = url.split_once('?').unwrap().1;
    for forged in [
        reflected.to_owned(),
        format!("{reflected}&vnp_ResponseCode=00"),
        format!("{last}&vnp_ResponseCode=00"),
        last.replace("vnp_ResponseCode=00", "vnp_ResponseCode=24"),
        String::new(),
    ] {
        back(&forged).await.refused(StatusCode::BAD_REQUEST, "INVALID_SIGNATURE");
    }
    let mut unknown = parameters(&format!("?{last}"));
    unknown.remove("vnp_SecureHash");
    unknown.insert("vnp_TxnRef".to_owned(), "01ARZ3NDEKTSV4RRFFQ69G5FAV".to_owned());
    let unknown = unknown.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
    back(&sign_query(&Secret::new(HASH_SECRET), &unknown)).await.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
    // Another tenant's page knows another terminal.
    let other = Shop::with_all_providers(Currency::Vnd).await;
    let answer = other.client.get(&format!("/payments/vnpay/return?{last}")).send().await;
    answer.refused(StatusCode::NOT_FOUND, "NOT_FOUND");

    let after = buyer.group(&group).await;
    assert_eq!((&after["status"], &after["payments"][0]["status"]), (&json!("PAYMENT_PENDING"), &json!("INITIATED")));
    assert_eq!((shop.events("OrderGroupPaid").await, shop.tenant.stored("WHE#").await.len()), (0, 0));
}
