//! What the stand-in knows.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::control::Account;
use super::disputes::Dispute;

/// Everything, by its id.
#[derive(Default)]
pub(super) struct Books {
    /// Accounts by their secret keys.
    pub(super) accounts: BTreeMap<String, Registered>,
    /// Intents by their ids.
    pub(super) intents: BTreeMap<String, Intent>,
    /// First answers by secret key and idempotency key: what was asked, and what was answered.
    pub(super) first: BTreeMap<(String, String), (String, u16, Value)>,
}

/// An account and the webhook secret that it had before.
#[derive(Clone)]
pub(super) struct Registered {
    pub(super) account: Account,
    pub(super) old_secret: Option<String>,
}

impl Books {
    pub(super) fn register(&mut self, account: Account) {
        let before = self.accounts.remove(&account.secret_key);
        let old_secret = before.and_then(|before| {
            if before.account.webhook_secret == account.webhook_secret {
                before.old_secret
            } else {
                Some(before.account.webhook_secret)
            }
        });
        self.accounts.insert(account.secret_key.clone(), Registered { account, old_secret });
    }
}

/// A payment intent with everything that happened to it.
#[derive(Clone)]
pub(super) struct Intent {
    pub(super) id: String,
    pub(super) secret_key: String,
    pub(super) amount: i64,
    pub(super) currency: String,
    pub(super) metadata: BTreeMap<String, String>,
    pub(super) client_secret: String,
    pub(super) status: Status,
    /// When it was called off, and why.
    pub(super) cancelled: Option<(i64, Option<String>)>,
    /// The id of the charge that was tried last.
    pub(super) charge: Option<String>,
    /// When it was tried.
    pub(super) charged: i64,
    /// Whether there is no intent at all, only its charge.
    pub(super) by_hand: bool,
    pub(super) refused: bool,
    pub(super) created: i64,
    pub(super) refunds: Vec<Refund>,
    /// What the payer's bank contests.
    pub(super) dispute: Option<Dispute>,
    pub(super) events: Vec<Event>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    RequiresPaymentMethod,
    RequiresCapture,
    Succeeded,
    Canceled,
}

impl Status {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::RequiresPaymentMethod => "requires_payment_method",
            Self::RequiresCapture => "requires_capture",
            Self::Succeeded => "succeeded",
            Self::Canceled => "canceled",
        }
    }
}

/// Money given back.
#[derive(Clone)]
pub(super) struct Refund {
    pub(super) id: String,
    pub(super) amount: i64,
    pub(super) metadata: BTreeMap<String, String>,
    pub(super) status: String,
    pub(super) created: i64,
}

/// Something that happened, with the object as it was then.
#[derive(Clone)]
pub(super) struct Event {
    pub(super) id: String,
    pub(super) kind: &'static str,
    pub(super) object: Value,
}

impl Intent {
    /// Writes the intent as the API and the events do; events leave the client secret out.
    pub(super) fn object(&self) -> Value {
        let received = if self.status == Status::Succeeded { self.amount } else { 0 };
        let capturable = if self.status == Status::RequiresCapture { self.amount } else { 0 };
        let error = json!({
            "code": "card_declined", "decline_code": "generic_decline", "type": "card_error",
            "message": "Your card was declined.", "charge": self.charge,
        });
        json!({
            "id": self.id, "object": "payment_intent", "amount": self.amount, "amount_capturable": capturable,
            "amount_details": { "tip": {} }, "amount_received": received, "application": null,
            "automatic_payment_methods": { "allow_redirects": "always", "enabled": true },
            "canceled_at": self.cancelled.as_ref().map(|(at, _)| at),
            "cancellation_reason": self.cancelled.as_ref().and_then(|(_, why)| why.as_ref()),
            "capture_method": "automatic_async", "client_secret": self.client_secret,
            "confirmation_method": "automatic", "created": self.created, "currency": self.currency, "customer": null,
            "description": null, "last_payment_error": if self.refused { error } else { Value::Null },
            "latest_charge": self.charge, "livemode": false, "metadata": self.metadata, "next_action": null,
            "payment_method": null, "payment_method_types": ["card"], "processing": null, "receipt_email": null,
            "status": self.status.as_str(), "transfer_group": null,
        })
    }

    /// Writes a refund as the API and the events do.
    pub(super) fn refund_object(&self, refund: &Refund) -> Value {
        json!({
            "id": refund.id, "object": "refund", "amount": refund.amount, "balance_transaction": null,
            "charge": self.charge, "created": refund.created, "currency": self.currency,
            "destination_details": { "card": { "type": "refund" }, "type": "card" }, "metadata": refund.metadata,
            "payment_intent": self.id, "reason": null, "receipt_number": null, "source_transfer_reversal": null,
            "status": refund.status, "transfer_reversal": null,
        })
    }

    /// Counts what went back or is about to.
    pub(super) fn given_back(&self) -> i64 {
        let refunds = self.refunds.iter().filter(|refund| !matches!(refund.status.as_str(), "failed" | "canceled"));
        refunds.map(|refund| refund.amount).sum()
    }
}
