//! Buckets of tokens and counts of months: how much somebody has asked, over all processes.
//!
//! Each subject has a partition of its own, so that load spreads by itself; who was refused is refused in
//! memory until then ([`domain::limit`]), so that nobody makes a partition hot by asking on.

use std::time::Duration;

use domain::clock::Timestamp;
use domain::limit::{Level, Rate, micros};
use domain::tenant::TenantScope;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::write::Write;
use crate::{Store, key, row};

/// How long a bucket is kept beyond the period after which it is full anyway.
const KEPT: Duration = Duration::from_secs(60 * 60);
/// How long the count of a month is kept after its beginning.
const MONTH_KEPT: Duration = Duration::from_secs(60 * 24 * 60 * 60);

/// Names a bucket.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Bucket {
    /// What is limited, such as `user`.
    pub kind: &'static str,
    /// Whose it is: an id, or a hash.
    pub subject: String,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    full_at: u64,
}

#[derive(Debug, Deserialize)]
struct Month {
    used: u64,
}

impl Store {
    /// Takes tokens from a bucket, in one conditional update where `believed` is about right: when the bucket is full, as
    /// somebody saw it last. Else in two, because the table can't take the greater of two numbers.
    ///
    /// # Errors
    /// When the table can't be written.
    pub async fn take_tokens(
        &self,
        scope: TenantScope,
        bucket: &Bucket,
        rate: Rate,
        count: u32,
        believed: Option<u64>,
        now: Timestamp,
    ) -> Result<Level> {
        let (instant, mut known) = (micros(now), believed);
        let cost = rate.cost(count);
        for _ in 0..6 {
            let write = Write::upsert(key::bucket(scope, bucket))
                .set("type", "Bucket")?
                .set("v", 1)?
                .set("ttl", now.plus(rate.period()).plus(KEPT).as_seconds())?;
            let write = if known.is_some_and(|full_at| full_at > instant) {
                // It is filling.
                write.add("fullAt", i64::try_from(cost).map_err(Error::internal)?)?.when("fullAt", ">", instant)?.when(
                    "fullAt",
                    "<=",
                    rate.brim(instant, count),
                )?
            } else {
                write.set("fullAt", instant.saturating_add(cost))?.when_absent_or("fullAt", "<=", instant)?
            };
            let found = match self.table.update_returning::<Record>(write).await? {
                Ok(record) => return Ok(rate.level(record.full_at, instant)),
                Err(refused) => refused.found.map(row::value::<Record>).transpose()?,
            };
            known = found.map(|record| record.full_at);
            let level = rate.take(known, instant, count);
            if !level.allowed {
                return Ok(level);
            }
        }
        Err(Error::Busy("a bucket is contended".into()))
    }

    /// Adds to what a tenant has asked in a calendar month (`2026-01`), and returns the sum.
    ///
    /// # Errors
    /// When the table can't be written.
    pub async fn count_in_month(&self, scope: TenantScope, month: &str, count: u32, now: Timestamp) -> Result<u64> {
        let write = Write::upsert(key::month(scope, month))
            .set("type", "Month")?
            .set("v", 1)?
            .set("ttl", now.plus(MONTH_KEPT).as_seconds())?
            .add("used", i64::from(count))?;
        match self.table.update_returning::<Month>(write).await? {
            Ok(month) => Ok(month.used),
            Err(_) => Err(Error::Busy("a count without a condition was refused".into())),
        }
    }
}
