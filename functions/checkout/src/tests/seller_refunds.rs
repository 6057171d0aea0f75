//! Money that sellers give back for their own orders.

use domain::access::Role;
use domain::payment::Signal;
use harness::client::TestAnswer;
use harness::member::Member;
use http::StatusCode;
use serde_json::{Value, json};
use store::refunds::RefundOutcome;

use super::money::futures_of;
use crate::test_support::{Buyer, Shop};

/// A paid checkout of two sellers.
struct Sold {
    shop: Shop,
    sellers: [Member; 2],
    buyer: Buyer,
    payment: Value,
    orders: [String; 2],
}

impl Sold {
    async fn open(allowed: bool) -> Self {
        let shop = Shop::open_with(|tenant| tenant.settings.seller_refunds = allowed).await;
        let sellers = [shop.tenant.member(&[Role::Seller]).await, shop.tenant.member(&[Role::Seller]).await];
        let buyer = shop.buyer().await;
        for seller in &sellers {
            let offer = shop.offer_by(seller.user.seller.unwrap(), 10, |_| ()).await;
            buyer.add(&offer, 2).await.data(StatusCode::OK);
        }
        let group = buyer.check_out("k1").await.data(StatusCode::CREATED).clone();
        let payment = buyer.initiate(&group, "p1").await;
        let mut orders = [String::new(), String::new()];
        for id in group["orderIds"].as_array().unwrap() {
            let id = id.as_str().unwrap();
            let order =
                shop.tenant.stack.store().order(shop.tenant.scope(), id.parse().unwrap()).await.unwrap().unwrap();
            let place = sellers.iter().position(|seller| seller.user.seller == Some(order.seller)).unwrap();
            orders[place] = id.to_owned();
        }
        Self { shop, sellers, buyer, payment, orders }
    }

    async fn paid(allowed: bool) -> Self {
        let sold = Self::open(allowed).await;
        sold.shop.tell(&sold.payment, Signal::Captured, "evt_1", "pay_1").await;
        sold
    }

    async fn give_back(&self, by: &Member, order: &str, key: &str, body: Value) -> TestAnswer {
        let path = format!("/seller/orders/{order}/refunds");
        self.shop.client.post(&path).bearer(&by.token).header("idempotency-key", key).json(body).send().await
    }

    async fn total(&self, order: &str) -> i64 {
        let shown = self.buyer.get(&format!("/orders/{order}")).await;
        shown.data(StatusCode::OK)["totals"]["total"]["amount"].as_i64().unwrap()
    }
}

fn amount(amount: i64) -> Value {
    json!({"amount": {"amount": amount, "currency": "INR"}, "reason": "broken"})
}

#[tokio::test]
async fn a_seller_gives_back_no_more_than_the_own_order_however_often_it_is_asked() {
    let sold = Sold::paid(true).await;
    let [seller, _] = &sold.sellers;
    let own = sold.orders[0].clone();
    let total = sold.total(&own).await;
    sold.give_back(seller, &own, "k", amount(total + 1)).await.refused(StatusCode::CONFLICT, "REFUND_TOO_LARGE");
    // Each is a little more than a third of the order: two fit, though the payment has room for more.
    let part = total / 3 + 1;
    let keys: Vec<String> = (0..8).map(|number| format!("part-{number}")).collect();
    let answers = futures_of(8, async |number| sold.give_back(seller, &own, &keys[number], amount(part)).await).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == StatusCode::CREATED).count(), 2);
    for answer in answers.iter().filter(|answer| answer.status != StatusCode::CREATED) {
        answer.refused(StatusCode::CONFLICT, "REFUND_TOO_LARGE");
    }
    let rest = json!({"reason": "broken"});
    let answer = sold.give_back(seller, &own, "rest", rest.clone()).await;
    assert_eq!(answer.data(StatusCode::CREATED)["amount"]["amount"], total - 2 * part);
    let again = sold.give_back(seller, &own, "rest", rest).await;
    assert_eq!((again.header("idempotent-replayed"), &again.body["data"]), ("true", &answer.body["data"]));
    sold.give_back(seller, &own, "more", amount(1)).await.refused(StatusCode::CONFLICT, "REFUND_TOO_LARGE");
}

#[tokio::test]
async fn pieces_that_a_seller_takes_back_are_in_stock_again_when_the_money_went_back() {
    let sold = Sold::paid(true).await;
    let [seller, _] = &sold.sellers;
    let (store, scope) = (sold.shop.tenant.stack.store(), sold.shop.tenant.scope());
    let piece = json!({"lines": [{"line": 0, "quantity": 1}], "restock": true, "reason": "broken"});
    let made = sold.give_back(seller, &sold.orders[0], "one", piece).await.data(StatusCode::CREATED).clone();
    assert_eq!((&made["status"], &made["lines"]), (&json!("REQUESTED"), &json!([{"line": 0, "quantity": 1}])));
    let order = store.order(scope, sold.orders[0].parse().unwrap()).await.unwrap().unwrap();
    let (_, payments) = store.order_group_with_payments(scope, order.group).await.unwrap().unwrap();
    let refund = store.refund(scope, payments[0].id, made["id"].as_str().unwrap().parse().unwrap()).await.unwrap();
    let refund = refund.unwrap();
    assert_eq!((refund.order, refund.seller), (Some(order.id), seller.user.seller));
    let outcome = RefundOutcome::Succeeded("rfnd_1".to_owned());
    assert!(store.settle_refund(&sold.shop.tenant.operation(), &refund, &outcome).await.unwrap());
    let shown = sold.buyer.get(&format!("/orders/{}", order.id)).await;
    assert_eq!(shown.data(StatusCode::OK)["status"], "PARTIALLY_REFUNDED");
    let line = &order.lines[0];
    let material = store
        .product(scope, line.product, store::table::Consistency::Strong)
        .await
        .unwrap()
        .unwrap()
        .materials
        .into_iter();
    let left: Vec<_> = material.filter(|known| Some(known.id) == line.material).map(|known| known.stock).collect();
    assert_eq!(left, [Some(9)]);
}

#[tokio::test]
async fn nobody_gives_money_of_other_sellers_back_or_where_the_marketplace_does_it_itself() {
    let sold = Sold::paid(true).await;
    let ([seller, rival], own) = (&sold.sellers, &sold.orders[0]);
    let staff = sold.shop.tenant.member(&[Role::Staff]).await;
    sold.give_back(rival, own, "k", amount(1)).await.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
    sold.give_back(&sold.buyer.member, own, "k", amount(1)).await.refused(StatusCode::FORBIDDEN, "FORBIDDEN");
    // The tenant's people have their own way, by payment.
    sold.give_back(&staff, own, "k", amount(1)).await.refused(StatusCode::FORBIDDEN, "FORBIDDEN");
    let both =
        json!({"amount": {"amount": 1, "currency": "INR"}, "lines": [{"line": 0, "quantity": 1}], "reason": "x"});
    for (body, field) in [
        (both, "lines"),
        (amount(0), "amount"),
        (amount(-1), "amount"),
        (json!({"amount": {"amount": 1, "currency": "USD"}, "reason": "x"}), "amount"),
        (json!({"lines": [{"line": 9, "quantity": 1}], "reason": "x"}), "lines"),
        (json!({"lines": [], "reason": "x"}), "lines"),
        (json!({"amount": {"amount": 1, "currency": "INR"}, "reason": ""}), "reason"),
    ] {
        let answer = sold.give_back(seller, own, "k", body).await;
        answer.refused(StatusCode::BAD_REQUEST, "VALIDATION_FAILED");
        assert_eq!(answer.fields(), [field]);
    }
    let path = format!("/seller/orders/{own}/refunds");
    let unkeyed = sold.shop.client.post(&path).bearer(&seller.token).json(amount(1)).send().await;
    unkeyed.refused(StatusCode::BAD_REQUEST, "IDEMPOTENCY_KEY_REQUIRED");

    let closed = Sold::paid(false).await;
    let answer = closed.give_back(&closed.sellers[0], &closed.orders[0], "k", amount(1)).await;
    answer.refused(StatusCode::FORBIDDEN, "FORBIDDEN");
    let unpaid = Sold::open(true).await;
    let answer = unpaid.give_back(&unpaid.sellers[0], &unpaid.orders[0], "k", amount(1)).await;
    answer.refused(StatusCode::CONFLICT, "INVALID_TRANSITION");
}
