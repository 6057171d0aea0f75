//! What a provider told us, in words that no provider owns.

use std::collections::BTreeMap;

use aws_lc_rs::digest;
use domain::clock::Timestamp;
use domain::dispute::DisputeStatus;
use domain::money::Money;

/// The note in which an order at a provider names our tenant.
pub const TENANT_NOTE: &str = "tenant";
/// The note in which an order at a provider names our payment.
pub const PAYMENT_NOTE: &str = "payment";

/// One verified message of a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// The provider's id of the event; the same on every redelivery.
    pub event_id: String,
    /// The provider's name of the event, such as `payment.captured`.
    pub event: String,
    /// The provider's id of the account that it happened in.
    pub account: String,
    /// What it means to us.
    pub meaning: Meaning,
}

/// What a message means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meaning {
    /// A payment reached a state.
    Payment(PaymentState, Charge),
    /// Money was given back.
    Refunded(Refund),
    /// A payer's bank contests a payment, or has decided about it.
    Disputed(Dispute),
    /// Nothing that we act on.
    Ignored,
}

/// How far a payment has come at the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaymentState {
    /// The money is reserved, not taken.
    Authorized,
    /// The money is taken.
    Captured,
    /// This attempt failed; the same payment may still be captured later.
    Failed,
    /// The provider has the money and looks at it before it is ours: neither paid nor failed.
    Review,
}

/// A payment as the provider sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    /// The provider's id of the payment.
    pub payment_id: String,
    /// The provider's id of the order that it pays; none when it was made outside an order.
    pub order_id: Option<String>,
    /// The amount charged; none when it is in a currency or size that we don't trade in.
    pub amount: Option<Money>,
    /// What we attached to the order, and what others attached to the payment.
    pub notes: BTreeMap<String, String>,
}

/// Money given back, as the provider sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refund {
    /// The provider's id of the refund.
    pub refund_id: String,
    /// What is attached to it: see [`crate::refund::path`].
    pub notes: BTreeMap<String, String>,
    /// Whether the money went back; otherwise the provider could not give it back.
    pub succeeded: bool,
    /// The amount of this refund alone; none when it is in a currency or size that we don't trade in.
    pub amount: Option<Money>,
    /// The payment that it was taken from.
    pub charge: Charge,
}

/// A dispute about a payment, as the provider sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dispute {
    /// The provider's id of the dispute.
    pub dispute_id: String,
    /// How far it has come.
    pub status: DisputeStatus,
    /// How much is contested; none when it is in a currency or size that we don't trade in.
    pub amount: Option<Money>,
    /// The provider's word for the reason, as far as it is one.
    pub reason: String,
    /// Until when the provider takes an answer; none where it does not say.
    pub respond_by: Option<Timestamp>,
    /// The payment that is contested.
    pub charge: Charge,
}

/// Reads the provider's word for the reason of a dispute. What people wrote is none: it may say something about the payer.
pub(crate) fn reason(word: Option<&str>) -> String {
    let is_word = |word: &&str| {
        (1..=64).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b))
    };
    word.filter(is_word).unwrap_or("unknown").to_owned()
}

/// Reads an instant in seconds since 1970; none for what providers write when there is none.
pub(crate) fn instant(seconds: Option<i64>) -> Option<Timestamp> {
    seconds.filter(|seconds| *seconds > 0).and_then(|seconds| seconds.checked_mul(1000)).map(Timestamp::from_millis)
}

/// The signature is not the provider's for this account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the signature does not match")]
pub struct BadSignature;

/// Why a genuine message can't be acted on. It must be set aside and looked at, not refused: the provider would only send it
/// again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// It does not have the documented shape.
    #[error("the message does not have the documented shape")]
    Unreadable,
    /// The event's name and the status inside it disagree.
    #[error("the event and the status inside it disagree")]
    Contradiction,
}

/// Returns an id for a message without one, which follows from the body, so that a redelivery has the same.
pub(crate) fn body_id(body: &[u8]) -> String {
    format!("sha256-{}", hex::encode(digest::digest(&digest::SHA256, body)).split_at(32).0)
}
