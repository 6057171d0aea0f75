//! What can go wrong with the table, in terms that callers can act on.

use std::error::Error as StdError;

/// A failed store call.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The object to change does not exist.
    #[error("not found")]
    NotFound,
    /// Somebody else changed it first, or it exists already, or its state forbids the change.
    #[error("conflict")]
    Conflict,
    /// The table is throttled, contended or out of reach; the same call may succeed later.
    #[error("the table is busy")]
    Busy(#[source] Box<dyn StdError + Send + Sync>),
    /// The table refused the call or holds something unreadable: a defect.
    #[error("internal store error")]
    Internal(#[source] Box<dyn StdError + Send + Sync>),
}

impl Error {
    pub(crate) fn internal(cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::Internal(cause.into())
    }
}

/// The result of a store call.
pub type Result<T, E = Error> = std::result::Result<T, E>;
