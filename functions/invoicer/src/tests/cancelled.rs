use domain::coupon::{Coupon, Discount, Scope, Terms};
use domain::order::{CancelReason, OrderStatus, Party};
use domain::refund::Portion;
use store::refunds::{RefundOutcome, RefundRequest};

use super::*;

#[tokio::test]
async fn an_order_called_off_before_its_invoice_was_written_has_one_all_the_same() {
    let stack = Stack::connect().await;
    let tenant = stack.tenant().await;
    let buyer = tenant.member(&[Role::Customer]).await;
    let placed = tenant.sale(buyer.user.id, &["Gear"]).await;
    let (payment, _) = tenant.capture_sale(&placed, "order_1", "pay_1").await;
    let (store, operation, order) = (stack.store(), tenant.operation(), &placed.orders[0]);
    let done = store.cancel_order(&operation, order, Party::Buyer, CancelReason::Mistake).await.unwrap().unwrap();
    let refund = done.refund.unwrap();
    assert_eq!(refund.amount, order.totals.total);
    let outcome = RefundOutcome::Succeeded("rfnd_1".to_owned());
    assert!(store.settle_refund(&operation, &refund, &outcome).await.unwrap());
    let after = store.order(tenant.scope(), order.id).await.unwrap().unwrap();
    assert_eq!(after.status, OrderStatus::Cancelled);

    let paid = Event::OrderGroupPaid { group: placed.group.id, payment: Some(payment.id), orders: vec![order.id] };
    let back = Event::RefundSucceeded { group: placed.group.id, payment: payment.id, refund: refund.id };
    for event in [paid, back] {
        state(&stack).handle(job(&tenant, event)).await.unwrap();
    }
    assert!(invoice(&tenant, &placed, 0).await.object_key.is_some());
    let sums = store.trial_balance(tenant.scope()).await.unwrap().sums;
    assert!(!sums.is_empty() && sums.values().sum::<i64>() == 0, "{sums:?}");
}

#[tokio::test]
async fn a_coupon_comes_back_with_the_last_order_however_often_it_is_told() {
    let stack = Stack::connect().await;
    let tenant = stack.tenant().await;
    let buyer = tenant.member(&[Role::Customer]).await;
    let (store, operation) = (stack.store(), tenant.operation());
    let terms = Terms {
        discount: Discount::Percent { basis_points: 100, cap: None },
        scope: Scope::All {},
        minimum: None,
        starts_at: None,
        ends_at: None,
        max_uses: None,
        max_uses_per_user: None,
        active: true,
    };
    let code = "ONE".parse().unwrap();
    let (created_at, updated_at) = (operation.now, operation.now);
    let coupon = Coupon { id: operation.id(), code, terms, used: 0, created_at, updated_at, version: 1 };
    store.create_coupon(&operation, &coupon).await.unwrap().unwrap();
    let placed = tenant.sale_with(buyer.user.id, &["Gear", "Vase"], &coupon).await;
    let (payment, _) = tenant.capture_sale(&placed, "order_2", "pay_2").await;
    let used = async || store.coupon(tenant.scope(), &coupon.code).await.unwrap().unwrap().used;
    assert_eq!(used().await, 1);
    let told = async |event: Event| {
        for _ in 0..2 {
            state(&stack).handle(job(&tenant, event.clone())).await.unwrap();
        }
    };
    told(Event::OrderGroupPaid {
        group: placed.group.id,
        payment: Some(payment.id),
        orders: placed.group.orders.clone(),
    })
    .await;
    // The first is called off, all money of the other goes back.
    let (first, second) = (&placed.orders[0], &placed.orders[1]);
    let (by, reason) = (Party::Staff, CancelReason::OutOfStock);
    let done = store.cancel_order(&operation, first, by, reason).await.unwrap().unwrap();
    let refund = done.refund.unwrap().amount;
    told(Event::OrdersCancelled { group: placed.group.id, orders: done.orders, by, reason, refund }).await;
    assert_eq!(used().await, 1);
    let (order, reason) = (second.id, "broken".to_owned());
    let request = RefundRequest { payment: payment.id, order, portion: Portion::Rest, restock: false, reason };
    let refund = store.request_refund(&operation, &payment, &request).await.unwrap().unwrap();
    let outcome = RefundOutcome::Succeeded("rfnd_2".to_owned());
    assert!(store.settle_refund(&operation, &refund, &outcome).await.unwrap());
    told(Event::RefundSucceeded { group: placed.group.id, payment: payment.id, refund: refund.id }).await;
    assert_eq!(used().await, 0);
}
