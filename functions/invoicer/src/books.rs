//! Enters money that moved into the books. An entry's key is its cause, so what is told twice is booked once.

use domain::id::{OrderGroupId, OrderId, PaymentId, RefundId};
use domain::ledger::Entry;
use domain::money::Money;
use domain::operation::Operation;
use domain::refund::Refund;
use worker::JobError;

use crate::State;

/// Books the orders of a paid checkout.
///
/// # Errors
/// When an entry can't be written; the next run goes on from there.
pub async fn sales(state: &State, operation: &Operation, orders: &[OrderId]) -> Result<(), JobError> {
    for order in state.store.orders(operation.scope, orders).await? {
        if order.totals.total.amount == 0 {
            // No money moved.
            continue;
        }
        let entry = Entry::sale(operation.id(), &order, operation.now).map_err(JobError::fail)?;
        state.store.book(operation, &entry).await?;
    }
    Ok(())
}

/// Books money that was captured in vain.
///
/// # Errors
/// When the entry can't be written.
pub async fn unearned(
    state: &State,
    operation: &Operation,
    group: OrderGroupId,
    payment: PaymentId,
) -> Result<(), JobError> {
    let found = state.store.order_group_with_payments(operation.scope, group).await?;
    let found = found.and_then(|(_, payments)| payments.into_iter().find(|known| known.id == payment));
    let payment = found.ok_or_else(|| JobError::fail("the payment is gone"))?;
    let entry = Entry::unearned(operation.id(), payment.id, payment.amount, operation.now).map_err(JobError::fail)?;
    state.store.book(operation, &entry).await?;
    Ok(())
}

/// Books money that a payer's bank has taken back for good.
///
/// # Errors
/// When the entry can't be written.
pub async fn charged_back(
    state: &State,
    operation: &Operation,
    dispute: (PaymentId, u32),
    amount: Money,
) -> Result<(), JobError> {
    let entry = Entry::charged_back(operation.id(), dispute, amount, operation.now).map_err(JobError::fail)?;
    state.store.book(operation, &entry).await?;
    Ok(())
}

/// Books money that went back, and returns the refund.
///
/// # Errors
/// When the entry can't be written.
pub async fn refund(
    state: &State,
    operation: &Operation,
    payment: PaymentId,
    refund: RefundId,
) -> Result<Refund, JobError> {
    let refund = state.store.refund(operation.scope, payment, refund).await?;
    let refund = refund.ok_or_else(|| JobError::fail("the refund is gone"))?;
    let order = match refund.order {
        Some(order) => state.store.order(operation.scope, order).await?,
        None => None,
    };
    let entry = Entry::refund(operation.id(), &refund, order.as_ref(), operation.now).map_err(JobError::fail)?;
    state.store.book(operation, &entry).await?;
    Ok(refund)
}

/// Gives the use of a coupon back when nothing of its paid checkout is left.
///
/// # Errors
/// When the table can't be read or written.
pub async fn coupon(state: &State, operation: &Operation, group: OrderGroupId) -> Result<(), JobError> {
    state.store.give_coupon_back(operation, group).await?;
    Ok(())
}
