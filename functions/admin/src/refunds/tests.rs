use std::sync::Arc;
use std::time::Duration;

use domain::access::Role;
use domain::order::Placed;
use domain::payment::{Payment, PaymentStatus};
use domain::refund::RefundStatus;
use harness::client::TestAnswer;
use harness::member::Member;
use http::StatusCode;
use serde_json::{Value, json};
use store::refunds::RefundOutcome;

use crate::test_support::Shop;

impl Shop {
    /// Sells two pieces of each of `names`, paid.
    pub(crate) async fn sell(&self, names: &[&str]) -> (Placed, Payment) {
        let buyer = self.sign_in(Role::Customer).await;
        let placed = self.tenant().sale(buyer.user.id, names).await;
        let reference = format!("order_{}", placed.group.id.to_string().split_off(4));
        let (payment, _) = self.tenant().capture_sale(&placed, &reference, "pay_charge").await;
        (placed, payment)
    }

    /// Sells two pieces of something that was paid by transfer.
    async fn sell_by_transfer(&self) -> (Placed, Payment) {
        let buyer = self.sign_in(Role::Customer).await;
        let placed = self.tenant().sale(buyer.user.id, &["Gear"]).await;
        let reference = placed.group.id.to_string();
        let (payment, _) = self.tenant().capture_sale_through("manual", &placed, &reference, "UTR-16").await;
        (placed, payment)
    }

    async fn refund(&self, by: &Member, payment: &Payment, key: &str, body: Value) -> TestAnswer {
        let path = format!("/admin/payments/{}/refunds", payment.id);
        self.client.post(&path).bearer(&by.token).header("idempotency-key", key).json(body).send().await
    }

    /// Books that the provider gave every refund of a payment back.
    async fn give_back(&self, payment: &Payment) {
        let (store, scope) = (self.tenant().stack.store(), self.tenant().scope());
        for refund in store.refunds_of(scope, payment.id).await.unwrap() {
            let outcome = RefundOutcome::Succeeded(format!("rfnd_{}", refund.id));
            store.settle_refund(&self.tenant().operation(), &refund, &outcome).await.unwrap();
        }
    }
}

fn amount(placed: &Placed, amount: i64) -> Value {
    json!({"orderId": placed.orders[0].id, "amount": {"amount": amount, "currency": "INR"}, "reason": "broken"})
}

#[tokio::test]
async fn of_many_refunds_at_once_only_those_happen_that_fit_together() {
    let shop = Arc::new(Shop::open().await);
    let staff = shop.sign_in(Role::Staff).await;
    let (placed, payment) = shop.sell(&["Gear"]).await;
    // Each is a little more than a quarter of what was paid: three fit.
    let part = payment.amount.amount / 4 + 1;
    let mut work = tokio::task::JoinSet::new();
    for number in 0..20 {
        let (shop, staff, payment, body) = (Arc::clone(&shop), staff.clone(), payment.clone(), amount(&placed, part));
        work.spawn(async move { shop.refund(&staff, &payment, &format!("key-{number}"), body).await });
    }
    let answers = work.join_all().await;
    let made = answers.iter().filter(|answer| answer.status == StatusCode::CREATED).count();
    assert_eq!(made, 3);
    for answer in answers.iter().filter(|answer| answer.status != StatusCode::CREATED) {
        answer.refused(StatusCode::CONFLICT, "REFUND_TOO_LARGE");
    }
    let refunds = shop.tenant().stack.store().refunds_of(shop.tenant().scope(), payment.id).await.unwrap();
    assert_eq!(refunds.len(), 3);
    assert!(refunds.iter().map(|refund| refund.amount.amount).sum::<i64>() <= payment.amount.amount);
}

#[tokio::test]
async fn a_refund_that_succeeds_moves_payment_and_order_once() {
    let shop = Shop::open().await;
    let staff = shop.sign_in(Role::Staff).await;
    let (placed, payment) = shop.sell(&["Gear", "Vase"]).await;
    let (store, scope) = (shop.tenant().stack.store(), shop.tenant().scope());
    let first = placed.orders[0].id;
    let statuses = async || {
        let order = store.order(scope, first).await.unwrap().unwrap();
        let (_, payments) = store.order_group_with_payments(scope, placed.group.id).await.unwrap().unwrap();
        (order.status.as_str(), payments[0].status)
    };

    let piece = json!({"orderId": first, "lines": [{"line": 0, "quantity": 1}], "restock": true, "reason": "broken"});
    let answer = shop.refund(&staff, &payment, "one", piece).await;
    assert_eq!(answer.data(StatusCode::CREATED)["status"], "REQUESTED");
    assert_eq!(statuses().await, ("PAID", PaymentStatus::Captured));
    for _ in 0..2 {
        shop.give_back(&payment).await;
        assert_eq!(statuses().await, ("PARTIALLY_REFUNDED", PaymentStatus::PartiallyRefunded));
    }
    for order in &placed.orders {
        let rest = json!({"orderId": order.id, "reason": "broken"});
        let key = format!("rest-{}", order.id);
        shop.refund(&staff, &payment, &key, rest.clone()).await.data(StatusCode::CREATED);
        // The same key asks for nothing more.
        shop.refund(&staff, &payment, &key, rest).await.data(StatusCode::CREATED);
    }
    shop.give_back(&payment).await;
    assert_eq!(statuses().await, ("REFUNDED", PaymentStatus::Refunded));
    let list = shop.client.get(&format!("/admin/payments/{}/refunds", payment.id)).bearer(&staff.token).send().await;
    let list = list.data(StatusCode::OK).as_array().unwrap().clone();
    assert_eq!(list.len(), 3);
    let sum: i64 = list.iter().map(|refund| refund["amount"]["amount"].as_i64().unwrap()).sum();
    assert_eq!(sum, payment.amount.amount);
    shop.refund(&staff, &payment, "more", amount(&placed, 1)).await.refused(StatusCode::CONFLICT, "REFUND_TOO_LARGE");
    let events = shop.tenant().stored("EVT#").await;
    assert_eq!(events.iter().filter(|item| item["event"]["type"] == "RefundSucceeded").count(), 3);
}

#[tokio::test]
async fn what_the_provider_refuses_can_be_given_back_otherwise() {
    let shop = Shop::open().await;
    let staff = shop.sign_in(Role::Staff).await;
    let (placed, payment) = shop.sell(&["Gear"]).await;
    let (store, scope) = (shop.tenant().stack.store(), shop.tenant().scope());
    let all = payment.amount.amount;
    shop.refund(&staff, &payment, "one", amount(&placed, all)).await.data(StatusCode::CREATED);
    shop.refund(&staff, &payment, "two", amount(&placed, 1)).await.refused(StatusCode::CONFLICT, "REFUND_TOO_LARGE");
    let refund = store.refunds_of(scope, payment.id).await.unwrap().remove(0);
    let operation = shop.tenant().operation();
    assert!(store.settle_refund(&operation, &refund, &RefundOutcome::Failed).await.unwrap());
    // A late word that it succeeded changes nothing any more.
    let late = RefundOutcome::Succeeded("rfnd_1".to_owned());
    assert!(!store.settle_refund(&operation, &refund, &late).await.unwrap());
    let after = store.refund(scope, payment.id, refund.id).await.unwrap().unwrap();
    assert_eq!(after.status, RefundStatus::Failed);
    shop.refund(&staff, &payment, "three", amount(&placed, all)).await.data(StatusCode::CREATED);
}

#[tokio::test]
async fn what_cannot_be_given_back_is_refused() {
    let shop = Shop::open().await;
    let (staff, customer) = (shop.sign_in(Role::Staff).await, shop.sign_in(Role::Customer).await);
    let (placed, payment) = shop.sell(&["Gear"]).await;
    let (other, _) = shop.sell(&["Vase"]).await;
    let refused = async |body: Value| shop.refund(&staff, &payment, "key", body).await;
    refused(amount(&placed, 0)).await.refused(StatusCode::BAD_REQUEST, "VALIDATION_FAILED");
    refused(amount(&placed, -5)).await.refused(StatusCode::BAD_REQUEST, "VALIDATION_FAILED");
    refused(amount(&placed, i64::MAX)).await.refused(StatusCode::CONFLICT, "REFUND_TOO_LARGE");
    refused(amount(&other, 1)).await.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
    let twice = json!([{"line": 0, "quantity": 1}, {"line": 0, "quantity": 1}]);
    let twice = json!({"orderId": placed.orders[0].id, "lines": twice, "reason": "broken"});
    refused(twice).await.refused(StatusCode::BAD_REQUEST, "VALIDATION_FAILED");
    let many = json!({"orderId": placed.orders[0].id, "lines": [{"line": 0, "quantity": 3}], "reason": "broken"});
    refused(many).await.refused(StatusCode::CONFLICT, "REFUND_TOO_LARGE");
    let answer = shop.refund(&customer, &payment, "key", amount(&placed, 1)).await;
    answer.refused(StatusCode::FORBIDDEN, "FORBIDDEN");
    let path = format!("/admin/payments/{}/refunds", payment.id);
    let answer = shop.client.post(&path).bearer(&staff.token).json(amount(&placed, 1)).send().await;
    answer.refused(StatusCode::BAD_REQUEST, "IDEMPOTENCY_KEY_REQUIRED");
    assert!(shop.tenant().stack.store().refunds_of(shop.tenant().scope(), payment.id).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_a_provider_does_not_answer_for_an_hour_staff_may_answer_once() {
    let shop = Shop::open().await;
    let staff = shop.sign_in(Role::Staff).await;
    let (placed, payment) = shop.sell(&["Gear"]).await;
    let refund = shop.refund(&staff, &payment, "one", amount(&placed, 5)).await;
    let id = refund.data(StatusCode::CREATED)["id"].as_str().unwrap().to_owned();
    let path = format!("/admin/payments/{}/refunds/{id}/settle", payment.id);
    let settle = |by: &Member, key: &str, body: Value| {
        shop.client.post(&path).bearer(&by.token).header("idempotency-key", key).json(body).send()
    };
    let gone_back = json!({"outcome": "SUCCEEDED", "reference": "UTR-17"});
    settle(&staff, "early", gone_back.clone()).await.refused(StatusCode::UNPROCESSABLE_ENTITY, "RULE_BROKEN");
    shop.advance(Duration::from_secs(60 * 60));
    // Sessions have ended meanwhile.
    let (staff, customer) = (shop.sign_in(Role::Staff).await, shop.sign_in(Role::Customer).await);
    settle(&customer, "k", gone_back.clone()).await.refused(StatusCode::FORBIDDEN, "FORBIDDEN");
    for body in [json!({"outcome": "SUCCEEDED"}), json!({"outcome": "FAILED", "reference": "UTR-17"})] {
        settle(&staff, "bad", body).await.refused(StatusCode::BAD_REQUEST, "VALIDATION_FAILED");
    }
    let settled = settle(&staff, "k", gone_back.clone()).await;
    let view = settled.data(StatusCode::OK);
    assert_eq!((&view["status"], &view["providerRefundId"]), (&json!("SUCCEEDED"), &json!("UTR-17")));
    assert_eq!(settle(&staff, "k", gone_back.clone()).await.data(StatusCode::OK)["status"], "SUCCEEDED");
    settle(&staff, "again", gone_back).await.refused(StatusCode::CONFLICT, "INVALID_TRANSITION");
    settle(&staff, "no", json!({"outcome": "FAILED"})).await.refused(StatusCode::CONFLICT, "INVALID_TRANSITION");
    let (_, payments) = shop
        .tenant()
        .stack
        .store()
        .order_group_with_payments(shop.tenant().scope(), placed.group.id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(payments[0].status, PaymentStatus::PartiallyRefunded);
}

#[tokio::test]
async fn a_refund_by_transfer_is_settled_when_staff_have_sent_it_without_a_wait() {
    let shop = Shop::open().await;
    let staff = shop.sign_in(Role::Staff).await;
    let (placed, payment) = shop.sell_by_transfer().await;
    let settle = |refund: &Value, key: &str, body: Value| {
        let path = format!("/admin/payments/{}/refunds/{}/settle", payment.id, refund["id"].as_str().unwrap());
        shop.client.post(&path).bearer(&staff.token).header("idempotency-key", key).json(body).send()
    };
    let refund = shop.refund(&staff, &payment, "one", amount(&placed, 5)).await.data(StatusCode::CREATED).clone();
    let bounced = settle(&refund, "k1", json!({"outcome": "FAILED"})).await;
    assert_eq!(bounced.data(StatusCode::OK)["status"], "FAILED");
    let refund = shop.refund(&staff, &payment, "two", amount(&placed, 5)).await.data(StatusCode::CREATED).clone();
    // The janitor has taken it up: it waits for whoever sends it.
    let list = async || {
        let list = shop.client.get("/admin/refunds").bearer(&staff.token).send().await;
        list.data(StatusCode::OK).as_array().unwrap().clone()
    };
    assert!(list().await.is_empty());
    let (store, operation) = (shop.tenant().stack.store(), shop.tenant().operation());
    for waiting in store.refunds_of(shop.tenant().scope(), payment.id).await.unwrap() {
        store.settle_refund(&operation, &waiting, &RefundOutcome::ByHand).await.unwrap();
    }
    let to_send = list().await;
    assert_eq!((to_send.len(), &to_send[0]["id"], &to_send[0]["status"]), (1, &refund["id"], &json!("PROCESSING")));
    let sent = json!({"outcome": "SUCCEEDED", "reference": "UTR-17"});
    let settled = settle(&refund, "k2", sent.clone()).await;
    let view = settled.data(StatusCode::OK);
    assert_eq!((&view["status"], &view["providerRefundId"]), (&json!("SUCCEEDED"), &json!("UTR-17")));
    settle(&refund, "k3", sent).await.refused(StatusCode::CONFLICT, "INVALID_TRANSITION");
    assert!(list().await.is_empty());
    let events = shop.tenant().stored("EVT#").await;
    assert_eq!(events.iter().filter(|item| item["event"]["type"] == "RefundSucceeded").count(), 1);
}
