//! What coupons promise from the cart to the end of a hold.

use domain::cart::Holder;
use domain::catalog::TaxClass;
use domain::coupon::{Coupon, Discount, Scope, Terms};
use domain::money::{Currency, Money};
use domain::payment::{PaymentStatus, Signal};
use domain::pricing::{ShippingSettings, TaxRate, TaxSettings, WeightBand};
use domain::tenant::TaxMode;
use http::StatusCode;
use serde_json::{Value, json};
use store::settlements::Settled;

use crate::test_support::{Buyer, Shop};

fn inr(amount: i64) -> Money {
    Money::new(amount, Currency::Inr)
}

fn amount(value: &Value) -> i64 {
    value["amount"].as_i64().unwrap()
}

pub(super) fn terms(discount: Discount) -> Terms {
    Terms {
        discount,
        scope: Scope::All {},
        minimum: None,
        starts_at: None,
        ends_at: None,
        max_uses: None,
        max_uses_per_user: None,
        active: true,
    }
}

/// Ten percent, at most `max_uses` times and `per_user` times for one buyer.
pub(super) fn ten_percent(max_uses: Option<u32>, per_user: Option<u32>) -> Terms {
    let discount = Discount::Percent { basis_points: 1_000, cap: None };
    Terms { max_uses, max_uses_per_user: per_user, ..terms(discount) }
}

pub(super) async fn coupon(shop: &Shop, code: &str, terms: Terms) -> Coupon {
    let (operation, code) = (shop.tenant.operation(), code.parse().unwrap());
    let (created_at, updated_at) = (operation.now, operation.now);
    let coupon = Coupon { id: operation.id(), code, terms, used: 0, created_at, updated_at, version: 1 };
    shop.tenant.stack.store().create_coupon(&operation, &coupon).await.unwrap().unwrap();
    coupon
}

pub(super) async fn used(shop: &Shop, coupon: &Coupon) -> u32 {
    shop.tenant.stack.store().coupon(shop.tenant.scope(), &coupon.code).await.unwrap().unwrap().used
}

pub(super) async fn apply(buyer: &Buyer, code: &str) -> harness::client::TestAnswer {
    buyer.post("/cart/coupon", None, json!({"coupon": code})).await
}

#[tokio::test]
async fn a_coupon_comes_off_before_tax_and_is_shown_before_it_is_used() {
    let shop = Shop::open().await;
    let (buyer, offer) = (shop.buyer().await, shop.offer(10).await);
    let ten = coupon(&shop, "TEN", ten_percent(None, None)).await;
    buyer.add(&offer, 4).await.data(StatusCode::OK);
    let answer = apply(&buyer, "ten").await;
    assert_eq!(answer.data(StatusCode::OK)["coupon"], "TEN");
    let cart = buyer.get("/cart").await;
    assert_eq!(cart.data(StatusCode::OK)["coupon"], json!({"code": "TEN", "discount": inr(50)}));
    assert_eq!(cart.round_trips(), 2);

    let answer = buyer.check_out("k").await;
    let group = answer.data(StatusCode::CREATED);
    assert_eq!(answer.round_trips(), 3);
    // 500 less 50, and 18 % of 450.
    let totals = &group["totals"];
    let parts = ["subtotal", "discount", "tax", "shipping", "total"].map(|part| amount(&totals[part]));
    assert_eq!(parts, [500, 50, 81, 9_900, 450 + 81 + 9_900]);
    assert_eq!(group["coupon"], "TEN");
    assert_eq!(used(&shop, &ten).await, 1);
    let order = buyer.get(&format!("/orders/{}", group["orderIds"][0].as_str().unwrap())).await;
    let line = &order.data(StatusCode::OK)["items"][0];
    assert_eq!((amount(&line["lineTotal"]), amount(&line["discount"]), amount(&line["tax"])), (500, 50, 81));
    assert_eq!(buyer.get("/cart").await.data(StatusCode::OK).get("coupon"), None);
    // A replay takes no second use.
    let again = buyer.check_out("k").await;
    assert_eq!((again.header("idempotent-replayed"), used(&shop, &ten).await), ("true", 1));
}

#[tokio::test]
async fn of_twenty_buyers_at_once_three_get_the_three_uses() {
    let shop = Shop::open().await;
    let offer = shop.offer(100).await;
    let few = coupon(&shop, "FEW", ten_percent(Some(3), None)).await;
    let mut buyers = Vec::new();
    for _ in 0..20 {
        let buyer = shop.buyer().await;
        buyer.add(&offer, 1).await.data(StatusCode::OK);
        apply(&buyer, "FEW").await.data(StatusCode::OK);
        buyers.push(buyer);
    }
    let mut tasks = tokio::task::JoinSet::new();
    for buyer in buyers {
        tasks.spawn(async move { buyer.check_out("k").await });
    }
    let answers = tasks.join_all().await;
    let placed = answers.iter().filter(|answer| answer.status == StatusCode::CREATED).count();
    assert_eq!((placed, used(&shop, &few).await), (3, 3));
    for refused in answers.iter().filter(|answer| answer.status != StatusCode::CREATED) {
        refused.refused(StatusCode::UNPROCESSABLE_ENTITY, "COUPON_INVALID");
        assert_eq!(refused.fields(), ["coupon"]);
    }
    assert_eq!(shop.stock(&offer).await, 97, "who did not get a use took no stock");
}

#[tokio::test]
async fn one_buyer_uses_a_coupon_as_often_as_one_may() {
    let shop = Shop::open().await;
    let (buyer, other, offer) = (shop.buyer().await, shop.buyer().await, shop.offer(10).await);
    let once = coupon(&shop, "ONCE", ten_percent(None, Some(1))).await;
    let mut body = buyer.checkout_body();
    body["coupon"] = json!("ONCE");
    buyer.add(&offer, 1).await.data(StatusCode::OK);
    buyer.post("/orders/checkout", Some("k1"), body.clone()).await.data(StatusCode::CREATED);
    buyer.add(&offer, 1).await.data(StatusCode::OK);
    let answer = buyer.post("/orders/checkout", Some("k2"), body).await;
    answer.refused(StatusCode::UNPROCESSABLE_ENTITY, "COUPON_INVALID");
    // Without it, the cart is still there to be bought.
    buyer.check_out("k3").await.data(StatusCode::CREATED);
    other.add(&offer, 1).await.data(StatusCode::OK);
    let mut body = other.checkout_body();
    body["coupon"] = json!("once");
    other.post("/orders/checkout", Some("k"), body).await.data(StatusCode::CREATED);
    assert_eq!(used(&shop, &once).await, 2);
}

#[tokio::test]
async fn an_expired_checkout_gives_its_use_back_once_and_a_late_payment_takes_it_again() {
    let shop = Shop::open().await;
    let (buyer, offer) = (shop.buyer().await, shop.offer(5).await);
    let once = coupon(&shop, "ONCE", ten_percent(Some(1), Some(1))).await;
    buyer.add(&offer, 1).await.data(StatusCode::OK);
    apply(&buyer, "ONCE").await.data(StatusCode::OK);
    let group = buyer.check_out("k1").await.data(StatusCode::CREATED).clone();
    let payment = buyer.initiate(&group, "p").await;
    for _ in 0..2 {
        shop.expire(&group).await;
        assert_eq!(used(&shop, &once).await, 0);
    }
    // Somebody else's checkout has the one use meanwhile: what is paid keeps its price all the same.
    let other = shop.buyer().await;
    other.add(&offer, 1).await.data(StatusCode::OK);
    apply(&other, "ONCE").await.data(StatusCode::OK);
    other.check_out("k").await.data(StatusCode::CREATED);
    let told = shop.tell(&payment, Signal::Captured, "evt_1", "pay_1").await;
    assert_eq!(told, Settled::Applied(PaymentStatus::Captured));
    assert_eq!((buyer.group(&group).await["status"].clone(), used(&shop, &once).await), (json!("PAID"), 2));
}

#[tokio::test]
async fn a_deleted_coupon_keeps_no_hold_and_no_payment_up() {
    let shop = Shop::open().await;
    let (buyer, offer) = (shop.buyer().await, shop.offer(5).await);
    let gone = coupon(&shop, "GONE", ten_percent(None, None)).await;
    buyer.add(&offer, 2).await.data(StatusCode::OK);
    apply(&buyer, "GONE").await.data(StatusCode::OK);
    let group = buyer.check_out("k1").await.data(StatusCode::CREATED).clone();
    let payment = buyer.initiate(&group, "p").await;
    shop.tenant.stack.store().delete_coupon(&shop.tenant.operation(), &gone).await.unwrap();
    // Another one of the same code is another one.
    let next = coupon(&shop, "GONE", ten_percent(None, None)).await;
    assert_eq!(shop.expire(&group).await, store::holds::Expiry::Expired);
    assert_eq!((shop.stock(&offer).await, used(&shop, &next).await), (5, 0));
    shop.tell(&payment, Signal::Captured, "evt_1", "pay_1").await;
    assert_eq!((buyer.group(&group).await["status"].clone(), used(&shop, &next).await), (json!("PAID"), 0));
}

#[tokio::test]
async fn coupons_that_do_not_count_are_refused_by_name_and_alike() {
    let shop = Shop::open().await;
    let (buyer, offer, now) = (shop.buyer().await, shop.offer(5).await, shop.tenant.stack.now());
    let ten = ten_percent(None, None);
    coupon(&shop, "ENDED", Terms { ends_at: Some(now), ..ten.clone() }).await;
    coupon(&shop, "OFF", Terms { active: false, ..ten.clone() }).await;
    let elsewhere = Scope::Sellers { sellers: vec![shop.tenant.stack.ambient().id()] };
    coupon(&shop, "ELSEWHERE", Terms { scope: elsewhere, ..ten.clone() }).await;
    coupon(&shop, "DEAR", Terms { minimum: Some(inr(251)), ..ten.clone() }).await;
    buyer.add(&offer, 2).await.data(StatusCode::OK);
    let mut told = Vec::new();
    for code in ["ENDED", "OFF", "NOSUCH", "ELSEWHERE", "DEAR"] {
        let answer = apply(&buyer, code).await;
        answer.refused(StatusCode::UNPROCESSABLE_ENTITY, "COUPON_INVALID");
        assert_eq!(answer.fields(), ["coupon"]);
        told.push(answer.body["errors"].clone());
    }
    assert_eq!((&told[0], &told[1]), (&told[2], &told[2]), "nobody learns that there is such a coupon");
    let answer = apply(&buyer, "no code").await;
    assert_eq!((answer.status, answer.fields()), (StatusCode::BAD_REQUEST, vec!["coupon"]));
    // What changes after it was applied is shown, and refuses the checkout until it is taken out.
    let changing = coupon(&shop, "CHANGING", ten.clone()).await;
    apply(&buyer, "CHANGING").await.data(StatusCode::OK);
    let off = Terms { active: false, ..ten };
    shop.tenant.stack.store().change_coupon(&shop.tenant.operation(), &changing, &off).await.unwrap();
    let cart = buyer.get("/cart").await;
    assert_eq!(cart.data(StatusCode::OK)["coupon"], json!({"code": "CHANGING", "problem": "is not a valid coupon"}));
    buyer.check_out("k").await.refused(StatusCode::UNPROCESSABLE_ENTITY, "COUPON_INVALID");
    buyer.delete("/cart/coupon").await.data(StatusCode::OK);
    buyer.check_out("k").await.data(StatusCode::CREATED);
}

#[tokio::test]
async fn who_guesses_at_codes_is_held_up() {
    let shop = Shop::open_with(|tenant| tenant.settings.limits.payment_writes = 3).await;
    shop.tenant.stack.clock.stop();
    let buyer = shop.buyer().await;
    for n in 0..3 {
        apply(&buyer, &format!("GUESS-{n}")).await.refused(StatusCode::UNPROCESSABLE_ENTITY, "COUPON_INVALID");
    }
    apply(&buyer, "GUESS-3").await.refused(StatusCode::TOO_MANY_REQUESTS, "RATE_LIMITED");
}

#[tokio::test]
async fn tax_follows_the_address_and_shipping_the_weight() {
    let shop = Shop::open_with(|tenant| {
        let rate = |state: Option<&str>, rate_bp| TaxRate {
            class: domain::catalog::TaxClass::Standard,
            country: Some("IN".to_owned()),
            state: state.map(str::to_owned),
            rate_bp,
        };
        tenant.settings.tax.rates.extend([rate(None, 1_000), rate(Some("karnataka"), 500)]);
        let band = |up_to_grams, price| WeightBand { up_to_grams: Some(up_to_grams), price: inr(price) };
        tenant.settings.shipping.bands = vec![band(20, 40), band(50, 90)];
        tenant.settings.shipping.free_above = Some(inr(600));
    })
    .await;
    let (buyer, offer) = (shop.buyer().await, shop.offer(20).await);
    let mut parts = Vec::new();
    for (key, pieces) in [("k2", 2), ("k3", 3), ("k5", 5)] {
        buyer.add(&offer, pieces).await.data(StatusCode::OK);
        let answer = buyer.check_out(key).await;
        let totals = &answer.data(StatusCode::CREATED)["totals"];
        parts.push(["subtotal", "tax", "shipping"].map(|part| amount(&totals[part])));
    }
    // 5 % of 250, 375 and 625: 12.5, 18.75, 31.25.
    assert_eq!(parts, [[250, 12, 40], [375, 19, 90], [625, 31, 0]]);
    buyer.add(&offer, 6).await.data(StatusCode::OK);
    buyer.check_out("k6").await.refused(StatusCode::UNPROCESSABLE_ENTITY, "SHIPPING_UNAVAILABLE");
    assert_eq!(shop.stock(&offer).await, 10);
}

#[tokio::test]
async fn shipping_is_taxed_as_the_tenant_says_and_each_order_shows_it() {
    for (mode, total) in [(TaxMode::Exclusive, 250 + 45 + 9_900 + 495), (TaxMode::Inclusive, 250 + 9_900)] {
        let shop = Shop::open_with(|tenant| {
            tenant.settings.tax = TaxSettings::flat(1_800, mode);
            tenant.settings.tax.shipping_class = Some(TaxClass::Reduced);
            let (class, country) = (TaxClass::Reduced, Some("IN".to_owned()));
            tenant.settings.tax.rates.push(TaxRate { class, country, state: None, rate_bp: 500 });
            tenant.settings.shipping = ShippingSettings::flat(inr(9_900));
        })
        .await;
        let (buyer, offer) = (shop.buyer().await, shop.offer(20).await);
        buyer.add(&offer, 2).await.data(StatusCode::OK);
        let placed = buyer.check_out("k").await;
        let placed = placed.data(StatusCode::CREATED);
        let order = buyer.get(&format!("/orders/{}", placed["orderIds"][0].as_str().unwrap())).await;
        let order = order.data(StatusCode::OK);
        let of_shipping = &order["shippingTax"];
        let expected = if mode == TaxMode::Exclusive { 495 } else { 471 };
        assert_eq!((&of_shipping["taxRateBp"], amount(&of_shipping["tax"])), (&json!(500), expected));
        let of_goods = amount(&order["items"][0]["tax"]);
        for totals in [&placed["totals"], &order["totals"]] {
            assert_eq!((amount(&totals["tax"]), amount(&totals["total"])), (of_goods + expected, total));
        }
    }
}

#[tokio::test]
async fn a_price_that_changed_since_it_was_put_in_is_shown_beside_todays() {
    let shop = Shop::open_with(|tenant| tenant.settings.cart_days = 2).await;
    let (buyer, offer) = (shop.buyer().await, shop.offer(20).await);
    buyer.add(&offer, 1).await.data(StatusCode::OK);
    assert_eq!(buyer.get("/cart").await.data(StatusCode::OK)["items"][0].get("previousPrice"), None);
    shop.change(&offer, |product| product.base_price = inr(300)).await;
    let cart = buyer.get("/cart").await;
    let item = &cart.data(StatusCode::OK)["items"][0];
    assert_eq!((amount(&item["itemPrice"]), amount(&item["previousPrice"])), (325, 125));
    // Adding to it is seeing the new price.
    buyer.add(&offer, 1).await.data(StatusCode::OK);
    assert_eq!(buyer.get("/cart").await.data(StatusCode::OK)["items"][0].get("previousPrice"), None);
    let cart = shop.tenant.stack.store();
    let now = shop.tenant.stack.now();
    let stored = cart.cart(shop.tenant.scope(), &Holder::User(buyer.member.user.id), now).await.unwrap().unwrap();
    let days = std::time::Duration::from_secs(2 * 24 * 60 * 60);
    assert!(stored.expires_at <= now.plus(days), "a cart is kept as long as the tenant says");
}
