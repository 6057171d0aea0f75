use std::collections::BTreeMap;

use domain::clock::Timestamp;
use domain::dispute::DisputeStatus;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::wire::{Dispute, Event, Intent, IntentStatus, Refund, Session, money};
use super::{Credentials, signature};
use crate::notification::{self, BadSignature, Charge, Meaning, Notification, PaymentState, Unusable, body_id, reason};
use crate::refund::RefundState;

/// A webhook as it came in. It can't be read, only verified.
#[derive(Debug)]
pub struct UnverifiedWebhook<'a> {
    body: &'a [u8],
    signature: &'a str,
}

/// A webhook that Stripe sent.
#[derive(Debug)]
pub struct VerifiedWebhook<'a> {
    body: &'a [u8],
    account: String,
    live: bool,
}

impl<'a> UnverifiedWebhook<'a> {
    /// The header that carries time and signatures.
    pub const SIGNATURE_HEADER: &'static str = "stripe-signature";

    /// Takes the body's bytes exactly as received, and the header.
    pub fn new(body: &'a [u8], signature: &'a str) -> Self {
        Self { body, signature }
    }

    /// Verifies the signature in constant time against every live secret, and its age at `now`.
    ///
    /// # Errors
    /// When no live secret made a signature, or it is older or further ahead than five minutes.
    pub fn verify(self, credentials: &Credentials, now: Timestamp) -> Result<VerifiedWebhook<'a>, BadSignature> {
        if !signature::verify(credentials.webhook_secrets(), self.body, self.signature, now.as_seconds()) {
            return Err(BadSignature);
        }
        Ok(VerifiedWebhook {
            body: self.body,
            account: credentials.account_id().to_owned(),
            live: credentials.is_live(),
        })
    }
}

impl VerifiedWebhook<'_> {
    /// Returns an id that follows from the body, for messages that can't be read.
    pub fn body_id(&self) -> String {
        body_id(self.body)
    }

    /// Reads what the message means. Event and status must agree; a finished session is paid only when it says so.
    ///
    /// # Errors
    /// When the message is not of the documented shape, or contradicts itself.
    pub fn notification(&self) -> Result<Notification, Unusable> {
        let event: Event = serde_json::from_slice(self.body).map_err(|_| Unusable::Unreadable)?;
        let id_is_plain = (1..=255).contains(&event.id.len())
            && event.id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
        if !id_is_plain {
            return Err(Unusable::Unreadable);
        }
        let object = event.data.object;
        let meaning = match event.kind.as_str() {
            "payment_intent.succeeded" => intent(object, PaymentState::Captured, &[IntentStatus::Succeeded])?,
            "payment_intent.amount_capturable_updated" => {
                intent(object, PaymentState::Authorized, &[IntentStatus::RequiresCapture])?
            }
            // Another try may be under way when the message is written.
            "payment_intent.payment_failed" => {
                intent(object, PaymentState::Failed, &[IntentStatus::RequiresPaymentMethod, IntentStatus::Other])?
            }
            "payment_intent.canceled" => intent(object, PaymentState::Failed, &[IntentStatus::Canceled])?,
            "checkout.session.completed" | "checkout.session.async_payment_succeeded" => session(object)?,
            // Which of them come depends on the version of the API that the endpoint was made with.
            "refund.created" | "refund.updated" | "refund.failed" | "charge.refund.updated" => refund(object)?,
            "charge.dispute.created"
            | "charge.dispute.updated"
            | "charge.dispute.closed"
            | "charge.dispute.funds_withdrawn"
            | "charge.dispute.funds_reinstated" => dispute(object, &event.kind)?,
            _ => Meaning::Ignored,
        };
        let account = event.account.unwrap_or_else(|| self.account.clone());
        // A test event must never pay a real order, nor the other way round.
        let account = if event.livemode == self.live { account } else { format!("{account} in the other mode") };
        Ok(Notification { event_id: event.id, event: event.kind, account, meaning })
    }
}

fn read<T: DeserializeOwned>(object: Value) -> Result<T, Unusable> {
    serde_json::from_value(object).map_err(|_| Unusable::Unreadable)
}

fn intent(object: Value, state: PaymentState, allowed: &[IntentStatus]) -> Result<Meaning, Unusable> {
    let intent: Intent = read(object)?;
    if !allowed.contains(&intent.status) {
        return Err(Unusable::Contradiction);
    }
    Ok(Meaning::Payment(state, intent.into()))
}

fn session(object: Value) -> Result<Meaning, Unusable> {
    let session: Session = read(object)?;
    if session.payment_status != "paid" {
        return Ok(Meaning::Ignored);
    }
    Ok(session.charge().map_or(Meaning::Ignored, |charge| Meaning::Payment(PaymentState::Captured, charge)))
}

fn refund(object: Value) -> Result<Meaning, Unusable> {
    let refund: Refund = read(object)?;
    let succeeded = match refund.state() {
        Some(RefundState::Done) => true,
        Some(RefundState::Failed) => false,
        Some(RefundState::Pending | RefundState::ByHand) | None => return Ok(Meaning::Ignored),
    };
    // Charges from before intents are none of ours.
    let Some(intent) = refund.payment_intent else { return Ok(Meaning::Ignored) };
    let amount = money(refund.amount, &refund.currency);
    let notes = refund.metadata.unwrap_or_default();
    let charge = Charge { payment_id: intent.clone(), order_id: Some(intent), amount: None, notes: notes.clone() };
    Ok(Meaning::Refunded(notification::Refund { refund_id: refund.id, notes, succeeded, amount, charge }))
}

/// Reads a dispute. What counts is the status inside the event, which is that of the moment in which the event was made.
fn dispute(object: Value, kind: &str) -> Result<Meaning, Unusable> {
    let dispute: Dispute = read(object)?;
    let status = dispute.status().ok_or(Unusable::Contradiction)?;
    if kind == "charge.dispute.closed" && status == DisputeStatus::Open {
        return Err(Unusable::Contradiction);
    }
    // Charges from before intents are none of ours.
    let Some(intent) = &dispute.payment_intent else { return Ok(Meaning::Ignored) };
    let charge =
        Charge { payment_id: intent.clone(), order_id: Some(intent.clone()), amount: None, notes: BTreeMap::new() };
    Ok(Meaning::Disputed(notification::Dispute {
        status,
        amount: money(dispute.amount, &dispute.currency),
        reason: reason(dispute.reason.as_deref()),
        respond_by: dispute.due_by(),
        charge,
        dispute_id: dispute.id,
    }))
}

#[cfg(test)]
mod tests {
    use domain::money::{Currency, Money};
    use serde_json::json;

    use super::*;

    fn read(kind: &str, object: &Value) -> Result<Notification, Unusable> {
        let body =
            json!({"id": "evt_1", "object": "event", "type": kind, "livemode": false, "data": {"object": object}});
        let (body, account) = (body.to_string(), "acct_1".to_owned());
        VerifiedWebhook { body: body.as_bytes(), account, live: false }.notification()
    }

    fn an_intent(status: &str, received: i64) -> Value {
        json!({"id": "pi_1", "object": "payment_intent", "amount": 5000, "amount_received": received, "currency": "vnd",
            "status": status, "latest_charge": "ch_1", "metadata": {"tenant": "ten_1"}})
    }

    #[test]
    fn an_intent_that_succeeded_took_what_it_received() {
        let read = |received| match read("payment_intent.succeeded", &an_intent("succeeded", received)).unwrap().meaning
        {
            Meaning::Payment(PaymentState::Captured, charge) => charge,
            other => panic!("{other:?}"),
        };
        let charge = read(5000);
        assert_eq!((charge.order_id.as_deref(), charge.payment_id.as_str()), (Some("pi_1"), "pi_1"));
        assert_eq!((charge.amount, charge.notes["tenant"].as_str()), (Some(Money::new(5000, Currency::Vnd)), "ten_1"));
        assert_eq!(read(4000).amount, Some(Money::new(4000, Currency::Vnd)));
    }

    #[test]
    fn event_and_status_must_agree() {
        for (kind, status) in [
            ("payment_intent.succeeded", "requires_capture"),
            ("payment_intent.succeeded", "processing"),
            ("payment_intent.payment_failed", "succeeded"),
            ("payment_intent.canceled", "succeeded"),
            ("payment_intent.amount_capturable_updated", "succeeded"),
        ] {
            assert_eq!(read(kind, &an_intent(status, 5000)), Err(Unusable::Contradiction), "{kind} {status}");
        }
        assert_eq!(read("payment_intent.succeeded", &json!({})), Err(Unusable::Unreadable));
        assert_eq!(read("customer.created", &json!({})).unwrap().meaning, Meaning::Ignored);
    }

    #[test]
    fn a_session_pays_only_when_it_says_paid() {
        let session = |status: &str| json!({"payment_status": status, "payment_intent": "pi_1", "amount_total": 100, "currency": "usd", "metadata": null});
        let unpaid = read("checkout.session.completed", &session("unpaid")).unwrap();
        assert_eq!(unpaid.meaning, Meaning::Ignored);
        for kind in ["checkout.session.completed", "checkout.session.async_payment_succeeded"] {
            let meaning = read(kind, &session("paid")).unwrap().meaning;
            assert!(matches!(meaning, Meaning::Payment(PaymentState::Captured, charge) if charge.payment_id == "pi_1"));
        }
    }

    #[test]
    fn a_refund_tells_whether_the_money_went_back() {
        let refund = |status: Value| {
            json!({"id": "re_1", "object": "refund", "amount": 100, "currency": "usd", "payment_intent": "pi_1",
                "status": status, "metadata": {"refund": "rfd_1"}})
        };
        for kind in ["refund.created", "refund.updated", "refund.failed", "charge.refund.updated"] {
            for (status, succeeded) in [("succeeded", true), ("failed", false), ("canceled", false)] {
                let Meaning::Refunded(told) = read(kind, &refund(json!(status))).unwrap().meaning else {
                    panic!("{kind} {status}")
                };
                assert_eq!((told.succeeded, told.notes["refund"].as_str()), (succeeded, "rfd_1"));
                assert_eq!(
                    (told.charge.order_id.as_deref(), told.amount.map(|sum| sum.amount)),
                    (Some("pi_1"), Some(100))
                );
            }
            for status in [json!("pending"), json!("requires_action"), json!(null), json!("new")] {
                assert_eq!(read(kind, &refund(status)).unwrap().meaning, Meaning::Ignored);
            }
        }
    }

    #[test]
    fn a_dispute_is_as_far_as_the_status_inside_says() {
        let dispute = |status: &str| {
            json!({
                "id": "dp_1", "object": "dispute", "amount": 5000, "currency": "vnd", "charge": "ch_1",
                "payment_intent": "pi_1", "reason": "fraudulent", "status": status, "balance_transactions": [],
                "evidence_details": {"due_by": 1_800_000_000, "has_evidence": false, "past_due": false},
                "is_charge_refundable": false, "metadata": {}, "livemode": false, "created": 1_799_000_000,
            })
        };
        for (status, expected) in [
            ("needs_response", DisputeStatus::Open),
            ("under_review", DisputeStatus::Open),
            ("warning_needs_response", DisputeStatus::Open),
            ("warning_under_review", DisputeStatus::Open),
            ("won", DisputeStatus::Won),
            ("lost", DisputeStatus::Lost),
            ("warning_closed", DisputeStatus::Closed),
        ] {
            for kind in ["created", "updated", "closed", "funds_withdrawn", "funds_reinstated"] {
                let kind = format!("charge.dispute.{kind}");
                let notification = read(&kind, &dispute(status));
                if kind.ends_with("closed") && expected == DisputeStatus::Open {
                    assert_eq!(notification, Err(Unusable::Contradiction));
                    continue;
                }
                let Meaning::Disputed(told) = notification.unwrap().meaning else { panic!("{kind} {status}") };
                assert_eq!((told.status, told.dispute_id.as_str()), (expected, "dp_1"));
                assert_eq!(told.amount, Some(Money::new(5000, Currency::Vnd)));
                assert_eq!(told.respond_by.map(Timestamp::as_seconds), Some(1_800_000_000));
                assert_eq!((told.reason.as_str(), told.charge.payment_id.as_str()), ("fraudulent", "pi_1"));
            }
        }
        assert_eq!(read("charge.dispute.created", &dispute("pondered")), Err(Unusable::Contradiction));
        let mut old = dispute("lost");
        old["payment_intent"] = Value::Null;
        assert_eq!(read("charge.dispute.closed", &old).unwrap().meaning, Meaning::Ignored);
        let mut wordy = dispute("lost");
        (wordy["reason"], wordy["evidence_details"]) = (json!("Mr. Smith did not like it"), Value::Null);
        let Meaning::Disputed(told) = read("charge.dispute.closed", &wordy).unwrap().meaning else { panic!() };
        assert_eq!((told.reason.as_str(), told.respond_by), ("unknown", None));
    }

    #[test]
    fn amounts_are_in_the_smallest_unit_of_their_currency() {
        assert_eq!(money(100, "vnd"), Some(Money::new(100, Currency::Vnd)));
        assert_eq!(money(100, "inr"), Some(Money::new(100, Currency::Inr)));
        for (amount, currency) in [(100, "eur"), (100, "VND"), (-1, "usd"), (i64::MAX, "usd")] {
            assert_eq!(money(amount, currency), None);
        }
    }

    #[test]
    fn the_other_mode_is_another_account() {
        let body = json!({"id": "evt_1", "type": "x", "livemode": true, "data": {"object": {}}}).to_string();
        let webhook = VerifiedWebhook { body: body.as_bytes(), account: "acct_1".to_owned(), live: false };
        assert_ne!(webhook.notification().unwrap().account, "acct_1");
        let other = json!({"id": "evt_1", "type": "x", "account": "acct_2", "livemode": false, "data": {"object": {}}})
            .to_string();
        let webhook = VerifiedWebhook { body: other.as_bytes(), account: "acct_1".to_owned(), live: false };
        assert_eq!(webhook.notification().unwrap().account, "acct_2");
    }
}
