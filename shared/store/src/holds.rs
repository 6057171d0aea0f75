//! Stock held by unpaid checkouts: given back when time is up or they are called off.
//!
//! Every step is conditional on the group's status, so of an expiry and a payment at the same moment one happens.

use domain::event::Event;
use domain::id::OrderGroupId;
use domain::operation::{Action, Operation};
use domain::order::{Ended, GroupStatus, OrderGroup, Reservation};
use domain::tenant::TenantScope;

use crate::error::Result;
use crate::key::{Index, Key};
use crate::orders::advance;
use crate::write::Write;
use crate::{Error, Store, audit, coupons, key, outbox, payments};

/// What became of an attempt to expire a checkout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expiry {
    /// It expired now and its stock is back.
    Expired,
    /// It was paid, or expired before, or its time is not up.
    NotDue,
}

/// How the hold of an unpaid checkout ends.
#[derive(Debug)]
pub(crate) struct Ending<'a> {
    /// What the checkout becomes.
    pub(crate) status: GroupStatus,
    /// What the orders' timelines say.
    pub(crate) reason: &'a str,
    /// What is told of it.
    pub(crate) event: Event,
    /// What the audit trail says.
    pub(crate) action: Action,
}

impl Store {
    /// Expires an unpaid checkout whose hold has ended and gives its stock back, exactly once.
    ///
    /// # Errors
    /// When the table can't be read or written.
    pub async fn expire_hold(&self, operation: &Operation, group: OrderGroupId) -> Result<Expiry> {
        let Some(group) = self.order_group(operation.scope, group).await? else {
            return Ok(Expiry::NotDue);
        };
        if !group.is_overdue(operation.now) {
            return Ok(Expiry::NotDue);
        }
        let ending = Ending {
            status: GroupStatus::Expired,
            reason: "not paid in time",
            event: Event::OrderGroupExpired { group: group.id },
            action: Action::OrderGroupExpired,
        };
        Ok(if self.end_hold(operation, &group, &ending).await? { Expiry::Expired } else { Expiry::NotDue })
    }

    /// Ends the hold of an unpaid checkout, gives its stock and its coupon back, exactly once, and tells its payments. Answers
    /// false when it is not held any more, or is to expire and its time is not up.
    pub(crate) async fn end_hold(
        &self,
        operation: &Operation,
        group: &OrderGroup,
        ending: &Ending<'_>,
    ) -> Result<bool> {
        let scope = operation.scope;
        let mut returned = group.reservations.clone();
        let mut coupon = group.coupon.clone();
        loop {
            let mut ended = Write::update(key::order_group(scope, group.id))
                .set("status", ending.status)?
                .set("updatedAt", operation.now)?
                .add("version", 1)?
                .remove("openPayment")
                .unindex(Index::Second)
                .when_one_of("status", &GroupStatus::predecessors(ending.status))?;
            if ending.status == GroupStatus::Expired {
                ended = ended.when("holdUntil", "<=", operation.now)?;
            }
            let mut writes = vec![ended];
            for taken in &returned {
                writes.push(give_back(scope, taken)?);
            }
            let first_of_coupon = writes.len();
            if let Some(taken) = &coupon {
                writes.extend(coupons::give_back(scope, group.user, taken)?);
            }
            for order in &group.orders {
                writes.push(advance(operation, *order, ending.status.of_orders(), ending.reason)?);
            }
            writes.push(outbox::publish(scope, &operation.envelope(ending.event.clone()))?);
            writes.push(audit::record(operation, ending.action, &group.id.to_string())?);
            payments::tell_ended(operation, &group.payments, &Ended::with(group, ending.status), &mut writes)?;
            let Err(refused) = self.table.transact(writes).await? else {
                return Ok(true);
            };
            if coupon.is_some() && matches!(refused.index.checked_sub(first_of_coupon), Some(0..coupons::WRITES)) {
                // The coupon is deleted: there is nothing to give back to.
                coupon = None;
                continue;
            }
            match refused.index.checked_sub(1) {
                None => return Ok(false),
                // The material is gone or its stock no longer finite: there is nothing to give back to.
                Some(index) if index < returned.len() => {
                    returned.remove(index);
                }
                Some(_) => return Err(Error::Conflict),
            }
        }
    }
}

/// Takes pieces from a finite stock; refused where there are too few.
pub(crate) fn take(scope: TenantScope, taken: &Reservation) -> Result<Write> {
    Write::update(stock_of(scope, taken)).add("stock", i64::from(taken.quantity).saturating_neg())?.when(
        "stock",
        ">=",
        taken.quantity,
    )
}

/// Gives pieces back to a finite stock; refused where there is none.
pub(crate) fn give_back(scope: TenantScope, taken: &Reservation) -> Result<Write> {
    Ok(Write::update(stock_of(scope, taken)).add("stock", i64::from(taken.quantity))?.when_present("stock"))
}

/// Returns the item whose stock pieces come from.
fn stock_of(scope: TenantScope, taken: &Reservation) -> Key {
    if taken.shared {
        key::shared_material(scope, taken.material)
    } else {
        key::material(scope, taken.product, taken.material)
    }
}
