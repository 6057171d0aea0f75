//! Makes the effect of an event happen once per consumer, although queues deliver at least once.
//!
//! An event with several effects, such as a mail to each of many sellers, may break off between them. What was done is noted
//! at the claim, so that the next try goes on with the rest.

use std::collections::BTreeSet;
use std::time::Duration;

use domain::clock::Timestamp;
use domain::event::Consumer;
use domain::id::EventId;
use domain::tenant::TenantScope;
use serde::Deserialize;

use crate::error::{Error, Result};
use crate::row;
use crate::table::Consistency;
use crate::write::Write;
use crate::{Store, key};

/// How long a worker may take before another may try.
pub const LEASE: Duration = Duration::from_secs(120);
const KEPT: Duration = Duration::from_secs(14 * 24 * 60 * 60);

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Claim {
    done: bool,
    /// The effects that have happened, of an event that has several.
    #[serde(default)]
    effects: BTreeSet<String>,
}

/// Whether to do the work of an event now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// The caller holds the claim until this instant; pass it to `done` or `release`.
    Yours(Timestamp),
    /// It has been done: acknowledge the message.
    Done,
    /// Another worker is at it: leave the message for later.
    Busy,
}

impl Store {
    /// Claims an event for a consumer.
    ///
    /// # Errors
    /// When the table can't be written.
    pub async fn claim_once(
        &self,
        scope: TenantScope,
        consumer: Consumer,
        event: EventId,
        now: Timestamp,
    ) -> Result<Turn> {
        let lease_until = now.plus(LEASE);
        let write = Write::upsert(key::once(scope, consumer, event))
            .set("type", "Once")?
            .set("v", 1)?
            .set("ttl", now.plus(KEPT).as_seconds())?
            .set("done", false)?
            .set("leaseUntil", lease_until)?
            .when_absent_or("leaseUntil", "<", now)?;
        // As a transaction of one: its client token makes a repeated request harmless, which would find its own claim else.
        match self.table.transact(vec![write]).await? {
            Ok(()) => Ok(Turn::Yours(lease_until)),
            Err(refused) => {
                let found: Option<Claim> = refused.found.map(row::value).transpose()?;
                Ok(if found.is_some_and(|claim| claim.done) { Turn::Done } else { Turn::Busy })
            }
        }
    }

    /// Marks a claimed event as handled, for ever.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the claim was lost to another worker meanwhile.
    pub async fn finish_once(
        &self,
        scope: TenantScope,
        consumer: Consumer,
        event: EventId,
        lease: Timestamp,
    ) -> Result<()> {
        let write = Write::update(key::once(scope, consumer, event))
            .set("done", true)?
            // A finished claim never lapses.
            .set("leaseUntil", Timestamp::from_millis(i64::MAX))?
            .when("leaseUntil", "=", lease)?;
        self.table.write(write).await?.map_err(|_| Error::Conflict)
    }

    /// Gives a claim back after a failure, so that the retry need not wait for the lease.
    ///
    /// # Errors
    /// When the table can't be written.
    pub async fn release_once(
        &self,
        scope: TenantScope,
        consumer: Consumer,
        event: EventId,
        lease: Timestamp,
    ) -> Result<()> {
        // Not deleted: what was done stays noted.
        let write = Write::update(key::once(scope, consumer, event))
            .set("leaseUntil", Timestamp::from_millis(0))?
            .when("leaseUntil", "=", lease)?;
        // A lost claim needs no release.
        self.table.write(write).await?.or(Ok(()))
    }

    /// Lists which effects of an event have happened, in this try or an earlier one.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn effects_of(&self, scope: TenantScope, consumer: Consumer, event: EventId) -> Result<BTreeSet<String>> {
        let claim: Option<Claim> = self.table.get(key::once(scope, consumer, event), Consistency::Strong).await?;
        Ok(claim.map(|claim| claim.effects).unwrap_or_default())
    }

    /// Notes that one of several effects of a claimed event has happened.
    ///
    /// # Errors
    /// [`Error::Conflict`] when nobody has claimed the event; otherwise when the table can't be written.
    pub async fn note_effect(
        &self,
        scope: TenantScope,
        consumer: Consumer,
        event: EventId,
        effect: &str,
    ) -> Result<()> {
        let write = Write::update(key::once(scope, consumer, event)).include("effects", effect);
        self.table.write(write).await?.map_err(|_| Error::Conflict)
    }
}
