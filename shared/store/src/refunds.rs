//! Refunds: set aside in the payment's book first, then asked for at the provider, then booked ([`settle`]). Each step once.
//!
//! A refund waits in an index until it is settled, so that one whose request was cut off after any step is taken up
//! again by the janitor. The refund's id is the provider's idempotency key: asking twice gives money back once.

mod effect;
mod settle;

use domain::clock::Timestamp;
use domain::dispute::Disputes;
use domain::event::Event;
use domain::id::{OrderId, PaymentId, RefundId};
use domain::money::Money;
use domain::operation::{Action, Operation};
use domain::order::{Order, Party};
use domain::payment::{Payment, PaymentStatus, Settlement};
use domain::refund::{Portion, Refund, RefundBook, RefundError, RefundLine, RefundStatus};
use domain::tenant::TenantScope;

pub(crate) use self::effect::pieces;
pub use self::settle::{LookedUpRefund, RefundCase, RefundSettled};
use crate::error::{Error, Result};
use crate::key::Index;
use crate::page::{Page, Position};
use crate::row::Row;
use crate::table::Consistency;
use crate::write::Write;
use crate::{Store, audit, chance, disputes, key, outbox};

/// How often a step is tried while others change the same book.
const TRIES: u32 = 60;

/// What is asked to be given back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundRequest {
    /// The payment.
    pub payment: PaymentId,
    /// The order that it paid.
    pub order: OrderId,
    /// How much of the order.
    pub portion: Portion,
    /// Whether the pieces go back into stock.
    pub restock: bool,
    /// Why.
    pub reason: String,
}

/// Why no refund was made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RefundRefused {
    /// There is no such payment, or it did not pay for that order.
    #[error("the payment has no such order")]
    NotFound,
    /// The money was never taken.
    #[error("the payment was not captured")]
    NotCaptured,
    /// The payer's bank contests the payment: the money would go back twice.
    #[error("the payment is disputed")]
    Disputed,
    /// It does not fit what was paid or given back before.
    #[error(transparent)]
    Unfit(#[from] RefundError),
}

/// What a provider made of a refund.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefundOutcome {
    /// It works on it, under its own id; ask again then.
    Processing(String, Timestamp),
    /// The tenant's people give it back themselves, and say so: nobody is asked any more.
    ByHand,
    /// The money went back, under its own id.
    Succeeded(String),
    /// It refused for good.
    Failed,
}

impl RefundOutcome {
    fn status(&self) -> RefundStatus {
        match self {
            Self::Processing(..) | Self::ByHand => RefundStatus::Processing,
            Self::Succeeded(_) => RefundStatus::Succeeded,
            Self::Failed => RefundStatus::Failed,
        }
    }
}

impl Store {
    /// Sets money of a payment aside and remembers that it is to be given back.
    ///
    /// # Errors
    /// When the table can't be written, or too many ask at once. The inner error says what stands against it.
    pub async fn request_refund(
        &self,
        operation: &Operation,
        payment: &Payment,
        request: &RefundRequest,
    ) -> Result<std::result::Result<Refund, RefundRefused>> {
        let scope = operation.scope;
        let keys = (
            key::payment(scope, payment.group, payment.id),
            key::order(scope, request.order),
            key::refund_book(scope, payment.id),
            key::disputes(scope, &payment.provider, &payment.reference),
        );
        for attempt in 0..TRIES {
            chance::pause(attempt).await;
            let wanted = [keys.0.clone(), keys.1.clone(), keys.2.clone(), keys.3.clone()];
            let mut found = self.table.get_many(wanted, Consistency::Strong).await?;
            let (payment, order): (Option<Payment>, Option<Order>) = (found.take(&keys.0)?, found.take(&keys.1)?);
            let of_payment = |order: &Order| payment.as_ref().is_some_and(|payment| payment.group == order.group);
            let Some((payment, order)) = payment.clone().zip(order.filter(of_payment)) else {
                return Ok(Err(RefundRefused::NotFound));
            };
            if !payment.status.was_captured() {
                return Ok(Err(RefundRefused::NotCaptured));
            }
            let book = found.take(&keys.2)?.unwrap_or_else(|| RefundBook::open(payment.id, payment.amount));
            let disputes: Option<Disputes> = found.take(&keys.3)?;
            if disputes.as_ref().is_some_and(Disputes::is_open) {
                return Ok(Err(RefundRefused::Disputed));
            }
            let lost = disputes.as_ref().and_then(Disputes::lost);
            let reserved = book.clone().reserve(&order, &request.portion);
            let (next, amount, lines) =
                match reserved.and_then(|reserved| book.spare(lost, reserved.1).map(|()| reserved)) {
                    Ok(reserved) => reserved,
                    Err(unfit) => return Ok(Err(unfit.into())),
                };
            let portion = (amount, lines);
            let asked = of_order(operation, payment, &order, portion, request.restock, &request.reason);
            let Some(mut refund) = asked else {
                return Ok(Err(RefundRefused::NotCaptured));
            };
            if next.in_vain {
                (refund.order, refund.seller, refund.restock) = (None, None, false);
            }
            let mut writes = requested(operation, &book, &next, &refund)?;
            let disputed = writes.len();
            writes.push(disputes::unchanged(keys.3.clone(), disputes.as_ref())?);
            let captured = [PaymentStatus::Captured, PaymentStatus::PartiallyRefunded, PaymentStatus::Refunded];
            writes.push(Write::check(keys.0.clone()).when_one_of("status", &captured)?);
            match self.table.transact(writes).await? {
                Ok(()) => return Ok(Ok(refund)),
                // Somebody else asks for a refund, or the provider tells of a dispute: read again.
                Err(refused) if refused.index == 0 || refused.index == disputed => {}
                Err(_) => return Err(Error::Conflict),
            }
        }
        Err(Error::Busy("too many refunds of one payment at once".into()))
    }

    /// Reads a refund.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn refund(&self, scope: TenantScope, payment: PaymentId, refund: RefundId) -> Result<Option<Refund>> {
        self.table.get(key::refund(scope, payment, refund), Consistency::Strong).await
    }

    /// Lists the refunds of a payment, oldest first, at most 100.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn refunds_of(&self, scope: TenantScope, payment: PaymentId) -> Result<Vec<Refund>> {
        let partition = key::refund_book(scope, payment).pk;
        let query = self.table.query(partition).starting_with(key::REFUNDS).consistency(Consistency::Strong);
        Ok(query.limit(100).page().await?.items)
    }

    /// Lists the refunds that the tenant's people are to send by hand, oldest first.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn refunds_by_hand(
        &self,
        scope: TenantScope,
        limit: u32,
        from: Option<Position>,
    ) -> Result<Page<Refund>> {
        let query = self.table.query(key::refunds_by_hand_list(scope)).index(Index::Second);
        query.limit(limit).from(from).page().await
    }

    /// Takes a refund up for one try at the provider; `again` is when another may take it up. Answers false when somebody
    /// else has it, or it is settled.
    ///
    /// # Errors
    /// When the table can't be written.
    pub async fn take_up_refund(&self, operation: &Operation, refund: &Refund, again: Timestamp) -> Result<bool> {
        let scope = operation.scope;
        let write = Write::update(key::refund(scope, refund.payment, refund.id))
            .add("tries", 1)?
            .index(&key::refund_due(scope, refund.payment, refund.id, again))?
            .when("tries", "=", refund.tries)?
            .when_one_of("status", &[RefundStatus::Requested, RefundStatus::Processing])?;
        Ok(self.table.write(write).await?.is_ok())
    }
}

/// Makes the refund of a part of an order; none where the payment has no charge to take it from.
pub(crate) fn of_order(
    operation: &Operation,
    payment: Payment,
    order: &Order,
    (amount, lines): (Money, Vec<RefundLine>),
    restock: bool,
    reason: &str,
) -> Option<Refund> {
    Some(Refund {
        id: operation.id(),
        payment: payment.id,
        group: payment.group,
        order: Some(order.id),
        seller: Some(order.seller),
        user: payment.user,
        provider: payment.provider,
        reference: payment.reference,
        charge: payment.charge?,
        amount,
        lines,
        restock,
        reason: reason.to_owned(),
        asked_by: Party::of(&operation.actor, order),
        status: RefundStatus::Requested,
        provider_refund: None,
        before: None,
        tries: 0,
        created_at: operation.now,
        updated_at: operation.now,
    })
}

/// Asks for all of a payment back that was captured in vain, as a part of the transaction that books the capture.
pub(crate) fn in_vain(operation: &Operation, settlement: &Settlement, charge: &str) -> Result<Vec<Write>> {
    let book = RefundBook::open(settlement.payment, settlement.amount);
    let (next, amount) = book.clone().reserve_all().map_err(Error::internal)?;
    let refund = Refund {
        id: operation.id(),
        payment: settlement.payment,
        group: settlement.group,
        order: None,
        seller: None,
        user: settlement.user,
        provider: settlement.provider.clone(),
        reference: settlement.reference.clone(),
        charge: charge.to_owned(),
        amount,
        lines: Vec::new(),
        restock: false,
        reason: "paid for what can't be delivered any more".to_owned(),
        asked_by: Party::System,
        status: RefundStatus::Requested,
        provider_refund: None,
        before: None,
        tries: 0,
        created_at: operation.now,
        updated_at: operation.now,
    };
    requested(operation, &book, &next, &refund)
}

/// Remembers a refund. The first of the writes fails when the book was changed.
pub(crate) fn requested(
    operation: &Operation,
    book: &RefundBook,
    next: &RefundBook,
    refund: &Refund,
) -> Result<Vec<Write>> {
    let scope = operation.scope;
    let due = key::refund_due(scope, refund.payment, refund.id, operation.now);
    let row = Row::new(key::refund(scope, refund.payment, refund.id), "Refund", refund)?.indexed(due);
    let event = Event::RefundRequested { group: refund.group, payment: refund.payment, refund: refund.id };
    Ok(vec![
        replaced(scope, book, next)?,
        Write::create(row),
        outbox::publish(scope, &operation.envelope(event))?,
        audit::record(operation, Action::RefundRequested, &refund.id.to_string())?,
    ])
}

pub(crate) fn replaced(scope: TenantScope, book: &RefundBook, next: &RefundBook) -> Result<Write> {
    let row = Row::new(key::refund_book(scope, book.payment), "RefundBook", next)?;
    if book.version == 0 { Ok(Write::create(row)) } else { Write::put(row).when("version", "=", book.version) }
}

fn changed(operation: &Operation, refund: &Refund) -> Result<Write> {
    audit::record(operation, Action::RefundChanged, &refund.id.to_string())
}
