//! Disputes about payments: what their providers tell, each message once.
//!
//! They are found by the provider's id of the order, so that a message about one costs two round trips. Every refund of the
//! payment checks in its own transaction that they are as it has read them, or that there is nothing to keep it.

use domain::dispute::{DisputeError, Disputes, ToldDispute};
use domain::event::Event;
use domain::operation::{Action, Operation};
use domain::payment::Settlement;
use domain::tenant::TenantScope;

use crate::error::{Error, Result};
use crate::key::{Index, Key};
use crate::page::{Page, Position};
use crate::row::Row;
use crate::settlements::Message;
use crate::table::Consistency;
use crate::write::Write;
use crate::{Store, audit, chance, key, outbox};

/// How often a message is tried while others are about the same payment.
const TRIES: u32 = 20;

/// What was found about a message that tells of a dispute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookedUpDispute {
    /// Whether this very message was received before: answer 2xx and do nothing.
    pub seen: bool,
    /// What the provider's order id stands for; none when it is unknown.
    pub settlement: Option<Settlement>,
    /// What is known of disputes about it.
    pub disputes: Option<Disputes>,
}

/// What a message about a dispute did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DisputeNoted {
    /// It is noted, and these are the disputes now.
    Applied(Disputes),
    /// Nothing: it tells what is known, or the message was received meanwhile.
    Duplicate,
    /// Nothing: it does not fit, which is for the caller to set aside.
    Refused(DisputeError),
}

impl Store {
    /// Reads whether a message about a dispute was received before, and all that it may change, in one call.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn look_up_dispute(
        &self,
        scope: TenantScope,
        message: &Message,
        reference: &str,
    ) -> Result<LookedUpDispute> {
        let seen = message.key(scope);
        let settlement = key::settlement(scope, &message.provider, reference);
        let disputes = key::disputes(scope, &message.provider, reference);
        let keys = [seen.clone(), settlement.clone(), disputes.clone()];
        let mut found = self.table.get_many(keys, Consistency::Strong).await?;
        Ok(LookedUpDispute {
            seen: found.has(&seen),
            settlement: found.take(&settlement)?,
            disputes: found.take(&disputes)?,
        })
    }

    /// Notes what a message says of a dispute about a payment of ours, together with the message, once. `known` is what was
    /// read of its disputes.
    ///
    /// # Errors
    /// When the table can't be written: the provider must send the message again.
    pub async fn note_dispute(
        &self,
        operation: &Operation,
        message: &Message,
        settlement: &Settlement,
        mut known: Option<Disputes>,
        told: &ToldDispute,
    ) -> Result<DisputeNoted> {
        let scope = operation.scope;
        for attempt in 0..TRIES {
            chance::pause(attempt).await;
            let before = known.unwrap_or_else(|| Disputes::about(settlement));
            let version = before.version;
            let next = match before.hear(settlement, told, operation.now) {
                Ok(Some(next)) => next,
                Ok(None) => {
                    self.remember_duplicate(operation, message).await?;
                    return Ok(DisputeNoted::Duplicate);
                }
                Err(error) => return Ok(DisputeNoted::Refused(error)),
            };
            let mut writes = vec![
                message.received(operation)?,
                replaced(scope, &next, version)?,
                audit::record(operation, Action::DisputeChanged, &next.payment.to_string())?,
            ];
            if let Some((place, amount)) = next.newly_lost(told) {
                let event = Event::PaymentChargedBack { group: next.group, payment: next.payment, place, amount };
                writes.push(outbox::publish(scope, &operation.envelope(event))?);
            }
            match self.table.transact(writes).await? {
                Ok(()) => return Ok(DisputeNoted::Applied(next)),
                Err(refused) if refused.index == 0 => return Ok(DisputeNoted::Duplicate),
                // Another message about the same payment was faster: read again.
                Err(_) => known = self.disputes(scope, &settlement.provider, &settlement.reference).await?,
            }
        }
        Err(Error::Busy("too many messages about the disputes of one payment at once".into()))
    }

    /// Reads the disputes about a payment; none when there never was one.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn disputes(&self, scope: TenantScope, provider: &str, reference: &str) -> Result<Option<Disputes>> {
        self.table.get(key::disputes(scope, provider, reference), Consistency::Strong).await
    }

    /// Lists payments that were disputed, the newest payment first: all, or those with a dispute that is open.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn disputed_payments(
        &self,
        scope: TenantScope,
        only_open: bool,
        limit: u32,
        from: Option<Position>,
    ) -> Result<Page<Disputes>> {
        let (list, index) = if only_open {
            (key::open_disputes_list(scope), Index::Second)
        } else {
            (key::disputes_list(scope), Index::First)
        };
        self.table.query(list).index(index).newest_first().limit(limit).from(from).page().await
    }
}

/// Demands that nothing of a payment is contested or lost, as a part of the transaction that gives money of it back.
pub(crate) fn nothing_held(scope: TenantScope, provider: &str, reference: &str) -> Write {
    Write::check(key::disputes(scope, provider, reference)).when_absent("held")
}

/// Demands that the disputes about a payment are as they were read, as a part of the transaction that gives money of it back.
pub(crate) fn unchanged(key: Key, read: Option<&Disputes>) -> Result<Write> {
    match read {
        Some(disputes) => Write::check(key).when("version", "=", disputes.version),
        None => Ok(Write::check(key).when_absent("version")),
    }
}

fn replaced(scope: TenantScope, next: &Disputes, version: u64) -> Result<Write> {
    let row = Row::new(key::disputes(scope, &next.provider, &next.reference), "Disputes", next)?;
    let row = row.indexed(key::disputes_by_payment(scope, next.payment));
    let row = if next.is_open() { row.indexed(key::open_disputes_by_payment(scope, next.payment)) } else { row };
    if version == 0 { Ok(Write::create(row)) } else { Write::put(row).when("version", "=", version) }
}
