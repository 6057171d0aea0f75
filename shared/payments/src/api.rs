//! What we ask of a provider, and how it may answer.

use std::collections::BTreeMap;
use std::future::Future;

use domain::calendar::Day;
use domain::clock::Timestamp;
use domain::money::Money;
use domain::reconciliation::{Listed, Statement};

use crate::notification::{Charge, PaymentState};
use crate::refund::{MadeRefund, NewRefund};

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

/// Who pays, and where they go afterwards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    /// When the payment was opened by us.
    pub opened_at: Timestamp,
    /// Until when what is paid for is held: a page of the provider's closes then, if it can.
    pub closes_at: Timestamp,
    /// The payer's address in the network, which VNPay asks for.
    pub ip: String,
    /// Where a payer is sent who paid on a page of the provider's.
    pub return_url: String,
}

/// An order that was opened some time ago, to ask after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedOrder {
    /// The provider's id of the order.
    pub reference: String,
    /// When it was opened by us.
    pub opened_at: Timestamp,
}

/// What the payer's browser needs to go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Handover {
    /// For Razorpay's checkout.
    Razorpay {
        /// The public key id.
        key: String,
    },
    /// A page to be sent to.
    Redirect {
        /// The signed address.
        url: String,
    },
    /// For Stripe's elements.
    Stripe {
        /// What lets the browser confirm the intent, and nobody else.
        client_secret: String,
        /// The public key.
        publishable_key: String,
    },
    /// A transfer from bank to bank.
    Transfer {
        /// Where to send the money.
        instructions: String,
        /// What to write as its purpose.
        purpose: String,
    },
}

/// What we ask of every provider. A provider is a type that implements this; which of them are there is the closed
/// list of [`crate::Credentials`], so a tenant's document alone decides whom a call goes to.
pub trait Gateway {
    /// What a tenant entrusts to us for it.
    type Credentials;

    /// Opens an order that must be paid in one piece.
    ///
    /// # Errors
    /// See [`ApiError`]; after [`ApiError::Unreachable`] an order may exist that nobody knows of, which harms nothing.
    fn open(
        &self,
        credentials: &Self::Credentials,
        order: &NewOrder,
        visit: &Visit,
    ) -> impl Future<Output = Result<(OpenOrder, Handover), ApiError>> + Send;

    /// Says once more what the browser goes on with, for an order that is open as `reference`.
    ///
    /// # Errors
    /// See [`ApiError`].
    fn resume(
        &self,
        credentials: &Self::Credentials,
        order: &NewOrder,
        reference: &str,
        visit: &Visit,
    ) -> impl Future<Output = Result<Handover, ApiError>> + Send;

    /// Asks for the attempts to pay an order.
    ///
    /// # Errors
    /// See [`ApiError`].
    fn attempts(
        &self,
        credentials: &Self::Credentials,
        order: &PlacedOrder,
    ) -> impl Future<Output = Result<Vec<Attempt>, ApiError>> + Send;

    /// Closes an order that nobody is to pay any more, where the provider can, and asks for the attempts to pay it.
    /// Repeated, it does nothing more; what was paid before stays paid.
    ///
    /// # Errors
    /// See [`ApiError`]; after [`ApiError::Unreachable`] the order may be closed: call again.
    fn close(
        &self,
        credentials: &Self::Credentials,
        order: &PlacedOrder,
    ) -> impl Future<Output = Result<Closing, ApiError>> + Send;

    /// Gives money back, or asks after a refund that the provider works on. Repeated, it does nothing more.
    ///
    /// # Errors
    /// See [`ApiError`]; after [`ApiError::Unreachable`] the refund may exist: call again.
    fn refund(
        &self,
        credentials: &Self::Credentials,
        refund: &NewRefund,
    ) -> impl Future<Output = Result<MadeRefund, ApiError>> + Send;

    /// Says what took money for an order and what went back, as far as the provider tells.
    ///
    /// # Errors
    /// See [`ApiError`].
    fn statement(
        &self,
        credentials: &Self::Credentials,
        order: &PlacedOrder,
    ) -> impl Future<Output = Result<Statement, ApiError>> + Send;

    /// Lists a page of the payments that were made on a day and took money, whoever opened them; none when the provider has
    /// no such list. `from` is what the page before ended with.
    ///
    /// # Errors
    /// See [`ApiError`].
    fn list(
        &self,
        credentials: &Self::Credentials,
        day: Day,
        from: Option<&str>,
    ) -> impl Future<Output = Result<Option<List>, ApiError>> + Send;
}

/// A page of the payments of one day that took money.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct List {
    /// The payments.
    pub payments: Vec<Listed>,
    /// What to ask with for the next page; none at the end.
    pub next: Option<String>,
}

/// One attempt to pay an order, as the provider answers when asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// How far it has come; none while the payer is still busy or after a refund.
    pub state: Option<PaymentState>,
    /// What was charged.
    pub charge: Charge,
}

/// What became of an order that nobody is to pay any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closing {
    /// Whether it is cancelled at the provider: no attempt can take money any more, and none has.
    pub closed: bool,
    /// The attempts to pay it.
    pub attempts: Vec<Attempt>,
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
    /// The provider can't take this amount or currency.
    #[error("{0}")]
    Unsupported(&'static str),
    /// The provider answered something else than it documents.
    #[error("the payment provider's answer can't be understood: {0}")]
    Unreadable(&'static str),
}
