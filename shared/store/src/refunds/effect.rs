//! What the end of a refund changes, as the writes of one transaction.

use domain::event::Event;
use domain::id::{FileId, OrderId, UserId};
use domain::operation::Operation;
use domain::order::{Order, OrderStatus, Reservation, TimelineEntry};
use domain::payment::PaymentStatus;
use domain::refund::{Refund, RefundLine, RefundStatus, Returned};
use domain::tenant::TenantScope;

use super::{RefundCase, RefundOutcome, changed, replaced};
use crate::error::{Error, Result};
use crate::payments::moved_on;
use crate::row::Row;
use crate::write::Write;
use crate::{entitlements, holds, key, outbox};

/// The writes: those that stand or fall with the refund, then rights and pieces, which may be gone.
pub(super) struct Effect {
    fixed: Vec<Write>,
    rights: Vec<Right>,
    pieces: Vec<Reservation>,
}

/// A right to a file that an order gave.
struct Right {
    user: UserId,
    file: FileId,
    order: OrderId,
}

impl Effect {
    pub(super) fn writes(&self, scope: TenantScope) -> Result<Vec<Write>> {
        let mut writes = self.fixed.clone();
        for right in &self.rights {
            writes.push(entitlements::revoke(scope, right.user, right.file, right.order));
        }
        for piece in &self.pieces {
            writes.push(holds::give_back(scope, piece)?);
        }
        Ok(writes)
    }

    /// Takes a write out whose condition failed because there is nothing to take away or to give back to: no right, no material,
    /// no finite stock. Answers false when the whole refund must be read again.
    pub(super) fn without(&mut self, index: usize) -> bool {
        let Some(index) = index.checked_sub(self.fixed.len()) else { return false };
        match index.checked_sub(self.rights.len()) {
            None => drop(self.rights.remove(index)),
            Some(index) => drop(self.pieces.remove(index)),
        }
        true
    }
}

/// Writes down what `outcome` changes of what was read.
pub(super) fn of(operation: &Operation, case: &RefundCase, outcome: &RefundOutcome) -> Result<Effect> {
    let alone = |fixed| Effect { fixed, rights: Vec::new(), pieces: Vec::new() };
    match outcome {
        RefundOutcome::Processing(provider, again) => {
            let before = &case.refund;
            let after = Refund { provider_refund: Some(provider.clone()), ..ended(operation, before, outcome) };
            let due = key::refund_due(operation.scope, before.payment, before.id, *again);
            let row = Row::new(key::refund(operation.scope, before.payment, before.id), "Refund", &after)?.indexed(due);
            let write = Write::put(row).when("status", "=", before.status)?;
            Ok(alone(vec![write, changed(operation, before)?]))
        }
        RefundOutcome::ByHand => {
            let before = &case.refund;
            let after = ended(operation, before, outcome);
            let row = Row::new(key::refund(operation.scope, before.payment, before.id), "Refund", &after)?;
            let row = row.indexed(key::refunds_by_hand(operation.scope, before.id));
            let write = Write::put(row).when("status", "=", before.status)?;
            Ok(alone(vec![write, changed(operation, before)?]))
        }
        RefundOutcome::Failed => {
            let next = case.book.clone().fail(&case.refund).map_err(Error::internal)?;
            let after = ended(operation, &case.refund, outcome);
            Ok(alone(vec![
                stored(operation, &case.refund, &after)?,
                replaced(operation.scope, &case.book, &next)?,
                changed(operation, &case.refund)?,
            ]))
        }
        RefundOutcome::Succeeded(provider) => succeeded(operation, case, provider),
    }
}

fn ended(operation: &Operation, refund: &Refund, outcome: &RefundOutcome) -> Refund {
    Refund { status: outcome.status(), updated_at: operation.now, ..refund.clone() }
}

/// Stores the refund as it is now, without a place in the index of those that wait.
fn stored(operation: &Operation, before: &Refund, after: &Refund) -> Result<Write> {
    let row = Row::new(key::refund(operation.scope, after.payment, after.id), "Refund", after)?;
    Write::put(row).when("status", "=", before.status)
}

fn succeeded(operation: &Operation, case: &RefundCase, provider: &str) -> Result<Effect> {
    let (scope, now, refund) = (operation.scope, operation.now, &case.refund);
    let (next, returned) = case.book.clone().succeed(refund, case.order.as_ref()).map_err(Error::internal)?;
    let after = Refund {
        status: RefundStatus::Succeeded,
        provider_refund: Some(provider.to_owned()),
        before: Some(returned.before),
        updated_at: now,
        ..refund.clone()
    };
    let status = if returned.whole_payment { PaymentStatus::Refunded } else { PaymentStatus::PartiallyRefunded };
    let mut fixed = vec![
        stored(operation, refund, &after)?,
        replaced(scope, &case.book, &next)?,
        Write::update(key::payment(scope, case.payment.group, case.payment.id))
            .set("status", status)?
            .set("updatedAt", now)?
            .add("version", 1)?
            .when("version", "=", case.payment.version)?,
    ];
    let settlement = key::settlement(scope, &refund.provider, &refund.reference);
    fixed.push(Write::update(settlement).index(&moved_on(operation, &refund.provider, &refund.reference))?);
    fixed.extend(order_moved(operation, case, &returned)?);
    let event = Event::RefundSucceeded { group: after.group, payment: after.payment, refund: after.id };
    fixed.push(outbox::publish(scope, &operation.envelope(event))?);
    fixed.push(changed(operation, &after)?);
    let restocked = case.order.as_ref().filter(|_| refund.restock);
    Ok(Effect {
        fixed,
        rights: rights(case, &returned),
        pieces: restocked.map_or_else(Vec::new, |order| pieces(order, &refund.lines)),
    })
}

fn order_moved(operation: &Operation, case: &RefundCase, returned: &Returned) -> Result<Option<Write>> {
    let Some(order) = &case.order else { return Ok(None) };
    let next = if returned.whole_order { OrderStatus::Refunded } else { OrderStatus::PartiallyRefunded };
    // What was called off stays so: the timeline says what went back.
    let status = order.status.advance(next).unwrap_or(order.status);
    let step = TimelineEntry {
        status,
        actor: operation.actor.clone(),
        reason: format!("{} given back", case.refund.amount),
        at: operation.now,
    };
    let write = Write::update(key::order(operation.scope, order.id))
        .set("status", status)?
        .set("updatedAt", operation.now)?
        .append("timeline", step)?
        .add("version", 1)?
        .when("version", "=", order.version)?;
    Ok(Some(write))
}

/// Lists the rights that end. They are not read: each order's is taken away by itself.
fn rights(case: &RefundCase, returned: &Returned) -> Vec<Right> {
    // Those of an order that was called off ended with it.
    let Some(order) = case.order.as_ref().filter(|order| order.status != OrderStatus::Cancelled) else {
        return Vec::new();
    };
    let right = |file: &FileId| Right { user: order.user, file: *file, order: order.id };
    returned.lost_files.iter().map(right).collect()
}

/// Returns the finite stock that pieces of an order came from.
pub(crate) fn pieces(order: &Order, lines: &[RefundLine]) -> Vec<Reservation> {
    let line = |line: &RefundLine| {
        let sold = order.lines.get(usize::try_from(line.line).ok()?)?;
        let material = sold.material?;
        let shared = sold.shared_material;
        Some(Reservation { product: sold.product, material, shared, quantity: line.quantity })
    };
    let mut pieces: Vec<Reservation> = Vec::new();
    // A transaction may name an item once.
    for piece in lines.iter().filter_map(line) {
        match pieces.iter_mut().find(|known| known.material == piece.material) {
            Some(known) => known.quantity = known.quantity.saturating_add(piece.quantity),
            None => pieces.push(piece),
        }
    }
    pieces
}
