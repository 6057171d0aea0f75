//! What the stand-in knows.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::control::Account;
use super::notes;
use crate::network::Faults;

/// Everything, by its id.
#[derive(Default)]
pub(super) struct Books {
    /// Accounts by key id.
    pub(super) accounts: BTreeMap<String, Registered>,
    /// Orders by order id.
    pub(super) orders: BTreeMap<String, Order>,
    /// What goes wrong next.
    pub(super) faults: Faults,
}

/// An account and the webhook secret that it had before.
#[derive(Clone)]
pub(super) struct Registered {
    pub(super) account: Account,
    pub(super) old_secret: Option<String>,
}

impl Books {
    pub(super) fn register(&mut self, account: Account) {
        let before = self.accounts.remove(&account.key_id);
        let old_secret = before.and_then(|before| {
            if before.account.webhook_secret == account.webhook_secret {
                before.old_secret
            } else {
                Some(before.account.webhook_secret)
            }
        });
        self.accounts.insert(account.key_id.clone(), Registered { account, old_secret });
    }

    /// Takes one fault off the pile.
    pub(super) fn fault(&mut self) -> Option<u16> {
        self.faults.times = self.faults.times.checked_sub(1)?;
        Some(self.faults.status)
    }
}

#[derive(Clone)]
pub(super) struct Order {
    pub(super) id: String,
    pub(super) key_id: String,
    pub(super) amount: i64,
    pub(super) currency: String,
    pub(super) receipt: Option<String>,
    pub(super) notes: BTreeMap<String, String>,
    pub(super) created_at: i64,
    /// Whether there is no order at all, only its payment.
    pub(super) by_hand: bool,
    pub(super) payments: Vec<Payment>,
    pub(super) refunds: Vec<Refund>,
    pub(super) events: Vec<Event>,
}

/// Money given back.
#[derive(Clone)]
pub(super) struct Refund {
    pub(super) id: String,
    pub(super) payment: String,
    pub(super) amount: i64,
    /// The idempotency key that it was asked for with.
    pub(super) key: Option<String>,
    pub(super) notes: BTreeMap<String, String>,
    pub(super) status: &'static str,
}

#[derive(Clone)]
pub(super) struct Payment {
    pub(super) id: String,
    pub(super) status: Status,
    pub(super) created_at: i64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    Authorized,
    Captured,
    Failed,
}

impl Status {
    fn as_str(self) -> &'static str {
        match self {
            Self::Authorized => "authorized",
            Self::Captured => "captured",
            Self::Failed => "failed",
        }
    }
}

/// Something that happened, with the body as it was then.
#[derive(Clone)]
pub(super) struct Event {
    pub(super) id: String,
    pub(super) name: &'static str,
    pub(super) body: Value,
}

impl Order {
    /// Writes a refund as the API and the events do.
    pub(super) fn refund_entity(&self, refund: &Refund) -> Value {
        json!({
            "id": refund.id, "entity": "refund", "amount": refund.amount, "currency": self.currency,
            "payment_id": refund.payment, "notes": notes(&refund.notes), "receipt": null,
            "acquirer_data": { "arn": null }, "created_at": self.created_at, "batch_id": null,
            "status": refund.status, "speed_processed": "normal", "speed_requested": "normal",
        })
    }

    fn is_paid(&self) -> bool {
        self.payments.iter().any(|payment| payment.status == Status::Captured)
    }

    /// Writes the order as the API and the events do.
    pub(super) fn entity(&self) -> Value {
        let paid = if self.is_paid() { self.amount } else { 0 };
        let status = match (self.is_paid(), self.payments.is_empty()) {
            (true, _) => "paid",
            (false, true) => "created",
            (false, false) => "attempted",
        };
        json!({
            "id": self.id, "entity": "order", "amount": self.amount, "amount_paid": paid,
            "amount_due": self.amount.saturating_sub(paid), "currency": self.currency, "receipt": self.receipt,
            "offer_id": null, "status": status, "attempts": self.payments.len(), "notes": notes(&self.notes),
            "created_at": self.created_at,
        })
    }

    /// Writes one payment of the order as the API and the events do.
    pub(super) fn payment_entity(&self, payment: &Payment) -> Value {
        let failed = payment.status == Status::Failed;
        let reason = |text: &str| if failed { json!(text) } else { Value::Null };
        let of_payment = self.refunds.iter().filter(|refund| refund.payment == payment.id && refund.status != "failed");
        let refunded: i64 = of_payment.map(|refund| refund.amount).sum();
        let whole_went_back = payment.status == Status::Captured && refunded == self.amount;
        let refund_status = match refunded {
            0 => Value::Null,
            whole if whole == self.amount => json!("full"),
            _ => json!("partial"),
        };
        json!({
            "id": payment.id, "entity": "payment", "amount": self.amount, "currency": self.currency,
            "status": if whole_went_back { "refunded" } else { payment.status.as_str() },
            "order_id": if self.by_hand { Value::Null } else { json!(self.id) },
            "invoice_id": null, "international": false, "method": "upi", "amount_refunded": refunded, "refund_status": refund_status,
            // As seen in the field: true says nothing.
            "captured": true,
            "description": null, "card_id": null, "bank": null, "wallet": null, "vpa": "payer@upi",
            "email": "payer@example.com", "contact": "+919999999999", "notes": notes(&self.notes),
            "fee": if payment.status == Status::Captured { json!(2) } else { Value::Null },
            "tax": if payment.status == Status::Captured { json!(0) } else { Value::Null },
            "error_code": reason("BAD_REQUEST_ERROR"), "error_description": reason("Payment was not completed on time."),
            "error_source": reason("customer"), "error_step": reason("payment_authorization"),
            "error_reason": reason("payment_timed_out"),
            "acquirer_data": { "rrn": "123456789012" }, "created_at": payment.created_at,
        })
    }
}
