//! Remembers the answers to idempotency keys, in the states of the IETF draft `idempotency-key-header`.
//!
//! A key is claimed, its request runs, and its answer is stored. The claim carries a fence, so that an attempt
//! that was given up for dead can't overwrite the answer of the attempt that replaced it.

use std::time::Duration;

use domain::clock::Timestamp;
use domain::pii::Sealed;
use domain::tenant::TenantScope;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::row::{self, Attributes, Row};
use crate::write::Write;
use crate::{Store, key};

/// How long an answer is kept.
pub const KEPT: Duration = Duration::from_secs(24 * 60 * 60);
/// How long an attempt may run before its key is free again.
pub const DEADLINE: Duration = Duration::from_secs(30);

/// A stored answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body, sealed because it may show personal data.
    pub body: Sealed,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Record {
    request: String,
    /// The instant at which the claim lapses; also the fence of the attempt that holds it.
    deadline: Timestamp,
    expires: Timestamp,
    answer: Option<Answer>,
}

/// One use of an idempotency key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// A hash over user, route and key: where the record is.
    pub slot: String,
    /// A hash over the request's body: what the key stands for.
    pub request: String,
}

/// What a key says about a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Nobody used the key: go on, and complete with this fence.
    First(Timestamp),
    /// The same request was answered before.
    Replay(Answer),
    /// The same request is running; ask again later.
    Running,
    /// The key was used for another request.
    Mismatch,
}

impl Store {
    /// Claims a key for a request.
    ///
    /// # Errors
    /// When the table can't be written.
    pub async fn claim_key(&self, scope: TenantScope, attempt: &Attempt, now: Timestamp) -> Result<Verdict> {
        let record = Record {
            request: attempt.request.clone(),
            deadline: now.plus(DEADLINE),
            expires: now.plus(KEPT),
            answer: None,
        };
        let fence = record.deadline;
        let row = Row::new(key::idempotency(scope, &attempt.slot), "Idempotency", &record)?;
        // A dead attempt frees the key after its deadline; a stored answer holds it until it expires.
        let write = Write::put(row.until(record.expires)).when_absent_or("deadline", "<", now)?;
        match self.table.write(write).await? {
            Ok(()) => Ok(Verdict::First(fence)),
            Err(refused) => judge(attempt, refused.found.map(row::value).transpose()?),
        }
    }

    /// Reads what a key says without claiming it, for requests that store their answer in their own transaction.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn recall_key(&self, scope: TenantScope, attempt: &Attempt, now: Timestamp) -> Result<Option<Verdict>> {
        let key = key::idempotency(scope, &attempt.slot);
        let found = self.table.get(key, crate::table::Consistency::Strong).await?;
        recalled(attempt, found, now)
    }

    /// Stores the answer of a claimed key.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the claim lapsed and another attempt holds the key now.
    pub async fn complete_key(
        &self,
        scope: TenantScope,
        attempt: &Attempt,
        fence: Timestamp,
        answer: &Answer,
        now: Timestamp,
    ) -> Result<()> {
        let write = Write::update(key::idempotency(scope, &attempt.slot))
            .set("answer", answer)?
            .set("deadline", now.plus(KEPT))?
            .when("deadline", "=", fence)?
            .when("request", "=", &attempt.request)?;
        self.table.write(write).await?.map_err(|_| Error::Conflict)
    }

    /// Frees a claimed key after a failure that changed nothing.
    ///
    /// # Errors
    /// When the table can't be written.
    pub async fn release_key(&self, scope: TenantScope, attempt: &Attempt, fence: Timestamp) -> Result<()> {
        let write = Write::delete(key::idempotency(scope, &attempt.slot)).when("deadline", "=", fence)?;
        self.table.write(write).await?.or(Ok(()))
    }
}

/// Stores an answer as a part of the transaction that it tells of; refuses when the key has one already.
pub(crate) fn store_answer(scope: TenantScope, attempt: &Attempt, answer: Answer, now: Timestamp) -> Result<Write> {
    let expires = now.plus(KEPT);
    let record = Record { request: attempt.request.clone(), deadline: expires, expires, answer: Some(answer) };
    let row = Row::new(key::idempotency(scope, &attempt.slot), "Idempotency", &record)?;
    Write::put(row.until(expires)).when_absent_or("deadline", "<", now)
}

/// Says what a record that was read along with others means for a request.
pub(crate) fn recalled(attempt: &Attempt, found: Option<Record>, now: Timestamp) -> Result<Option<Verdict>> {
    match found.filter(|record| record.expires > now) {
        Some(record) => judge(attempt, Some(record)).map(Some),
        None => Ok(None),
    }
}

/// Says what the record that refused [`store_answer`] means for the request.
pub(crate) fn collided(attempt: &Attempt, found: Option<Attributes>) -> Result<Verdict> {
    judge(attempt, found.map(row::value).transpose()?)
}

fn judge(attempt: &Attempt, found: Option<Record>) -> Result<Verdict> {
    Ok(match found {
        None => Verdict::Running,
        Some(record) if record.request != attempt.request => Verdict::Mismatch,
        Some(Record { answer: Some(answer), .. }) => Verdict::Replay(answer),
        Some(_) => Verdict::Running,
    })
}
