//! What captured money does: it pays its checkout, takes an expired one's stock again and pays it, or goes back.
//!
//! Which of them is known before the first write, because whatever ends a checkout says so on the settlements of its
//! payments. Where that was not so yet, or the stock is sold, the first transaction is refused and the next one is right.

use std::ops::Range;

use domain::event::Event;
use domain::operation::{Action, Actor, Operation};
use domain::order::{Ended, GroupStatus, Hold, MAX_WRITES, OrderGroup, OrderStatus};
use domain::payment::{PaymentStatus, Settlement};

use super::{Message, Settled, Verdict};
use crate::entitlements::grant;
use crate::error::Result;
use crate::key::Index;
use crate::orders::advance;
use crate::payments::{moved, moved_on, noted, tell_ended};
use crate::write::Write;
use crate::{Error, Store, audit, coupons, holds, key, outbox, refunds, row};

/// How often others may change a checkout under one capture of it.
const TRIES: u32 = 6;

/// The writes of a capture. The message, the settlement, the payment and the checkout come first.
struct Capture {
    writes: Vec<Write>,
    stock: Range<usize>,
    coupon: Range<usize>,
}

impl Store {
    /// Books captured money, whatever its checkout has become.
    pub(super) async fn capture(
        &self,
        operation: &Operation,
        message: &Message,
        settlement: &Settlement,
        charge: &str,
    ) -> Result<Settled> {
        if let Some(first) = &settlement.captured_charge {
            return self.captured_before(operation, message, Some(first), charge).await;
        }
        let (mut ended, mut sold) = (settlement.ended.clone(), false);
        for _ in 0..TRIES {
            let again = ended.as_ref().filter(|ended| ended.may_be_paid() && !sold);
            let (capture, settled) = match &ended {
                Some(ended) if again.is_none() => {
                    (in_vain(operation, message, settlement, charge, ended.status)?, Settled::NeedsRefund)
                }
                _ => (paid(operation, message, settlement, charge, again)?, Settled::Applied(PaymentStatus::Captured)),
            };
            if capture.writes.len() > MAX_WRITES {
                // Too much to be taken again in one transaction counts as sold.
                sold = true;
                continue;
            }
            let Err(refused) = self.table.transact(capture.writes).await? else { return Ok(settled) };
            match refused.index {
                0 => return Ok(Settled::Duplicate),
                1 => {
                    let found: Option<Settlement> = refused.found.map(row::value).transpose()?;
                    let first = found.and_then(|found| found.captured_charge);
                    return self.captured_before(operation, message, first.as_deref(), charge).await;
                }
                2 => return self.duplicate(operation, message).await,
                3 => {
                    let group: OrderGroup = refused.found.map(row::value).transpose()?.ok_or(Error::NotFound)?;
                    (ended, sold) = (Ended::of(&group), false);
                }
                index if capture.stock.contains(&index) => sold = true,
                index if capture.coupon.contains(&index) => {
                    // The coupon is deleted: its uses are counted no more.
                    ended = ended.map(|ended| Ended { coupon: None, ..ended });
                }
                _ => return Err(Error::Conflict),
            }
        }
        Err(Error::Busy("a checkout keeps changing under its payment".into()))
    }

    async fn captured_before(
        &self,
        operation: &Operation,
        message: &Message,
        first: Option<&str>,
        charge: &str,
    ) -> Result<Settled> {
        if first == Some(charge) {
            self.duplicate(operation, message).await
        } else {
            self.second_charge(operation, message).await
        }
    }
}

/// Pays the checkout: one that is held, or one that has ended so, whose stock is taken `again`.
fn paid(
    operation: &Operation,
    message: &Message,
    settlement: &Settlement,
    charge: &str,
    again: Option<&Ended>,
) -> Result<Capture> {
    let scope = operation.scope;
    let (from, reason) = match again {
        Some(ended) => (vec![ended.status], "paid after it expired; stock taken again"),
        None => (held(), "payment captured"),
    };
    let mut writes = vec![
        message.received(operation)?,
        booked(operation, settlement, charge)?,
        moved(operation, settlement, PaymentStatus::Captured, charge)?,
        Write::update(key::order_group(scope, settlement.group))
            .set("status", GroupStatus::Paid)?
            .set("paidBy", settlement.payment)?
            .set("updatedAt", operation.now)?
            .add("version", 1)?
            .remove("openPayment")
            .unindex(Index::Second)
            .when_one_of("status", &from)?,
    ];
    let first = writes.len();
    for taken in again.iter().flat_map(|ended| &ended.reservations) {
        writes.push(holds::take(scope, taken)?);
    }
    let stock = first..writes.len();
    if let Some(taken) = again.and_then(|ended| ended.coupon.as_ref()) {
        writes.extend(coupons::take_again(scope, settlement.user, taken)?);
    }
    let coupon = stock.end..writes.len();
    for order in &settlement.orders {
        writes.push(advance(operation, *order, OrderStatus::Paid, reason)?);
    }
    for right in &settlement.grants {
        writes.push(grant(scope, settlement.user, right.file, right.order, operation.now)?);
    }
    let event = Event::OrderGroupPaid {
        group: settlement.group,
        payment: Some(settlement.payment),
        orders: settlement.orders.clone(),
    };
    writes.push(outbox::publish(scope, &operation.envelope(event))?);
    writes.push(audit::record(operation, spoken(operation), &settlement.payment.to_string())?);
    let ended = Ended { status: GroupStatus::Paid, reservations: Vec::new(), coupon: None };
    tell_ended(operation, &settlement.others, &ended, &mut writes)?;
    Ok(Capture { writes, stock, coupon })
}

/// Records captured money that can't be used, as long as the checkout is what it was seen to be.
fn in_vain(
    operation: &Operation,
    message: &Message,
    settlement: &Settlement,
    charge: &str,
    seen: GroupStatus,
) -> Result<Capture> {
    let scope = operation.scope;
    let event = Event::PaymentNeedsRefund { group: settlement.group, payment: settlement.payment };
    let mut writes = vec![
        message.recorded(operation, Verdict::Received, Some("needs a refund"))?,
        booked(operation, settlement, charge)?,
        moved(operation, settlement, PaymentStatus::Captured, charge)?,
        Write::check(key::order_group(scope, settlement.group)).when("status", "=", seen)?,
        outbox::publish(scope, &operation.envelope(event))?,
        audit::record(operation, spoken(operation), &settlement.payment.to_string())?,
    ];
    writes.extend(refunds::in_vain(operation, settlement, charge)?);
    Ok(Capture { writes, stock: 0..0, coupon: 0..0 })
}

/// Lists what a checkout may be that is paid with the stock that it holds.
fn held() -> Vec<GroupStatus> {
    GroupStatus::predecessors(GroupStatus::Paid).into_iter().filter(|status| status.hold() == Hold::Held).collect()
}

/// Says whose word it was that the money came.
fn spoken(operation: &Operation) -> Action {
    match operation.actor {
        Actor::User { .. } => Action::PaymentMarkedPaid,
        _ => Action::PaymentChanged,
    }
}

/// Notes which charge took the money, so that the next message about it is known at once.
fn booked(operation: &Operation, settlement: &Settlement, charge: &str) -> Result<Write> {
    Ok(noted(operation, settlement, PaymentStatus::Captured)?
        .set("capturedCharge", charge)?
        .remove("ended")
        .unindex(Index::Second)
        .index(&moved_on(operation, &settlement.provider, &settlement.reference))?
        .when_absent("capturedCharge"))
}
