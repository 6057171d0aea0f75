//! Stripe's JSON, as far as we read it. Fields that we don't know never matter.

use std::collections::BTreeMap;

use domain::clock::Timestamp;
use domain::dispute::DisputeStatus;
use domain::money::{MAX_AMOUNT, Money};
use serde::Deserialize;
use serde_json::Value;

use crate::notification::{Charge, PaymentState, instant};

#[derive(Debug, Deserialize)]
pub(super) struct Event {
    pub(super) id: String,
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) account: Option<String>,
    pub(super) livemode: bool,
    pub(super) data: Data,
}

#[derive(Debug, Deserialize)]
pub(super) struct Data {
    pub(super) object: Value,
}

#[derive(Debug, Deserialize)]
pub(super) struct Intent {
    pub(super) id: String,
    pub(super) amount: i64,
    #[serde(default)]
    amount_received: i64,
    pub(super) currency: String,
    pub(super) status: IntentStatus,
    #[serde(default)]
    pub(super) client_secret: Option<String>,
    #[serde(default)]
    last_payment_error: Option<Value>,
    #[serde(default)]
    metadata: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum IntentStatus {
    RequiresPaymentMethod,
    RequiresCapture,
    Succeeded,
    Canceled,
    #[serde(other)]
    Other,
}

impl Intent {
    /// Returns how far it has come; none while the payer is busy.
    pub(super) fn state(&self) -> Option<PaymentState> {
        match self.status {
            IntentStatus::Succeeded => Some(PaymentState::Captured),
            IntentStatus::RequiresCapture => Some(PaymentState::Authorized),
            IntentStatus::Canceled => Some(PaymentState::Failed),
            IntentStatus::RequiresPaymentMethod => self.last_payment_error.as_ref().map(|_| PaymentState::Failed),
            IntentStatus::Other => None,
        }
    }
}

impl From<Intent> for Charge {
    fn from(intent: Intent) -> Self {
        // What came in counts, which a partial capture makes less than what was asked for.
        let amount = if intent.status == IntentStatus::Succeeded { intent.amount_received } else { intent.amount };
        Self {
            payment_id: intent.id.clone(),
            order_id: Some(intent.id),
            amount: money(amount, &intent.currency),
            notes: intent.metadata,
        }
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Session {
    pub(super) payment_status: String,
    payment_intent: Option<String>,
    amount_total: Option<i64>,
    currency: Option<String>,
    #[serde(default)]
    metadata: Option<BTreeMap<String, String>>,
}

impl Session {
    /// Returns what it took the money with; none for sessions without a payment, such as those of subscriptions.
    pub(super) fn charge(self) -> Option<Charge> {
        let intent = self.payment_intent?;
        let amount = self.amount_total.zip(self.currency).and_then(|(amount, currency)| money(amount, &currency));
        Some(Charge {
            payment_id: intent.clone(),
            order_id: Some(intent),
            amount,
            notes: self.metadata.unwrap_or_default(),
        })
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Refund {
    pub(super) id: String,
    pub(super) amount: i64,
    pub(super) currency: String,
    pub(super) payment_intent: Option<String>,
    pub(super) status: Option<String>,
    #[serde(default)]
    pub(super) metadata: Option<BTreeMap<String, String>>,
}

/// A dispute (source: Stripe's API reference, "The Dispute object").
#[derive(Debug, Deserialize)]
pub(super) struct Dispute {
    pub(super) id: String,
    pub(super) amount: i64,
    pub(super) currency: String,
    pub(super) payment_intent: Option<String>,
    pub(super) reason: Option<String>,
    status: String,
    evidence_details: Option<EvidenceDetails>,
}

#[derive(Debug, Deserialize)]
struct EvidenceDetails {
    due_by: Option<i64>,
}

impl Dispute {
    /// Returns how far it has come; none when the status is none that Stripe documents.
    pub(super) fn status(&self) -> Option<DisputeStatus> {
        match self.status.as_str() {
            "warning_needs_response" | "warning_under_review" | "needs_response" | "under_review" => {
                Some(DisputeStatus::Open)
            }
            "won" => Some(DisputeStatus::Won),
            "lost" => Some(DisputeStatus::Lost),
            "warning_closed" | "prevented" | "charge_refunded" => Some(DisputeStatus::Closed),
            _ => None,
        }
    }

    /// Returns until when Stripe takes an answer.
    pub(super) fn due_by(&self) -> Option<Timestamp> {
        instant(self.evidence_details.as_ref().and_then(|details| details.due_by))
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Failure {
    pub(super) error: FailureDetail,
}

#[derive(Debug, Deserialize)]
pub(super) struct FailureDetail {
    pub(super) code: Option<String>,
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    #[serde(default)]
    pub(super) message: String,
    pub(super) param: Option<String>,
}

/// Reads an amount in Stripe's smallest unit, which is ours: đồng have no decimals there either. None when it is in a
/// currency or size that we don't trade in.
pub(super) fn money(amount: i64, currency: &str) -> Option<Money> {
    let lower = currency.bytes().all(|b| b.is_ascii_lowercase());
    let currency = currency.to_ascii_uppercase().parse().ok().filter(|_| lower)?;
    (0..=MAX_AMOUNT).contains(&amount).then_some(Money::new(amount, currency))
}
