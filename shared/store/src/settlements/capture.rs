//! What captured money does: it pays its checkout, takes an expired one's stock again and pays it, or goes back.
//!
//! Which of them is known before the first write, because whatever ends a checkout says so on the settlements of its
//! payments. Where that was not so yet, or the stock is sold, the first transaction is refused and the next one is right. What is
//! too large for one transaction is held again first.

use std::ops::Range;
use std::time::Duration;

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
/// How long a large checkout that is to be paid late keeps its stock for that.
const HELD_AGAIN: Duration = Duration::from_secs(10 * 60);

/// What the orders' timelines say of it.
const TAKEN_AGAIN: &str = "paid after it expired; stock taken again";

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
            let (mut capture, mut settled) = match &ended {
                Some(ended) if again.is_none() => {
                    (in_vain(operation, message, settlement, charge, ended.status)?, Some(Settled::NeedsRefund))
                }
                _ => {
                    let captured = Settled::Applied(PaymentStatus::Captured);
                    (paid(operation, message, settlement, charge, again)?, Some(captured))
                }
            };
            if let Some(ended) = again.filter(|_| capture.writes.len() > MAX_WRITES) {
                (capture, settled) = (held_again(operation, message, settlement, ended)?, None);
            }
            let Err(refused) = self.table.transact(capture.writes).await? else {
                match settled {
                    Some(settled) => return Ok(settled),
                    None => ended = None,
                }
                continue;
            };
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
        Some(ended) => (vec![ended.status], TAKEN_AGAIN),
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
    let (stock, coupon) = match again {
        Some(ended) => take_again(operation, settlement, ended, &mut writes)?,
        None => (0..0, 0..0),
    };
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

/// Takes the stock of an expired checkout again without paying it, where both are too much for one transaction. Should the
/// payment never come, the new hold ends like any other.
fn held_again(operation: &Operation, message: &Message, settlement: &Settlement, ended: &Ended) -> Result<Capture> {
    let (scope, until) = (operation.scope, operation.now.plus(HELD_AGAIN));
    let reference = key::settlement(scope, &settlement.provider, &settlement.reference);
    let mut writes = vec![
        Write::check(message.key(scope)).when_absent("pk"),
        Write::check(reference).when_absent("capturedCharge"),
        Write::check(key::payment(scope, settlement.group, settlement.payment))
            .when_one_of("status", &PaymentStatus::predecessors(PaymentStatus::Captured))?,
        Write::update(key::order_group(scope, settlement.group))
            .set("status", GroupStatus::PaymentPending)?
            .set("openPayment", settlement.payment)?
            .set("holdUntil", until)?
            .set("updatedAt", operation.now)?
            .add("version", 1)?
            .index(&key::hold(scope, settlement.group, until))?
            .when("status", "=", ended.status)?,
    ];
    let (stock, coupon) = take_again(operation, settlement, ended, &mut writes)?;
    for order in &settlement.orders {
        writes.push(advance(operation, *order, OrderStatus::PaymentPending, TAKEN_AGAIN)?);
    }
    writes.push(audit::record(operation, spoken(operation), &settlement.payment.to_string())?);
    Ok(Capture { writes, stock, coupon })
}

/// Takes again what an expired checkout gave back; returns the places of its stock and of its coupon among the writes.
fn take_again(
    operation: &Operation,
    settlement: &Settlement,
    ended: &Ended,
    writes: &mut Vec<Write>,
) -> Result<(Range<usize>, Range<usize>)> {
    let (scope, first) = (operation.scope, writes.len());
    for taken in &ended.reservations {
        writes.push(holds::take(scope, taken)?);
    }
    let stock = first..writes.len();
    if let Some(taken) = &ended.coupon {
        writes.extend(coupons::take_again(scope, settlement.user, taken)?);
    }
    Ok((stock.clone(), stock.end..writes.len()))
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
