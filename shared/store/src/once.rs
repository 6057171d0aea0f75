//! Makes the effect of an event happen once per consumer, although queues deliver at least once.

use std::time::Duration;

use domain::clock::Timestamp;
use domain::event::Consumer;
use domain::id::EventId;
use domain::tenant::TenantScope;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::row::{self, Row};
use crate::write::Write;
use crate::{Store, key};

/// How long a worker may take before another may try.
pub const LEASE: Duration = Duration::from_secs(120);
const KEPT: Duration = Duration::from_secs(14 * 24 * 60 * 60);

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Claim {
    done: bool,
    lease_until: Timestamp,
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
        let row = Row::new(key::once(scope, consumer, event), "Once", &Claim { done: false, lease_until })?;
        let write = Write::put(row.until(now.plus(KEPT))).when_absent_or("leaseUntil", "<", now)?;
        match self.table.write(write).await? {
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
        let write = Write::delete(key::once(scope, consumer, event)).when("leaseUntil", "=", lease)?;
        // A lost claim needs no release.
        self.table.write(write).await?.or(Ok(()))
    }
}
