//! Failed sign-ins, counted before a password is looked at, so that many tries at once are not more tries.
//!
//! A try is counted, the password is compared, and a sign-in that succeeds clears the count. So a try that is
//! still under way counts as one that failed.

use std::time::Duration;

use domain::clock::Timestamp;
use domain::id::DeviceId;
use domain::pii::BlindIndex;
use domain::tenant::TenantScope;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::table::Consistency;
use crate::write::Write;
use crate::{Store, gate, key, row};

/// How many sign-ins may fail in a row.
pub const TRIES: u32 = 5;
/// How long nobody gets in after that.
pub const LOCK: Duration = Duration::from_secs(15 * 60);

/// How long failures are remembered at least.
const KEPT: Duration = Duration::from_secs(24 * 60 * 60);

/// Whose tries are counted: an address, whether or not it has an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counter {
    /// The address.
    pub email: BlindIndex,
    /// A device on which somebody has signed in to it before: its tries are counted apart, so that strangers can't lock it out.
    pub device: Option<DeviceId>,
}

/// What became of a try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// It may be made; so many were counted with it since the last success.
    Try(u32),
    /// Nobody gets in before that instant.
    LockedUntil(Timestamp),
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    tries: u32,
    locked_until: Timestamp,
}

impl Store {
    /// Counts a try to sign in. It is one conditional update, and goes out beside the read of the login record.
    ///
    /// # Errors
    /// When the table can't be written.
    pub async fn count_sign_in(&self, scope: TenantScope, counter: &Counter, now: Timestamp) -> Result<Counted> {
        let next = Write::upsert(key::sign_in_tries(scope, counter))
            .add("tries", 1)?
            .set("lockedUntil", now.plus(LOCK))?
            .set("type", "SignInTries")?
            .set("v", 1)?
            .set("ttl", now.plus(KEPT).as_seconds())?
            .when_absent_or("tries", "<", TRIES)?;
        // A count of its own, which does not wait for those of others.
        gate::around(self.count_next(scope, counter, next, now)).await
    }

    async fn count_next(&self, scope: TenantScope, counter: &Counter, next: Write, now: Timestamp) -> Result<Counted> {
        let until = now.plus(LOCK);
        for _ in 0..4 {
            let found = match self.table.update_returning::<Record>(next.clone()).await? {
                Ok(record) => return Ok(Counted::Try(record.tries)),
                Err(refused) => refused.found.map(row::value::<Record>).transpose()?,
            };
            // Cleared between the refusal and our look at it: count again.
            let Some(found) = found else { continue };
            if found.locked_until > now {
                return Ok(Counted::LockedUntil(found.locked_until));
            }
            // The lock has passed without a success: begin anew, unless another try has just done so.
            let anew = Write::update(key::sign_in_tries(scope, counter))
                .set("tries", 1)?
                .set("lockedUntil", until)?
                .set("ttl", now.plus(KEPT).as_seconds())?
                .when("lockedUntil", "=", found.locked_until)?;
            if self.table.write(anew).await?.is_ok() {
                return Ok(Counted::Try(1));
            }
        }
        Err(Error::Busy("the tries to sign in could not be counted".into()))
    }
}

impl Store {
    /// Forgets the tries after one that succeeded and opens no session, such as a password given again.
    ///
    /// # Errors
    /// When the table can't be written.
    pub async fn forget_tries(&self, scope: TenantScope, counter: &Counter) -> Result<()> {
        self.table.write(clear(scope, counter)).await?.or(Ok(()))
    }

    /// Forgets the tries at an address, by strangers and on every device, and so ends its lock: for whoever has proved in another way
    /// that it is theirs. Doing it half, or not at all, keeps them out until the lock ends by itself.
    ///
    /// # Errors
    /// When the table can't be read or written.
    pub async fn forget_all_tries(&self, scope: TenantScope, email: &BlindIndex) -> Result<()> {
        let mut from = None;
        loop {
            let list = self.table.query(key::sign_in_tries_list(scope, email)).consistency(Consistency::Strong);
            let page = list.from(from).rows().await?;
            let counts = page.items.iter().filter_map(key::Key::of);
            let forgotten = counts.map(|count| self.table.write(Write::delete(count)));
            futures_util::future::try_join_all(forgotten).await?;
            from = page.next;
            if from.is_none() {
                return Ok(());
            }
        }
    }
}

/// Forgets the tries as a part of the sign-in that succeeded.
pub(crate) fn clear(scope: TenantScope, counter: &Counter) -> Write {
    Write::delete(key::sign_in_tries(scope, counter))
}
