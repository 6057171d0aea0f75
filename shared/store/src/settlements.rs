//! What providers' messages do to our books: each message and its effect in one transaction.
//!
//! A message costs two round trips: [`Store::look_up_message`] reads what it is about and whether it was received
//! before, then [`Store::settle`] or [`Store::set_aside`] writes. Order and number of messages don't matter: a
//! payment only moves along [`PaymentStatus`], and what can't move is recorded as a duplicate.

mod capture;

use std::time::Duration;

use domain::clock::Timestamp;
use domain::operation::{Action, Operation};
use domain::order::{GroupStatus, OrderStatus};
use domain::payment::{Misfit, PaymentStatus, Settlement, Signal};
use domain::tenant::TenantScope;
use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::orders::advance;
use crate::payments::{moved, noted};
use crate::row::Row;
use crate::table::Consistency;
use crate::write::Write;
use crate::{Store, audit, key};

/// How long received messages are remembered; the state of the payment outlives them.
const KEPT: Duration = Duration::from_secs(90 * 24 * 60 * 60);

/// Which message of a provider it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The provider's name.
    pub provider: String,
    /// The provider's id of the event. Providers don't always sign it, so it never counts alone.
    pub event: String,
    /// The provider's name of the event, such as `payment.captured`.
    pub name: String,
    /// The provider's id of the charge that it is about.
    pub charge: Option<String>,
}

/// What was found about a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookedUp {
    /// Whether this very message was received before: answer 2xx and do nothing.
    pub seen: bool,
    /// What the provider's order id stands for; none when it is unknown.
    pub settlement: Option<Settlement>,
}

/// What a message did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settled {
    /// The payment became this. When it is captured, its orders are paid.
    Applied(PaymentStatus),
    /// Nothing: the payment is as far or further, or the message was received meanwhile.
    Duplicate,
    /// The payment is captured, but its checkout is paid otherwise or its stock is sold: the money must go back.
    NeedsRefund,
    /// It does not fit the books. It was set aside and changed nothing.
    Quarantined(Misfit),
}

/// Why a message changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aside<'a> {
    /// It is about something that we don't act on.
    Ignored,
    /// It does not fit our books, for this reason; somebody has to look at it.
    Quarantined(&'a str),
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Verdict {
    Received,
    Duplicate,
    Ignored,
    Quarantined,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct MessageItem {
    provider: String,
    event: String,
    name: String,
    charge: Option<String>,
    verdict: Verdict,
    reason: Option<String>,
    request_id: String,
    received_at: Timestamp,
}

impl Message {
    /// The id of an event may not be signed. With the name and the charge beside it, nobody can use a foreign id up.
    pub(crate) fn key(&self, scope: TenantScope) -> key::Key {
        let charge = self.charge.as_deref().unwrap_or("-");
        key::webhook_event(scope, &self.provider, &format!("{}#{}#{charge}", self.event, self.name))
    }

    /// Remembers that the message has its effect; refused when it is remembered already.
    pub(crate) fn received(&self, operation: &Operation) -> Result<Write> {
        self.recorded(operation, Verdict::Received, None)
    }

    fn recorded(&self, operation: &Operation, verdict: Verdict, reason: Option<&str>) -> Result<Write> {
        let item = MessageItem {
            provider: self.provider.clone(),
            event: self.event.clone(),
            name: self.name.clone(),
            charge: self.charge.clone(),
            verdict,
            reason: reason.map(str::to_owned),
            request_id: operation.request_id.clone(),
            received_at: operation.now,
        };
        let row = Row::new(self.key(operation.scope), "WebhookEvent", &item)?;
        Ok(Write::create(row.until(operation.now.plus(KEPT))))
    }
}

impl Store {
    /// Reads whether a message was received before and what it is about, in one call.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn look_up_message(
        &self,
        scope: TenantScope,
        message: &Message,
        reference: Option<&str>,
    ) -> Result<LookedUp> {
        let seen = message.key(scope);
        let settlement = reference.map(|reference| key::settlement(scope, &message.provider, reference));
        let keys = std::iter::once(seen.clone()).chain(settlement.clone());
        let mut found = self.table.get_many(keys, Consistency::Strong).await?;
        let seen: Option<MessageItem> = found.take(&seen)?;
        Ok(LookedUp { seen: seen.is_some(), settlement: settlement.map(|key| found.take(&key)).transpose()?.flatten() })
    }

    /// Books what a provider says about `charge`. The caller has checked the message against the settlement.
    ///
    /// # Errors
    /// When the table can't be read or written: the provider must send the message again.
    pub async fn settle(
        &self,
        operation: &Operation,
        message: &Message,
        settlement: &Settlement,
        signal: Signal,
        charge: &str,
    ) -> Result<Settled> {
        if settlement.is_beyond(signal) && signal != Signal::Captured {
            return self.duplicate(operation, message).await;
        }
        match signal {
            Signal::Captured => self.capture(operation, message, settlement, charge).await,
            Signal::Authorized | Signal::Review => {
                self.step(operation, message, settlement, signal.status(), charge).await
            }
            Signal::Failed => self.fail(operation, message, settlement, charge).await,
        }
    }

    /// Remembers a message that changes nothing.
    ///
    /// # Errors
    /// When the table can't be written.
    pub async fn set_aside(&self, operation: &Operation, message: &Message, aside: Aside<'_>) -> Result<()> {
        let writes = match aside {
            Aside::Ignored => vec![message.recorded(operation, Verdict::Ignored, None)?],
            Aside::Quarantined(reason) => vec![
                message.recorded(operation, Verdict::Quarantined, Some(reason))?,
                audit::record(operation, Action::WebhookQuarantined, &message.event)?,
            ],
        };
        // A refusal means that the message is remembered already.
        self.table.transact(writes).await?.or(Ok(()))
    }

    /// Remembers a message that tells what is known already.
    pub(crate) async fn remember_duplicate(&self, operation: &Operation, message: &Message) -> Result<()> {
        let writes = vec![message.recorded(operation, Verdict::Duplicate, None)?];
        self.table.transact(writes).await?.or(Ok(()))
    }

    async fn duplicate(&self, operation: &Operation, message: &Message) -> Result<Settled> {
        self.remember_duplicate(operation, message).await?;
        Ok(Settled::Duplicate)
    }

    async fn second_charge(&self, operation: &Operation, message: &Message) -> Result<Settled> {
        let misfit = Misfit::SecondCharge;
        self.set_aside(operation, message, Aside::Quarantined(&misfit.to_string())).await?;
        Ok(Settled::Quarantined(misfit))
    }

    /// Moves the payment alone: the checkout stays as it is.
    async fn step(
        &self,
        operation: &Operation,
        message: &Message,
        settlement: &Settlement,
        next: PaymentStatus,
        charge: &str,
    ) -> Result<Settled> {
        let writes = vec![
            message.received(operation)?,
            moved(operation, settlement, next, charge)?,
            noted(operation, settlement, next)?,
            audit::record(operation, Action::PaymentChanged, &settlement.payment.to_string())?,
        ];
        match self.table.transact(writes).await? {
            Ok(()) => Ok(Settled::Applied(next)),
            Err(refused) if refused.index == 0 => Ok(Settled::Duplicate),
            Err(_) => self.duplicate(operation, message).await,
        }
    }

    async fn fail(
        &self,
        operation: &Operation,
        message: &Message,
        settlement: &Settlement,
        charge: &str,
    ) -> Result<Settled> {
        // A checkout that has ended takes no more part in it.
        let mut with_checkout = settlement.ended.is_none();
        loop {
            let writes = failed(operation, message, settlement, charge, with_checkout)?;
            let Err(refused) = self.table.transact(writes).await? else {
                return Ok(Settled::Applied(PaymentStatus::Failed));
            };
            match refused.index {
                0 => return Ok(Settled::Duplicate),
                // It ended meanwhile, or goes on with another payment: only this payment has failed.
                index if index > 1 && with_checkout => with_checkout = false,
                _ => return self.duplicate(operation, message).await,
            }
        }
    }
}

/// Everything that a failed payment does; its checkout comes last.
fn failed(
    operation: &Operation,
    message: &Message,
    settlement: &Settlement,
    charge: &str,
    with_checkout: bool,
) -> Result<Vec<Write>> {
    let mut writes = vec![
        message.received(operation)?,
        moved(operation, settlement, PaymentStatus::Failed, charge)?,
        noted(operation, settlement, PaymentStatus::Failed)?,
        audit::record(operation, Action::PaymentChanged, &settlement.payment.to_string())?,
    ];
    if with_checkout {
        writes.push(
            Write::update(key::order_group(operation.scope, settlement.group))
                .set("status", GroupStatus::PaymentFailed)?
                .set("updatedAt", operation.now)?
                .add("version", 1)?
                .remove("openPayment")
                .when_one_of("status", &GroupStatus::predecessors(GroupStatus::PaymentFailed))?
                .when("openPayment", "=", settlement.payment)?,
        );
        for order in &settlement.orders {
            writes.push(advance(operation, *order, OrderStatus::PaymentFailed, "payment failed")?);
        }
    }
    Ok(writes)
}
