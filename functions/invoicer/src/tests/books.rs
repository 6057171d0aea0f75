use domain::ledger::{Account, Commission};
use domain::money::{Currency, Money};
use domain::refund::Portion;
use store::refunds::{RefundOutcome, RefundRequest};

use super::*;

#[tokio::test]
async fn sales_and_refunds_are_booked_once_and_add_up_to_nothing() {
    let stack = Stack::connect().await;
    let tenant =
        stack.tenant_with(|tenant| tenant.settings.commission = Commission { rate_bp: 1_000, tax_bp: 1_800 }).await;
    let state = state(&stack);
    let (store, scope) = (stack.store(), tenant.scope());
    let buyer = tenant.member(&[Role::Customer]).await;
    let placed = tenant.sale(buyer.user.id, &["Gear", "Vase"]).await;
    let (payment, _) = tenant.capture_sale(&placed, "order_books", "pay_books").await;
    let orders = placed.orders.iter().map(|order| order.id).collect();
    let event = Event::OrderGroupPaid { group: placed.group.id, payment: Some(payment.id), orders };
    for _ in 0..2 {
        state.handle(job(&tenant, event.clone())).await.unwrap();
    }
    let sums = store.trial_balance(scope).await.unwrap().sums;
    assert_eq!(sums.values().sum::<i64>(), 0);
    assert_eq!(sums[&(Currency::Inr, Account::Cash)], payment.amount.amount);
    let order = store.order(scope, placed.orders[0].id).await.unwrap().unwrap();
    let share = order.totals.subtotal.ratio(1_000, 10_000).unwrap();
    let owed = order.totals.total.minus(share).unwrap().minus(share.ratio(1_800, 10_000).unwrap()).unwrap();
    assert_eq!(store.balances(scope, order.seller).await.unwrap(), [owed]);

    // All of the first order goes back, in two parts.
    for portion in [Portion::Amount(Money::new(3_333, Currency::Inr)), Portion::Rest] {
        let request = RefundRequest {
            payment: payment.id,
            order: order.id,
            portion,
            restock: false,
            reason: "broken".to_owned(),
        };
        let refund = store.request_refund(&tenant.operation(), &payment, &request).await.unwrap().unwrap();
        let outcome = RefundOutcome::Succeeded("rfnd_1".to_owned());
        assert!(store.settle_refund(&tenant.operation(), &refund, &outcome).await.unwrap());
        let event = Event::RefundSucceeded { group: placed.group.id, payment: payment.id, refund: refund.id };
        for _ in 0..2 {
            state.handle(job(&tenant, event.clone())).await.unwrap();
        }
        assert_eq!(store.trial_balance(scope).await.unwrap().sums.values().sum::<i64>(), 0);
    }
    assert_eq!(store.balances(scope, order.seller).await.unwrap(), [Money::zero(Currency::Inr)]);
    let sums = store.trial_balance(scope).await.unwrap().sums;
    assert_eq!(sums[&(Currency::Inr, Account::Cash)], placed.orders[1].totals.total.amount);
}

#[tokio::test]
async fn what_a_bank_has_taken_back_is_booked_once_and_nobody_bears_it_yet() {
    let stack = Stack::connect().await;
    let tenant = stack.tenant().await;
    let state = state(&stack);
    let (store, scope) = (stack.store(), tenant.scope());
    let buyer = tenant.member(&[Role::Customer]).await;
    let placed = tenant.sale(buyer.user.id, &["Gear"]).await;
    let (payment, _) = tenant.capture_sale(&placed, "order_lost", "pay_lost").await;
    let (group, orders) = (placed.group.id, vec![placed.orders[0].id]);
    let lost = Money { amount: 700, ..payment.amount };
    let charged_back = |place| Event::PaymentChargedBack { group, payment: payment.id, place, amount: lost };
    let paid = Event::OrderGroupPaid { group, payment: Some(payment.id), orders };
    for event in [paid, charged_back(0), charged_back(0), charged_back(1)] {
        state.handle(job(&tenant, event)).await.unwrap();
    }
    let sums = store.trial_balance(scope).await.unwrap().sums;
    assert_eq!(sums[&(Currency::Inr, Account::Cash)], payment.amount.amount - 1_400);
    assert_eq!(sums[&(Currency::Inr, Account::ChargedBack)], 1_400);
    assert_eq!(sums.values().sum::<i64>(), 0);
    assert_eq!(store.balances(scope, placed.orders[0].seller).await.unwrap(), [payment.amount]);
}
