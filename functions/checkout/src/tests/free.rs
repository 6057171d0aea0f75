//! What becomes of a checkout that costs nothing.

use std::collections::BTreeSet;

use domain::catalog::StockPolicy;
use domain::coupon::{Coupon, Discount, Scope, Terms};
use domain::id::FileId;
use domain::money::{Currency, Money};
use domain::pii::Sealed;
use domain::pricing::ShippingSettings;
use domain::tenant::Tenant;
use http::StatusCode;
use serde_json::json;
use store::holds::Expiry;

use super::coupon::{coupon, terms, used};
use crate::test_support::{Buyer, Offer, Shop};

fn free_shipping(tenant: &mut Tenant) {
    tenant.settings.shipping = ShippingSettings::flat(Money::zero(Currency::Inr));
}

/// A coupon that takes everything off, once for each buyer.
async fn gift(shop: &Shop) -> Coupon {
    let everything = terms(Discount::Percent { basis_points: 10_000, cap: None });
    coupon(shop, "GIFT", Terms { max_uses_per_user: Some(1), ..everything }).await
}

async fn check_out(buyer: &Buyer, key: &str) -> harness::client::TestAnswer {
    let body = json!({"addressId": buyer.address, "shippingMethod": "STANDARD", "coupon": "GIFT"});
    buyer.post("/orders/checkout", Some(key), body).await
}

/// Tells whether the buyer may download the file of an offer.
async fn may_download(shop: &Shop, buyer: &Buyer, offer: &Offer) -> bool {
    let (scope, store) = (shop.tenant.scope(), shop.tenant.stack.store());
    let file: FileId = offer.product.model_files[0];
    store.file_and_entitlement(scope, file, buyer.member.user.id).await.unwrap().1.is_some()
}

async fn digital(shop: &Shop) -> Offer {
    let seller = shop.tenant.stack.ambient().id();
    shop.offer_by(seller, 0, |product| product.stock_policy = StockPolicy::Digital).await
}

#[tokio::test]
async fn it_is_paid_at_once_with_stock_rights_and_events_and_no_payment_is_made_of_it() {
    let shop = Shop::open_with(free_shipping).await;
    let gift = gift(&shop).await;
    let (buyer, piece, file) = (shop.buyer().await, shop.offer(5).await, digital(&shop).await);
    buyer.add(&piece, 2).await.data(StatusCode::OK);
    buyer.add(&file, 1).await.data(StatusCode::OK);
    let answer = check_out(&buyer, "k").await;
    let group = answer.data(StatusCode::CREATED).clone();
    assert_eq!(answer.round_trips(), 3);
    assert_eq!(
        (&group["status"], &group["hold"], &group["totals"]["total"]["amount"]),
        (&json!("PAID"), &json!("COMMITTED"), &json!(0))
    );
    assert_eq!((shop.stock(&piece).await, used(&shop, &gift).await), (3, 1));
    assert!(may_download(&shop, &buyer, &piece).await && may_download(&shop, &buyer, &file).await);
    assert_eq!((shop.events("OrderGroupPlaced").await, shop.events("OrderGroupPaid").await), (1, 1));
    for order in group["orderIds"].as_array().unwrap() {
        let order = buyer.get(&format!("/orders/{}", order.as_str().unwrap())).await;
        let order = order.data(StatusCode::OK);
        assert_eq!((&order["status"], &order["timeline"][1]["status"]), (&json!("PAID"), &json!("PAID")));
    }
    // It is not held, so nothing ends.
    assert_eq!(shop.expire(&group).await, Expiry::NotDue);
    let stored = shop.tenant.stored("G#").await;
    assert!(stored.iter().all(|item| item["gsi2pk"].as_str().is_none_or(|pk| !pk.contains("HOLDS"))));
    // Nothing can be paid, whichever provider is there.
    for provider in ["razorpay", "manual"] {
        let body = json!({"orderGroupId": group["id"], "provider": provider});
        let refused = buyer.post("/payments/initiate", Some(provider), body).await;
        refused.refused(StatusCode::CONFLICT, "INVALID_TRANSITION");
    }
    let read = buyer.group(&group).await;
    assert_eq!((&read["status"], read["payments"].as_array().map_or(0, Vec::len)), (&json!("PAID"), 0));
    // The same key brings the same answer, another one no second gift.
    let again = check_out(&buyer, "k").await;
    assert_eq!((again.header("idempotent-replayed"), &again.body), ("true", &answer.body));
    buyer.add(&file, 1).await.data(StatusCode::OK);
    check_out(&buyer, "k2").await.refused(StatusCode::UNPROCESSABLE_ENTITY, "COUPON_INVALID");
}

#[tokio::test]
async fn twenty_times_at_once_it_is_given_once() {
    let shop = Shop::open_with(free_shipping).await;
    let gift = gift(&shop).await;
    let (buyer, piece) = (shop.buyer().await, shop.offer(5).await);
    buyer.add(&piece, 1).await.data(StatusCode::OK);
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..20 {
        let buyer = buyer.clone();
        tasks.spawn(async move { check_out(&buyer, if n % 2 == 0 { "one" } else { "other" }).await });
    }
    let answers = tasks.join_all().await;
    let placed = answers.iter().filter(|answer| answer.status == StatusCode::CREATED);
    let groups: BTreeSet<&str> = placed.map(|answer| answer.body["data"]["id"].as_str().unwrap()).collect();
    assert_eq!(groups.len(), 1);
    assert_eq!((shop.stock(&piece).await, used(&shop, &gift).await, shop.events("OrderGroupPaid").await), (4, 1, 1));
}

#[tokio::test]
async fn shipping_that_costs_something_makes_it_one_to_be_paid() {
    let shop = Shop::open().await;
    gift(&shop).await;
    let (buyer, piece) = (shop.buyer().await, shop.offer(5).await);
    buyer.add(&piece, 1).await.data(StatusCode::OK);
    let answer = check_out(&buyer, "k").await;
    answer.refused(StatusCode::BAD_REQUEST, "VALIDATION_FAILED");
    assert_eq!(answer.fields(), ["paymentProvider"]);
    assert_eq!(shop.stock(&piece).await, 5);
    let mut body = buyer.checkout_body();
    body["coupon"] = json!("GIFT");
    let answer = buyer.post("/orders/checkout", Some("k2"), body).await;
    assert_eq!(answer.data(StatusCode::CREATED)["status"], "CREATED");
    assert!(!may_download(&shop, &buyer, &piece).await);
}

#[tokio::test]
async fn more_than_one_transaction_can_give_is_refused_and_leaves_nothing() {
    let shop = Shop::open_with(free_shipping).await;
    let everything = terms(Discount::Percent { basis_points: 10_000, cap: None });
    let gift = coupon(&shop, "GIFT", Terms { scope: Scope::All {}, ..everything }).await;
    let buyer = shop.buyer().await;
    let mut offers = Vec::new();
    for n in 0..40 {
        // Forty orders, and forty stocks: each with its right to a file that would be 128 writes.
        let offer = shop.offer(1).await;
        buyer.add(&offer, 1).await.data(StatusCode::OK);
        offers.push(offer);
        if n == 29 {
            // Thirty of each are 98.
            let (other, offers) = (shop.buyer().await, offers.clone());
            for offer in &offers {
                shop.change(offer, |product| product.stock_policy = StockPolicy::MadeToOrder).await;
                other.add(offer, 1).await.data(StatusCode::OK);
            }
            let answer = check_out(&other, "k").await;
            assert_eq!((answer.round_trips(), &answer.data(StatusCode::CREATED)["status"]), (3, &json!("PAID")));
            for offer in &offers {
                shop.change(offer, |product| product.stock_policy = StockPolicy::Finite).await;
            }
        }
    }
    check_out(&buyer, "k").await.refused(StatusCode::UNPROCESSABLE_ENTITY, "RULE_BROKEN");
    for offer in &offers {
        assert_eq!(shop.stock(offer).await, 1);
    }
    assert_eq!((used(&shop, &gift).await, shop.tenant.stored("G#").await.len()), (1, 1));
    assert_eq!(buyer.get("/cart").await.data(StatusCode::OK)["items"].as_array().unwrap().len(), 40);
}

#[tokio::test]
async fn a_bank_transfer_holds_stock_for_days_and_everything_else_for_minutes() {
    let shop = Shop::open_with(|tenant| {
        tenant.settings.transfer_days = 4;
        tenant.providers.insert("manual".to_owned(), Sealed::from_text(String::new()));
    })
    .await;
    let (buyer, piece) = (shop.buyer().await, shop.offer(5).await);
    let mut held = Vec::new();
    for provider in ["manual", "razorpay"] {
        buyer.add(&piece, 1).await.data(StatusCode::OK);
        let mut body = buyer.checkout_body();
        body["paymentProvider"] = json!(provider);
        let group = buyer.post("/orders/checkout", Some(provider), body).await.data(StatusCode::CREATED).clone();
        let at = |name: &str| serde_json::from_value::<domain::clock::Timestamp>(group[name].clone()).unwrap();
        held.push((at("holdUntil").since(at("createdAt")).as_secs(), shop.expire(&group).await));
    }
    assert_eq!(held, [(4 * 24 * 60 * 60, Expiry::NotDue), (30 * 60, Expiry::Expired)]);
}
