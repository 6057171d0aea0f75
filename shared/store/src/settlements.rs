//! What providers' messages do to our books: each message and its effect in one transaction.
//!
//! A message costs two round trips: [`Store::look_up_message`] reads what it is about and whether it was received
//! before, then [`Store::settle`] or [`Store::set_aside`] writes. Order and number of messages don't matter: a
//! payment only moves along [`PaymentStatus`], and what can't move is recorded as a duplicate.

use std::time::Duration;

use domain::clock::Timestamp;
use domain::event::Event;
use domain::operation::{Action, Actor, Operation};
use domain::order::{GroupStatus, OrderGroup, OrderStatus};
use domain::payment::{Misfit, PaymentStatus, Settlement, Signal};
use domain::tenant::TenantScope;
use serde::{Deserialize, Serialize};

use crate::entitlements::grant;
use crate::error::Result;
use crate::holds::Revival;
use crate::key::Index;
use crate::orders::advance;
use crate::payments::{moved, moved_on, noted};
use crate::row::{self, Row};
use crate::table::Consistency;
use crate::write::Write;
use crate::{Error, Store, audit, key, outbox, refunds};

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

    async fn capture(
        &self,
        operation: &Operation,
        message: &Message,
        settlement: &Settlement,
        charge: &str,
    ) -> Result<Settled> {
        if let Some(first) = &settlement.captured_charge {
            return if first == charge {
                self.duplicate(operation, message).await
            } else {
                self.second_charge(operation, message).await
            };
        }
        // Each turn follows a change of the group by somebody else, of which there can only be a few.
        for _ in 0..6 {
            let writes = captured(operation, message, settlement, charge)?;
            let Err(refused) = self.table.transact(writes).await? else {
                return Ok(Settled::Applied(PaymentStatus::Captured));
            };
            match refused.index {
                0 => return Ok(Settled::Duplicate),
                1 => {
                    let found: Option<Settlement> = refused.found.map(row::value).transpose()?;
                    let first = found.and_then(|found| found.captured_charge);
                    return if first.as_deref() == Some(charge) {
                        self.duplicate(operation, message).await
                    } else {
                        self.second_charge(operation, message).await
                    };
                }
                2 => return self.duplicate(operation, message).await,
                3 => {}
                _ => return Err(Error::Conflict),
            }
            let group: OrderGroup = refused.found.map(row::value).transpose()?.ok_or(Error::NotFound)?;
            if group.status == GroupStatus::Expired {
                match self.revive(operation, &group, settlement.payment).await? {
                    Revival::Revived | Revival::NotExpired => continue,
                    Revival::OutOfStock => {}
                }
            }
            let writes = captured_in_vain(operation, message, settlement, charge, group.status)?;
            match self.table.transact(writes).await? {
                Ok(()) => return Ok(Settled::NeedsRefund),
                Err(refused) if refused.index == 0 => return Ok(Settled::Duplicate),
                // The group or the payment moved meanwhile: look again.
                Err(_) => {}
            }
        }
        Err(Error::Busy("a checkout keeps changing under its payment".into()))
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
        let scope = operation.scope;
        let payment = vec![
            message.received(operation)?,
            moved(operation, settlement, PaymentStatus::Failed, charge)?,
            noted(operation, settlement, PaymentStatus::Failed)?,
            audit::record(operation, Action::PaymentChanged, &settlement.payment.to_string())?,
        ];
        let mut writes = payment.clone();
        writes.push(
            Write::update(key::order_group(scope, settlement.group))
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
        let mut refused = match self.table.transact(writes).await? {
            Ok(()) => return Ok(Settled::Applied(PaymentStatus::Failed)),
            Err(refused) => refused,
        };
        if refused.index > 1 {
            // The checkout expired or goes on with another payment: only this payment has failed.
            refused = match self.table.transact(payment).await? {
                Ok(()) => return Ok(Settled::Applied(PaymentStatus::Failed)),
                Err(refused) => refused,
            };
        }
        match refused.index {
            0 => Ok(Settled::Duplicate),
            _ => self.duplicate(operation, message).await,
        }
    }
}

/// Everything that a captured payment does; [`Store::capture`] tells refusals by their place.
fn captured(operation: &Operation, message: &Message, settlement: &Settlement, charge: &str) -> Result<Vec<Write>> {
    let scope = operation.scope;
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
            .when_one_of("status", &GroupStatus::predecessors(GroupStatus::Paid))?,
    ];
    for order in &settlement.orders {
        writes.push(advance(operation, *order, OrderStatus::Paid, "payment captured")?);
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
    Ok(writes)
}

/// Records captured money that can't be used, as long as the group is what it was seen to be.
fn captured_in_vain(
    operation: &Operation,
    message: &Message,
    settlement: &Settlement,
    charge: &str,
    seen: GroupStatus,
) -> Result<Vec<Write>> {
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
    Ok(writes)
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
        .unindex(Index::Second)
        .index(&moved_on(operation, &settlement.provider, &settlement.reference))?
        .when_absent("capturedCharge"))
}
