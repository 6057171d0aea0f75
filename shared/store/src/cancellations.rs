//! Orders called off: an unpaid one with its whole checkout, a paid one alone and with its money set aside to go back.
//!
//! An unpaid checkout ends by the same once-only step as one that expires, so of a cancellation, a capture and an expiry at
//! the same moment one happens, and money that comes later goes back. A paid order is called off in the transaction that asks
//! for its refund, under the order's version: of a cancellation and a parcel at the same moment one happens.

use domain::event::Event;
use domain::file::Entitlement;
use domain::id::{OrderGroupId, OrderId};
use domain::money::Money;
use domain::operation::{Action, Operation};
use domain::order::{CancelReason, CancelRefused, GroupStatus, Hold, Order, OrderGroup, OrderStatus, Party};
use domain::payment::Payment;
use domain::refund::{Refund, RefundBook, RefundLine, rest_of_lines};

use crate::error::{Error, Result};
use crate::holds::{self, Ending};
use crate::orders::advance;
use crate::table::Consistency;
use crate::write::Write;
use crate::{Store, audit, chance, coupons, disputes, entitlements, key, outbox, refunds, shipments};

/// How often it is tried while others change the same order.
const TRIES: u32 = 40;

/// What was called off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cancellation {
    /// The orders: one that was paid, or all of an unpaid checkout.
    pub orders: Vec<OrderId>,
    /// What goes back; none where nothing was paid.
    pub refund: Option<Refund>,
}

/// What one try has come to; none when somebody changed what was read.
type Try = std::result::Result<Option<Cancellation>, CancelRefused>;

impl Store {
    /// Calls an order off for the one who is `by` to it.
    ///
    /// Stock and coupon of an unpaid checkout go back at once, those of a paid order with its money.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such order; otherwise when the table can't be written. The inner error says what
    /// stands against it.
    pub async fn cancel_order(
        &self,
        operation: &Operation,
        order: &Order,
        by: Party,
        reason: CancelReason,
    ) -> Result<std::result::Result<Cancellation, CancelRefused>> {
        let scope = operation.scope;
        let keys = (key::order(scope, order.id), key::order_group(scope, order.group));
        for attempt in 0..TRIES {
            chance::pause(attempt).await;
            let mut found = self.table.get_many([keys.0.clone(), keys.1.clone()], Consistency::Strong).await?;
            let order: Order = found.take(&keys.0)?.ok_or(Error::NotFound)?;
            let group: OrderGroup = found.take(&keys.1)?.ok_or(Error::NotFound)?;
            if let Err(refused) = order.check_cancellable() {
                return Ok(Err(refused));
            }
            let tried = match group.hold() {
                Hold::Held if by == Party::Seller && group.orders.len() > 1 => Err(CancelRefused::Shared),
                Hold::Held => self.cancel_unpaid(operation, group, by, reason).await?,
                Hold::Committed => self.cancel_paid(operation, &group, &order, by, reason).await?,
                // It ended between the reads of the two.
                Hold::Released => Ok(None),
            };
            if let Some(end) = tried.transpose() {
                return Ok(end);
            }
        }
        Err(Error::Busy("too many changes of one order at once".into()))
    }

    async fn cancel_unpaid(
        &self,
        operation: &Operation,
        group: OrderGroup,
        by: Party,
        reason: CancelReason,
    ) -> Result<Try> {
        let refund = Money::zero(group.totals.total.currency);
        let ending = Ending {
            status: GroupStatus::Cancelled,
            reason: reason.words(),
            event: Event::OrdersCancelled { group: group.id, orders: group.orders.clone(), by, reason, refund },
            action: Action::OrderCancelled,
        };
        let ended = self.end_hold(operation, &group, &ending).await?;
        Ok(Ok(ended.then_some(Cancellation { orders: group.orders, refund: None })))
    }

    async fn cancel_paid(
        &self,
        operation: &Operation,
        group: &OrderGroup,
        order: &Order,
        by: Party,
        reason: CancelReason,
    ) -> Result<Try> {
        let scope = operation.scope;
        let paid =
            group.paid_by.map(|payment| (key::payment(scope, group.id, payment), key::refund_book(scope, payment)));
        let rights: Vec<_> = order.model_files.iter().map(|file| key::entitlement(scope, order.user, *file)).collect();
        let keys =
            paid.iter().flat_map(|(payment, book)| [payment.clone(), book.clone()]).chain(rights.iter().cloned());
        let mut found = self.table.get_many(keys, Consistency::Strong).await?;
        let rights: Vec<Entitlement> =
            rights.iter().filter_map(|key| found.take(key).transpose()).collect::<Result<_>>()?;
        let rights: Vec<Entitlement> = rights.into_iter().filter(|right| right.orders.contains(&order.id)).collect();
        // What was downloaded can't be handed back. Where another order gave the right too, it stays with that one.
        let is_used = |right: &Entitlement| right.orders.len() == 1 && right.window_start.is_some();
        let has_keys = order.lines.iter().any(|line| line.licence_keys);
        if by == Party::Buyer && (has_keys || rights.iter().any(is_used)) {
            return Ok(Err(CancelRefused::HandedOut));
        }
        let mut undisputed = None;
        let money = match &paid {
            Some((payment, book)) => {
                let payment: Payment = found.take(payment)?.ok_or(Error::NotFound)?;
                undisputed = Some(disputes::nothing_held(scope, &payment.provider, &payment.reference));
                let book = found.take(book)?.unwrap_or_else(|| RefundBook::open(payment.id, payment.amount));
                back(operation, payment, &book, order)?
            }
            None => Back { writes: Vec::new(), lines: rest_of_lines(order, &[]), refund: None },
        };
        let amount = money.refund.as_ref().map_or(Money::zero(order.totals.total.currency), |refund| refund.amount);
        let event = Event::OrdersCancelled { group: group.id, orders: vec![order.id], by, reason, refund: amount };
        let called_off = advance(operation, order.id, OrderStatus::Cancelled, reason.words())?;
        let mut writes =
            vec![shipments::nothing_sent(scope, order.id)?, called_off.when("version", "=", order.version)?];
        writes.extend(money.writes);
        for right in &rights {
            let write = entitlements::revoke(scope, right.user, right.file, order.id);
            // A download that is counted now makes the buyer too late, and so does the end of another order's right.
            writes.push(if by == Party::Buyer { untouched(write, right)? } else { write });
        }
        writes.push(outbox::publish(scope, &operation.envelope(event))?);
        writes.push(audit::record(operation, Action::OrderCancelled, &order.id.to_string())?);
        let disputed = writes.len();
        writes.extend(undisputed.filter(|_| money.refund.is_some()));
        // The pieces of a refund go back with its money.
        let mut pieces = if money.refund.is_some() { Vec::new() } else { refunds::pieces(order, &money.lines) };
        loop {
            let mut all = writes.clone();
            for piece in &pieces {
                all.push(holds::give_back(scope, piece)?);
            }
            match self.table.transact(all).await? {
                Ok(()) => return Ok(Ok(Some(Cancellation { orders: vec![order.id], refund: money.refund }))),
                // The material is gone or its stock no longer finite: there is nothing to give back to.
                Err(refused) if refused.index == 0 => return Ok(Err(CancelRefused::Sent)),
                Err(refused) if money.refund.is_some() && refused.index == disputed => {
                    return Ok(Err(CancelRefused::Disputed));
                }
                Err(refused) => match refused.index.checked_sub(writes.len()) {
                    Some(index) if index < pieces.len() => drop(pieces.remove(index)),
                    _ => return Ok(Ok(None)),
                },
            }
        }
    }

    /// Gives the use of a coupon back, once, when each order of its paid checkout was called off or given back whole. Answers
    /// whether this call did it.
    ///
    /// # Errors
    /// When the table can't be read or written.
    pub async fn give_coupon_back(&self, operation: &Operation, group: OrderGroupId) -> Result<bool> {
        let scope = operation.scope;
        let group = self.order_group(scope, group).await?;
        let Some(group) = group.filter(|group| group.hold() == Hold::Committed) else { return Ok(false) };
        let Some(taken) = &group.coupon else { return Ok(false) };
        let over = |order: &Order| matches!(order.status, OrderStatus::Cancelled | OrderStatus::Refunded);
        // Nothing follows these statuses, so no condition has to ask again.
        if !self.orders(scope, &group.orders).await?.iter().all(over) {
            return Ok(false);
        }
        let mut writes = vec![
            Write::update(key::order_group(scope, group.id))
                .set("couponReturnedAt", operation.now)?
                .when_absent("couponReturnedAt"),
        ];
        writes.extend(coupons::give_back(scope, group.user, taken)?);
        // Refused: it was given back before, or the coupon is deleted and there is nothing to give back to.
        Ok(self.table.transact(writes).await?.is_ok())
    }
}

/// What goes back of an order.
struct Back {
    writes: Vec<Write>,
    lines: Vec<RefundLine>,
    refund: Option<Refund>,
}

/// Sets aside what is left of an order of a payment: its money and its pieces.
fn back(operation: &Operation, payment: Payment, book: &RefundBook, order: &Order) -> Result<Back> {
    let (next, amount, lines) = book.clone().reserve_rest(order).map_err(Error::internal)?;
    if amount.amount == 0 {
        let writes = vec![refunds::replaced(operation.scope, book, &next)?];
        return Ok(Back { writes, lines, refund: None });
    }
    let refund =
        refunds::of_order(operation, payment, order, (amount, lines.clone()), true, "the order was called off");
    let refund = refund.ok_or_else(|| Error::internal("a paid checkout's payment has no charge"))?;
    Ok(Back { writes: refunds::requested(operation, book, &next, &refund)?, lines, refund: Some(refund) })
}

/// Demands that nothing was downloaded since `right` was read, and that the same orders give it.
fn untouched(write: Write, right: &Entitlement) -> Result<Write> {
    let write = write.when_set("orders", right.orders.iter().map(ToString::to_string));
    match right.window_start {
        Some(start) => write.when("windowStart", "=", start)?.when("downloads", "=", right.downloads),
        None => Ok(write.when_absent("windowStart")),
    }
}
