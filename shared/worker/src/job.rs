//! One event for one consumer, and how handling it may end.

use std::error::Error as StdError;
use std::future::Future;

use domain::clock::Timestamp;
use domain::event::Event;
use domain::id::EventId;
use domain::operation::Operation;
use platform::mail::MailError;
use platform::objects::ObjectError;
use platform::vault::VaultError;

/// An event to act on.
#[derive(Debug, Clone)]
pub struct Job {
    /// The event's id.
    pub id: EventId,
    /// What happened.
    pub event: Event,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// The frame of everything that the handler changes: tenant, actor, request id.
    pub operation: Operation,
}

/// Acts on events. Called once per event and consumer; again only after it failed or was cut off, so
/// every step must be safe to repeat.
pub trait Handler: Send + Sync + 'static {
    /// Acts on one event. Events that mean nothing to the handler are `Ok`.
    fn handle(&self, job: Job) -> impl Future<Output = Result<(), JobError>> + Send;
}

/// Why a job was not done.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// Something was busy or out of reach: the same job may succeed later.
    #[error("to be tried again: {0}")]
    Retry(#[source] Box<dyn StdError + Send + Sync>),
    /// It can't succeed as it is: it goes to the dead-letter queue and waits for somebody to look at it.
    #[error("failed: {0}")]
    Fail(#[source] Box<dyn StdError + Send + Sync>),
}

impl JobError {
    /// Makes a failure that no retry will mend.
    pub fn fail(cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::Fail(cause.into())
    }

    /// Makes a failure that may pass.
    pub fn retry(cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::Retry(cause.into())
    }
}

impl From<store::Error> for JobError {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::Busy(_) | store::Error::Conflict => Self::retry(error),
            store::Error::NotFound | store::Error::Internal(_) => Self::fail(error),
        }
    }
}

impl From<VaultError> for JobError {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::Unavailable(_) => Self::retry(error),
            VaultError::Unreadable => Self::fail(error),
        }
    }
}

impl From<ObjectError> for JobError {
    fn from(error: ObjectError) -> Self {
        match error {
            ObjectError::Unavailable(_) => Self::retry(error),
            ObjectError::NotFound => Self::fail(error),
        }
    }
}

impl From<MailError> for JobError {
    fn from(error: MailError) -> Self {
        match error {
            MailError::Unavailable(_) => Self::retry(error),
            MailError::Unsendable(_) => Self::fail(error),
        }
    }
}
