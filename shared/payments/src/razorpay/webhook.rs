use domain::dispute::DisputeStatus;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::wire::{Dispute, Event, Order, Payment, Refund, Status, Wrapped, money};
use super::{Credentials, signature};
use crate::notification::{
    self, BadSignature, Charge, Meaning, Notification, PaymentState, Unusable, body_id, instant, reason,
};

/// A webhook as it came in. It can't be read, only verified.
#[derive(Debug)]
pub struct UnverifiedWebhook<'a> {
    body: &'a [u8],
    signature: &'a str,
    event_id: Option<&'a str>,
}

impl<'a> UnverifiedWebhook<'a> {
    /// The header that carries the signature.
    pub const SIGNATURE_HEADER: &'static str = "x-razorpay-signature";
    /// The header that carries the event's id, which is not signed.
    pub const EVENT_ID_HEADER: &'static str = "x-razorpay-event-id";

    /// Takes the body's bytes exactly as received, and the two headers.
    pub fn new(body: &'a [u8], signature: &'a str, event_id: Option<&'a str>) -> Self {
        Self { body, signature, event_id }
    }

    /// Verifies the signature in constant time against every live secret.
    ///
    /// # Errors
    /// When no live secret made the signature.
    pub fn verify(self, credentials: &Credentials) -> Result<VerifiedWebhook<'a>, BadSignature> {
        let verified = credentials
            .webhook_secrets()
            .iter()
            // No short cut: the time taken must not tell which secret matched.
            .fold(false, |verified, secret| signature::verify(secret, self.body, self.signature) | verified);
        if !verified {
            return Err(BadSignature);
        }
        Ok(VerifiedWebhook { body: self.body, event_id: self.event_id.filter(|id| well_formed(id)).map(str::to_owned) })
    }
}

/// Tells whether an event's id can be part of a key. The header is not signed, so anything may stand in it.
fn well_formed(id: &str) -> bool {
    (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
}

/// A webhook that Razorpay sent.
#[derive(Debug)]
pub struct VerifiedWebhook<'a> {
    body: &'a [u8],
    event_id: Option<String>,
}

impl VerifiedWebhook<'_> {
    /// Returns the event's id, or, when the header brought none, one that follows from the body, so that a
    /// redelivery has the same.
    pub fn event_id(&self) -> String {
        self.event_id.clone().unwrap_or_else(|| body_id(self.body))
    }

    /// Returns the signed bytes, to keep beside a message that is set aside.
    pub fn body(&self) -> &[u8] {
        self.body
    }

    /// Reads what the message means. Event and status must agree; `captured: true` says nothing.
    ///
    /// # Errors
    /// When the message is not of the documented shape, or contradicts itself.
    pub fn notification(&self) -> Result<Notification, Unusable> {
        let event: Event = serde_json::from_slice(self.body).map_err(|_| Unusable::Unreadable)?;
        let meaning = match event.event.as_str() {
            "payment.authorized" => authorized(&event.payload)?,
            "payment.captured" => captured(&event.payload)?,
            "payment.failed" => failed(&event.payload)?,
            "order.paid" => order_paid(&event.payload)?,
            "refund.created" | "refund.processed" | "refund.failed" => refunded(&event.payload, &event.event)?,
            "payment.dispute.created"
            | "payment.dispute.under_review"
            | "payment.dispute.action_required"
            | "payment.dispute.won"
            | "payment.dispute.lost"
            | "payment.dispute.closed" => disputed(&event.payload, &event.event)?,
            _ => Meaning::Ignored,
        };
        Ok(Notification { event_id: self.event_id(), event: event.event, account: event.account_id, meaning })
    }
}

fn entity<T: DeserializeOwned>(payload: &Value, name: &str) -> Result<T, Unusable> {
    let wrapped = payload.get(name).ok_or(Unusable::Unreadable)?;
    Wrapped::deserialize(wrapped).map(|wrapped| wrapped.entity).map_err(|_| Unusable::Unreadable)
}

fn authorized(payload: &Value) -> Result<Meaning, Unusable> {
    let payment: Payment = entity(payload, "payment")?;
    match payment.status {
        // A snapshot taken late may be captured already; the event of that follows.
        Status::Authorized | Status::Captured => Ok(Meaning::Payment(PaymentState::Authorized, payment.into())),
        _ => Err(Unusable::Contradiction),
    }
}

fn captured(payload: &Value) -> Result<Meaning, Unusable> {
    let payment: Payment = entity(payload, "payment")?;
    match payment.status {
        Status::Captured => Ok(Meaning::Payment(PaymentState::Captured, payment.into())),
        _ => Err(Unusable::Contradiction),
    }
}

fn failed(payload: &Value) -> Result<Meaning, Unusable> {
    let payment: Payment = entity(payload, "payment")?;
    match payment.status {
        Status::Failed => Ok(Meaning::Payment(PaymentState::Failed, payment.into())),
        _ => Err(Unusable::Contradiction),
    }
}

fn order_paid(payload: &Value) -> Result<Meaning, Unusable> {
    let order: Order = entity(payload, "order")?;
    let payment: Payment = entity(payload, "payment")?;
    let consistent = payment.status == Status::Captured
        && order.status == "paid"
        && payment.order_id.as_deref() == Some(order.id.as_str());
    if !consistent {
        return Err(Unusable::Contradiction);
    }
    let mut charge = Charge::from(payment);
    // The order's notes are ours; a payment's notes may come from the browser.
    charge.notes.extend(order.notes);
    Ok(Meaning::Payment(PaymentState::Captured, charge))
}

fn refunded(payload: &Value, event: &str) -> Result<Meaning, Unusable> {
    let refund: Refund = entity(payload, "refund")?;
    let succeeded = match (event, refund.status.as_str()) {
        ("refund.created" | "refund.processed", "processed") => true,
        ("refund.failed", "failed") => false,
        ("refund.created", _) => return Ok(Meaning::Ignored),
        _ => return Err(Unusable::Contradiction),
    };
    let payment: Payment = entity(payload, "payment")?;
    let charge = Charge::from(payment);
    if charge.payment_id != refund.payment_id {
        return Err(Unusable::Contradiction);
    }
    let amount = money(refund.amount, &refund.currency);
    let notes = refund.notes;
    Ok(Meaning::Refunded(notification::Refund { refund_id: refund.id, notes, succeeded, amount, charge }))
}

/// Reads a dispute. An event about its end must say so inside; the others may be told when it has ended already.
fn disputed(payload: &Value, event: &str) -> Result<Meaning, Unusable> {
    let dispute: Dispute = entity(payload, "dispute")?;
    let status = dispute.status().ok_or(Unusable::Contradiction)?;
    let end = match event {
        "payment.dispute.won" => Some(DisputeStatus::Won),
        "payment.dispute.lost" => Some(DisputeStatus::Lost),
        "payment.dispute.closed" => Some(DisputeStatus::Closed),
        _ => None,
    };
    let payment: Payment = entity(payload, "payment")?;
    if end.is_some_and(|end| end != status) || payment.id != dispute.payment_id {
        return Err(Unusable::Contradiction);
    }
    Ok(Meaning::Disputed(notification::Dispute {
        status,
        amount: money(dispute.amount, &dispute.currency),
        reason: reason(dispute.reason_code.as_deref()),
        respond_by: instant(dispute.respond_by),
        charge: payment.into(),
        dispute_id: dispute.id,
    }))
}

#[cfg(test)]
mod tests;
