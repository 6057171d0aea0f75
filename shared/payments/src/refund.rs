//! Giving money back at a provider.

use domain::money::Money;

use crate::api::ApiError;
use crate::{Credentials, Gateways};

/// The note in which a refund at a provider names ours.
pub const REFUND_NOTE: &str = "refund";

/// Money to give back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRefund {
    /// The provider's id of the order that was paid.
    pub reference: String,
    /// The provider's id of the charge that took the money.
    pub charge: String,
    /// How much.
    pub amount: Money,
    /// Our own id of the refund: a call that is repeated gives money back once.
    pub key: String,
    /// The provider's id of it, once it has one.
    pub known: Option<String>,
}

/// How far a refund has come at the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefundState {
    /// The provider works on it.
    Pending,
    /// The money went back.
    Done,
    /// The provider could not give it back.
    Failed,
}

/// A refund at the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeRefund {
    /// The provider's id of it.
    pub id: String,
    /// How far it has come.
    pub state: RefundState,
}

impl Gateways {
    /// Gives money back, or asks after a refund that the provider works on. Repeated, it does nothing more.
    ///
    /// # Errors
    /// See [`ApiError`]; after [`ApiError::Unreachable`] the refund may exist: call again.
    pub async fn refund(&self, credentials: &Credentials, refund: &NewRefund) -> Result<MadeRefund, ApiError> {
        match credentials {
            Credentials::Razorpay(own) => self.razorpay().refund(own, refund).await,
            // Who takes transfers by hand gives back by hand.
            Credentials::Manual(_) => Ok(MadeRefund { id: refund.key.clone(), state: RefundState::Done }),
            Credentials::Vnpay(_) | Credentials::Stripe(_) => {
                Err(ApiError::Unsupported("refunds of this provider are made in its own portal"))
            }
        }
    }
}
