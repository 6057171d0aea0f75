//! Razorpay's JSON, as far as we read it. Fields that we don't know never matter.

use std::collections::BTreeMap;

use domain::dispute::DisputeStatus;
use domain::money::{MAX_AMOUNT, Money};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::notification::{Charge, PaymentState};

/// Razorpay wraps each entity of an event once more.
#[derive(Debug, Deserialize)]
pub(super) struct Wrapped<T> {
    pub(super) entity: T,
}

#[derive(Debug, Deserialize)]
pub(super) struct Event {
    pub(super) account_id: String,
    pub(super) event: String,
    #[serde(default)]
    pub(super) payload: Value,
}

#[derive(Debug, Deserialize)]
pub(super) struct Payment {
    pub(super) id: String,
    pub(super) amount: i64,
    pub(super) currency: String,
    /// How much of it went back so far.
    #[serde(default)]
    pub(super) amount_refunded: i64,
    pub(super) status: Status,
    pub(super) order_id: Option<String>,
    /// When it was made, in seconds since 1970.
    #[serde(default)]
    pub(super) created_at: i64,
    #[serde(default, deserialize_with = "notes")]
    notes: BTreeMap<String, String>,
}

/// The status of a payment. `captured: true` beside it says nothing: it comes with failed and authorized payments too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Status {
    Created,
    Authorized,
    Captured,
    Refunded,
    Failed,
    #[serde(other)]
    Unknown,
}

impl Status {
    /// Returns Razorpay's word for a payment that took money; none when it took none. What went back whole is called refunded
    /// instead of captured.
    pub(super) fn taken(self) -> Option<&'static str> {
        match self {
            Self::Captured => Some("captured"),
            Self::Refunded => Some("refunded"),
            Self::Created | Self::Authorized | Self::Failed | Self::Unknown => None,
        }
    }

    pub(super) fn state(self) -> Option<PaymentState> {
        match self {
            Self::Authorized => Some(PaymentState::Authorized),
            Self::Captured => Some(PaymentState::Captured),
            Self::Failed => Some(PaymentState::Failed),
            Self::Created | Self::Refunded | Self::Unknown => None,
        }
    }
}

impl From<Payment> for Charge {
    fn from(payment: Payment) -> Self {
        Self {
            payment_id: payment.id,
            order_id: payment.order_id,
            amount: money(payment.amount, &payment.currency),
            notes: payment.notes,
        }
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Order {
    pub(super) id: String,
    pub(super) amount: i64,
    pub(super) currency: String,
    pub(super) status: String,
    #[serde(default, deserialize_with = "notes")]
    pub(super) notes: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Refund {
    pub(super) id: String,
    pub(super) amount: i64,
    pub(super) currency: String,
    pub(super) payment_id: String,
    pub(super) status: String,
    #[serde(default, deserialize_with = "notes")]
    pub(super) notes: BTreeMap<String, String>,
}

/// A dispute (source: Razorpay's documentation, "Dispute entity" and "Dispute webhook events").
#[derive(Debug, Deserialize)]
pub(super) struct Dispute {
    pub(super) id: String,
    pub(super) payment_id: String,
    pub(super) amount: i64,
    pub(super) currency: String,
    pub(super) reason_code: Option<String>,
    /// Seconds since 1970; 0 when nothing is to be answered any more.
    pub(super) respond_by: Option<i64>,
    pub(super) status: String,
}

impl Dispute {
    /// Returns how far it has come; none when the status is none that Razorpay documents.
    pub(super) fn status(&self) -> Option<DisputeStatus> {
        match self.status.as_str() {
            "open" | "under_review" => Some(DisputeStatus::Open),
            "won" => Some(DisputeStatus::Won),
            "lost" => Some(DisputeStatus::Lost),
            "closed" => Some(DisputeStatus::Closed),
            _ => None,
        }
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Collection<T> {
    pub(super) items: Vec<T>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Failure {
    pub(super) error: FailureDetail,
}

#[derive(Debug, Deserialize)]
pub(super) struct FailureDetail {
    #[serde(default)]
    pub(super) code: String,
    #[serde(default)]
    pub(super) description: String,
    pub(super) field: Option<String>,
}

/// Reads an amount in minor units; none when it is in a currency or size that we don't trade in.
pub(super) fn money(amount: i64, currency: &str) -> Option<Money> {
    let currency = currency.parse().ok()?;
    (0..=MAX_AMOUNT).contains(&amount).then_some(Money::new(amount, currency))
}

/// Reads notes, which are `[]` when there are none.
fn notes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, String>, D::Error> {
    let Value::Object(notes) = Value::deserialize(deserializer)? else { return Ok(BTreeMap::new()) };
    let text = |value| match value {
        Value::String(text) => text,
        other => other.to_string(),
    };
    Ok(notes.into_iter().map(|(name, value)| (name, text(value))).collect())
}
