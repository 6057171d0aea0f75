use std::collections::BTreeSet;

use domain::catalog::ProductStatus;
use domain::money::{Currency, Money};
use domain::order::MAX_TOLD;
use domain::payment::{PaymentStatus, Signal};
use domain::tenant::TaxMode;
use http::StatusCode;
use serde_json::{Value, json};
use store::holds::Expiry;
use store::meter::Meter;
use store::settlements::Settled;

use super::coupon::{apply, coupon, ten_percent, used};
use crate::test_support::Shop;

fn amount(value: &Value) -> i64 {
    value["amount"].as_i64().unwrap()
}

#[tokio::test]
async fn a_checkout_prices_reserves_and_empties_in_one_go() {
    let shop = Shop::open().await;
    let (buyer, first, second) = (shop.buyer().await, shop.offer(10).await, shop.offer(5).await);
    buyer.add(&first, 2).await.data(StatusCode::OK);
    buyer.add(&second, 1).await.data(StatusCode::OK);
    let answer = buyer.check_out("k1").await;
    let group = answer.data(StatusCode::CREATED);
    assert_eq!(answer.round_trips(), 3);
    assert_eq!((&group["status"], &group["hold"]), (&json!("CREATED"), &json!("HELD")));
    // Two lines of 250 and 125: 18 % is 45 and 22.5, which rounds to the even 22.
    let totals = &group["totals"];
    let parts = [&totals["subtotal"], &totals["tax"], &totals["shipping"], &totals["total"]].map(amount);
    assert_eq!(parts, [375, 67, 9_900, 375 + 67 + 9_900]);
    assert_eq!((shop.stock(&first).await, shop.stock(&second).await), (8, 4));
    assert_eq!(buyer.get("/cart").await.data(StatusCode::OK)["items"], json!([]));

    let orders = group["orderIds"].as_array().unwrap();
    assert_eq!(orders.len(), 2);
    let mut sum = 0;
    for order in orders {
        let answer = buyer.get(&format!("/orders/{}", order.as_str().unwrap())).await;
        let order = answer.data(StatusCode::OK);
        sum += amount(&order["totals"]["total"]);
        assert_eq!(order["address"]["city"], "Bengaluru");
        assert_eq!((&order["status"], &order["timeline"][0]["status"]), (&json!("CREATED"), &json!("CREATED")));
        assert_eq!(answer.round_trips(), 1);
    }
    assert_eq!(sum, amount(&totals["total"]));
    assert_eq!(shop.events("OrderGroupPlaced").await, 1);
    for item in shop.tenant.stored("ORD#").await {
        assert!(!item.to_string().contains("MG Road"), "an order shows an address");
    }
}

#[tokio::test]
async fn where_the_tenant_asks_for_it_only_who_has_proved_their_address_checks_out() {
    let shop = Shop::open_with(|tenant| tenant.settings.require_verified_email = true).await;
    let offer = shop.offer(5).await;
    let (proved, unproved) = (shop.buyer().await, shop.buyer_unverified().await);
    for buyer in [&proved, &unproved] {
        buyer.add(&offer, 1).await.data(StatusCode::OK);
    }
    proved.check_out("k1").await.data(StatusCode::CREATED);
    let refused = unproved.check_out("k1").await;
    refused.refused(StatusCode::UNPROCESSABLE_ENTITY, "EMAIL_NOT_VERIFIED");
    assert_eq!(shop.stock(&offer).await, 4);

    // Where it does not, nobody is held up.
    let open = Shop::open().await;
    let (offer, unproved) = (open.offer(5).await, open.buyer_unverified().await);
    unproved.add(&offer, 1).await.data(StatusCode::OK);
    unproved.check_out("k1").await.data(StatusCode::CREATED);
}

#[tokio::test]
async fn forty_lines_of_forty_sellers_with_a_coupon_take_three_round_trips_and_fit_every_transaction() {
    let shop = Shop::open_with(|tenant| tenant.settings.tax.mode = TaxMode::Inclusive).await;
    let buyer = shop.buyer().await;
    let mut offers = Vec::new();
    for _ in 0..40 {
        let offer = shop.offer(1).await;
        buyer.add(&offer, 1).await.data(StatusCode::OK);
        offers.push(offer);
    }
    let ten = coupon(&shop, "TEN", ten_percent(Some(1), Some(1))).await;
    apply(&buyer, "TEN").await.data(StatusCode::OK);
    let answer = buyer.check_out("k1").await;
    let group = answer.data(StatusCode::CREATED);
    assert_eq!(answer.round_trips(), 3);
    assert_eq!(group["orderIds"].as_array().unwrap().len(), 40);
    assert_eq!(amount(&group["totals"]["total"]), 40 * 125 - 500 + 9_900);
    let mut payment = buyer.initiate(group, "p0").await;
    for n in 1..=MAX_TOLD {
        let (event, charge) = (format!("evt_{n}"), format!("pay_{n}"));
        shop.tell(&payment, Signal::Failed, &event, &charge).await;
        payment = buyer.initiate(group, &format!("p{n}")).await;
    }
    // Everything at once again as it ends and tells all its payments, and as the last of them pays it.
    assert_eq!(shop.expire(group).await, Expiry::Expired);
    assert!(shop.settlement(&payment).await.ended.is_some());
    assert_eq!((shop.stock(&offers[39]).await, used(&shop, &ten).await), (1, 0));
    let meter = Meter::default();
    let told = meter.watch(shop.tell(&payment, Signal::Captured, "evt_late", "pay_late")).await;
    // With a file of each product it is too much for one transaction: it is held again first.
    assert_eq!((told, meter.usage().round_trips), (Settled::Applied(PaymentStatus::Captured), 3));
    assert_eq!((buyer.group(group).await["status"].as_str(), used(&shop, &ten).await), (Some("PAID"), 1));
    for offer in &offers {
        assert_eq!(shop.stock(offer).await, 0);
    }
}

#[tokio::test]
async fn thirty_checkouts_with_one_key_make_one_order() {
    let shop = Shop::open().await;
    let (buyer, offer) = (shop.buyer().await, shop.offer(100).await);
    buyer.add(&offer, 3).await.data(StatusCode::OK);
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..30 {
        let buyer = buyer.clone();
        tasks.spawn(async move { buyer.check_out("once").await });
    }
    let answers = tasks.join_all().await;
    let groups: BTreeSet<String> =
        answers.iter().map(|answer| answer.data(StatusCode::CREATED)["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(groups.len(), 1);
    let replayed = answers.iter().filter(|answer| answer.header("idempotent-replayed") == "true").count();
    assert_eq!(replayed, 29);
    assert_eq!(shop.stock(&offer).await, 97);
    assert_eq!(shop.tenant.stored("G#").await.len(), 1);

    let mut other = buyer.checkout_body();
    other["addressId"] = json!(shop.buyer().await.address);
    let answer = buyer.post("/orders/checkout", Some("once"), other).await;
    answer.refused(StatusCode::UNPROCESSABLE_ENTITY, "IDEMPOTENCY_MISMATCH");
    let answer = buyer.post("/orders/checkout", None, buyer.checkout_body()).await;
    answer.refused(StatusCode::BAD_REQUEST, "IDEMPOTENCY_KEY_REQUIRED");
}

#[tokio::test]
async fn of_fifty_buyers_at_once_ten_get_the_ten_pieces() {
    let shop = Shop::open().await;
    let offer = shop.offer(10).await;
    let mut buyers = Vec::new();
    for _ in 0..50 {
        let buyer = shop.buyer().await;
        buyer.add(&offer, 1).await.data(StatusCode::OK);
        buyers.push(buyer);
    }
    let mut tasks = tokio::task::JoinSet::new();
    for buyer in buyers {
        tasks.spawn(async move { buyer.check_out("k").await });
    }
    let answers = tasks.join_all().await;
    let placed = answers.iter().filter(|answer| answer.status == StatusCode::CREATED).count();
    assert_eq!(placed, 10);
    for refused in answers.iter().filter(|answer| answer.status != StatusCode::CREATED) {
        refused.refused(StatusCode::CONFLICT, "OUT_OF_STOCK");
        assert!(refused.fields()[0].starts_with("items[cli_"), "{}", refused.text());
    }
    assert_eq!(shop.stock(&offer).await, 0);
    assert_eq!(shop.tenant.stored("G#").await.len(), 10);
}

#[tokio::test]
async fn an_empty_cart_can_not_be_checked_out() {
    let shop = Shop::open().await;
    let buyer = shop.buyer().await;
    buyer.check_out("k").await.refused(StatusCode::UNPROCESSABLE_ENTITY, "CART_EMPTY");
}

#[tokio::test]
async fn someone_elses_address_is_refused_by_name() {
    let shop = Shop::open().await;
    let (buyer, other, offer) = (shop.buyer().await, shop.buyer().await, shop.offer(5).await);
    buyer.add(&offer, 1).await.data(StatusCode::OK);
    let mut body = buyer.checkout_body();
    body["addressId"] = json!(other.address);
    let answer = buyer.post("/orders/checkout", Some("k"), body).await;
    answer.refused(StatusCode::BAD_REQUEST, "VALIDATION_FAILED");
    assert_eq!(answer.fields(), ["addressId"]);
    assert_eq!(shop.stock(&offer).await, 5);
    // A refusal leaves the key free.
    buyer.check_out("k").await.data(StatusCode::CREATED);
}

#[tokio::test]
async fn every_line_that_can_not_be_bought_is_named() {
    let shop = Shop::open().await;
    let (buyer, short, gone) = (shop.buyer().await, shop.offer(1).await, shop.offer(5).await);
    let lines = buyer.add(&short, 2).await.data(StatusCode::OK).clone();
    let short_line = format!("items[{}]", lines["items"][0]["id"].as_str().unwrap());
    let answer = buyer.check_out("k").await;
    answer.refused(StatusCode::CONFLICT, "OUT_OF_STOCK");
    assert_eq!(answer.fields(), [short_line.as_str()]);

    buyer.add(&gone, 1).await.data(StatusCode::OK);
    shop.change(&gone, |product| product.status = ProductStatus::Archived).await;
    let answer = buyer.check_out("k").await;
    answer.refused(StatusCode::BAD_REQUEST, "PRODUCT_INACTIVE");
    assert_eq!(answer.fields().len(), 2);
    assert_eq!(shop.stock(&gone).await, 5);
    assert_eq!(buyer.get("/cart").await.data(StatusCode::OK)["items"][1]["problem"], "the product is not for sale");
}

#[tokio::test]
async fn prices_come_from_the_table_at_that_moment() {
    let shop = Shop::open().await;
    let (buyer, offer) = (shop.buyer().await, shop.offer(5).await);
    buyer.add(&offer, 1).await.data(StatusCode::OK);
    shop.change(&offer, |product| product.base_price = Money::new(1_000, Currency::Inr)).await;
    let answer = buyer.check_out("k").await;
    assert_eq!(amount(&answer.data(StatusCode::CREATED)["totals"]["subtotal"]), 1_025);
    let mut body = buyer.checkout_body();
    body["total"] = json!(1);
    let answer = buyer.post("/orders/checkout", Some("k2"), body).await;
    assert_eq!((answer.status, answer.fields()), (StatusCode::BAD_REQUEST, vec!["total"]));
}

#[tokio::test]
async fn a_price_in_another_currency_and_an_unknown_provider_are_refused() {
    let shop = Shop::open().await;
    let (buyer, offer) = (shop.buyer().await, shop.offer(5).await);
    buyer.add(&offer, 1).await.data(StatusCode::OK);
    let mut body = buyer.checkout_body();
    body["paymentProvider"] = json!("cash");
    let answer = buyer.post("/orders/checkout", Some("k"), body).await;
    assert_eq!((answer.status, answer.fields()), (StatusCode::BAD_REQUEST, vec!["paymentProvider"]));
    shop.change(&offer, |product| product.base_price = Money::new(1_000, Currency::Usd)).await;
    buyer.check_out("k").await.refused(StatusCode::UNPROCESSABLE_ENTITY, "AMOUNT_INVALID");
}

#[tokio::test]
async fn more_files_than_one_payment_can_grant_are_refused() {
    let shop = Shop::open().await;
    let buyer = shop.buyer().await;
    let ambient = shop.tenant.stack.ambient().clone();
    let seller = ambient.id();
    for _ in 0..9 {
        let offer =
            shop.offer_by(seller, 5, |product| product.model_files = (0..10).map(|_| ambient.id()).collect()).await;
        buyer.add(&offer, 1).await.data(StatusCode::OK);
    }
    buyer.check_out("k").await.refused(StatusCode::UNPROCESSABLE_ENTITY, "RULE_BROKEN");
}
