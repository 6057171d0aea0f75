//! What we ask of a provider, and how it may answer.

use std::collections::BTreeMap;

use domain::money::Money;

use crate::notification::{Charge, PaymentState};

/// An order to open at a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewOrder {
    /// The amount to be paid, all at once.
    pub amount: Money,
    /// Our own id of the payment, at most 40 characters, shown in the provider's dashboard.
    pub receipt: String,
    /// What comes back with every message about this order.
    pub notes: BTreeMap<String, String>,
}

/// An order that is open at a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenOrder {
    /// The provider's id of the order.
    pub id: String,
    /// The amount that it was opened for.
    pub amount: Money,
}

/// One attempt to pay an order, as the provider answers when asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// How far it has come; none while the payer is still busy or after a refund.
    pub state: Option<PaymentState>,
    /// What was charged.
    pub charge: Charge,
}

/// Why a provider could not be used.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// The provider was not reached, or answered too late: it may or may not have acted.
    #[error("the payment provider can't be reached")]
    Unreachable(#[source] reqwest::Error),
    /// The provider is overloaded or broken; the same call may succeed later.
    #[error("the payment provider is busy (status {status})")]
    Busy {
        /// The HTTP status.
        status: u16,
    },
    /// The provider refused the call as it was made.
    #[error("the payment provider refused (status {status}, {code}): {description}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The provider's code.
        code: String,
        /// The provider's words, for the log.
        description: String,
        /// The field that it complains about.
        field: Option<String>,
    },
    /// The provider answered something else than it documents.
    #[error("the payment provider's answer can't be understood: {0}")]
    Unreadable(&'static str),
}
