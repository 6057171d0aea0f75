//! Attempts to pay: opened once per checkout at a time, found by their own id and by the provider's.

use std::time::Duration;

use domain::calendar::Day;
use domain::clock::Timestamp;
use domain::id::PaymentId;
use domain::operation::{Action, Operation};
use domain::order::{Ended, GroupStatus, MAX_WRITES, OrderGroup, OrderStatus, PaymentReference};
use domain::payment::{Payment, PaymentStatus, Settlement};
use domain::tenant::TenantScope;

use crate::error::Result;
use crate::key::{Index, IndexKey};
use crate::orders::advance;
use crate::row::{self, Row};
use crate::table::Consistency;
use crate::write::Write;
use crate::{Error, Store, audit, key};

/// After how long a provider is asked about a payment of which it has told nothing.
const ASKED_AFTER: Duration = Duration::from_secs(15 * 60);

impl Store {
    /// Records a payment that was opened at a provider, together with what the provider's id stands for.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the group changed since it was read: another payment was opened, it expired or was paid.
    pub async fn open_payment(&self, operation: &Operation, group: &OrderGroup, payment: &Payment) -> Result<()> {
        let scope = operation.scope;
        let settlement = Settlement {
            provider: payment.provider.clone(),
            reference: payment.reference.clone(),
            payment: payment.id,
            group: group.id,
            user: group.user,
            amount: payment.amount,
            orders: group.orders.clone(),
            grants: group.grants.clone(),
            opened_at: Some(payment.created_at),
            captured_charge: None,
            status: Some(payment.status),
            others: group.payments.clone(),
            ended: None,
        };
        let own = PaymentReference { provider: payment.provider.clone(), reference: payment.reference.clone() };
        let due = operation.now.plus(ASKED_AFTER);
        let due = key::payment_due(scope, &payment.provider, &payment.reference, due);
        let mut writes = vec![
            Write::update(key::order_group(scope, group.id))
                .set("status", GroupStatus::PaymentPending)?
                .set("openPayment", payment.id)?
                .set("payments", group.payments_with(own.clone()))?
                .set("updatedAt", operation.now)?
                .add("version", 1)?
                .when("version", "=", group.version)?,
            Write::create(
                Row::new(key::payment(scope, group.id, payment.id), "Payment", payment)?
                    .indexed(key::payment_by_id(scope, payment.id)),
            ),
            Write::create(
                Row::new(key::settlement(scope, &payment.provider, &payment.reference), "Settlement", &settlement)?
                    .indexed(due)
                    .indexed(moved_on(operation, &payment.provider, &payment.reference)),
            ),
        ];
        for order in &group.orders {
            writes.push(advance(operation, *order, OrderStatus::PaymentPending, "payment opened")?);
        }
        writes.push(audit::record(operation, Action::PaymentInitiated, &payment.id.to_string())?);
        on_each(scope, &group.payments, &mut writes, |_, write| write.append("others", &own))?;
        self.table.transact(writes).await?.map_err(|_| Error::Conflict)
    }

    /// Finds a payment by its id alone. A payment shows here a moment after it was opened.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn payment(&self, scope: TenantScope, payment: PaymentId) -> Result<Option<Payment>> {
        let index = key::payment_by_id(scope, payment);
        let page = self.table.query(index.pk).index(Index::First).limit(1).page().await?;
        Ok(page.items.into_iter().next())
    }

    /// Reads what a provider's order id stands for.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn settlement(&self, scope: TenantScope, provider: &str, reference: &str) -> Result<Option<Settlement>> {
        self.table.get(key::settlement(scope, provider, reference), Consistency::Strong).await
    }

    /// Sets when the provider is asked next about a payment that is not captured; none is never.
    ///
    /// # Errors
    /// When the table can't be written.
    pub async fn ask_later(
        &self,
        operation: &Operation,
        settlement: &Settlement,
        due: Option<Timestamp>,
    ) -> Result<()> {
        let (scope, provider, reference) = (operation.scope, &settlement.provider, &settlement.reference);
        let update = Write::update(key::settlement(scope, provider, reference));
        let update = match due {
            Some(due) => {
                update.index(&key::payment_due(scope, provider, reference, due))?.when_absent("capturedCharge")
            }
            None => update.unindex(Index::Second),
        };
        // Refused: it was captured meanwhile, and nobody asks any more.
        self.table.transact(vec![update]).await?.or(Ok(()))
    }

    /// Marks a payment as authorized by `charge` unless it has come further; answers with what it is now.
    ///
    /// # Errors
    /// When the table can't be written.
    pub async fn authorize_payment(
        &self,
        operation: &Operation,
        settlement: &Settlement,
        charge: &str,
    ) -> Result<PaymentStatus> {
        let writes = vec![
            moved(operation, settlement, PaymentStatus::Authorized, charge)?,
            noted(operation, settlement, PaymentStatus::Authorized)?,
            audit::record(operation, Action::PaymentChanged, &settlement.payment.to_string())?,
        ];
        match self.table.transact(writes).await? {
            Ok(()) => Ok(PaymentStatus::Authorized),
            Err(refused) => {
                let found: Option<Payment> = refused.found.map(row::value).transpose()?;
                found.map(|payment| payment.status).ok_or(Error::NotFound)
            }
        }
    }
}

/// Tells payments how their checkout has ended, in the transaction in which it does. Their providers are asked at once, so
/// that what nobody is to pay any more is closed there.
pub(crate) fn tell_ended(
    operation: &Operation,
    payments: &[PaymentReference],
    ended: &Ended,
    writes: &mut Vec<Write>,
) -> Result<()> {
    let scope = operation.scope;
    on_each(scope, payments, writes, |payment, write| {
        let due = key::payment_due(scope, &payment.provider, &payment.reference, operation.now);
        write.set("ended", ended)?.index(&due)
    })
}

/// Changes the settlements of some payments, the newest first and as many as fit into the transaction. A payment that is left
/// out costs its next message one more trip.
fn on_each(
    scope: TenantScope,
    payments: &[PaymentReference],
    writes: &mut Vec<Write>,
    change: impl Fn(&PaymentReference, Write) -> Result<Write>,
) -> Result<()> {
    let room = MAX_WRITES.saturating_sub(writes.len());
    for payment in payments.iter().rev().take(room) {
        let write = Write::update(key::settlement(scope, &payment.provider, &payment.reference));
        writes.push(change(payment, write)?);
    }
    Ok(())
}

/// Lists what a provider's order id stands for under the day on which its money moved last.
pub(crate) fn moved_on(operation: &Operation, provider: &str, reference: &str) -> IndexKey {
    key::moved(operation.scope, Day::of(operation.now), provider, reference)
}

/// Notes how far the provider's messages have brought a payment, in the transaction that moves it.
pub(crate) fn noted(operation: &Operation, settlement: &Settlement, next: PaymentStatus) -> Result<Write> {
    let key = key::settlement(operation.scope, &settlement.provider, &settlement.reference);
    Write::update(key).set("status", next)
}

/// Moves a payment on under the one table of transitions.
pub(crate) fn moved(
    operation: &Operation,
    settlement: &Settlement,
    next: PaymentStatus,
    charge: &str,
) -> Result<Write> {
    Write::update(key::payment(operation.scope, settlement.group, settlement.payment))
        .set("status", next)?
        .set("charge", charge)?
        .set("updatedAt", operation.now)?
        .add("version", 1)?
        .when_one_of("status", &PaymentStatus::predecessors(next))
}
