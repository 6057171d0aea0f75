//! What happened, as told to other functions.
//!
//! Events carry ids, never personal data: a consumer reads what it needs under its own rights.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::id::{EventId, FileId, InvoiceId, OrderGroupId, OrderId, PaymentId, TenantId, UserId};

/// A fact, in the past tense.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all_fields = "camelCase")]
pub enum Event {
    /// Somebody opened an account.
    UserRegistered {
        /// The new user.
        user: UserId,
    },
    /// A refresh token was used twice, so its session was ended.
    RefreshTokenReused {
        /// The user whose session it was.
        user: UserId,
    },
    /// A checkout made orders that wait for payment.
    OrderGroupPlaced {
        /// The checkout.
        group: OrderGroupId,
        /// The buyer.
        user: UserId,
    },
    /// A payment was captured and its orders are paid.
    OrderGroupPaid {
        /// The checkout.
        group: OrderGroupId,
        /// The payment that paid it.
        payment: PaymentId,
        /// The orders, one per seller.
        orders: Vec<OrderId>,
    },
    /// An unpaid checkout gave its stock back.
    OrderGroupExpired {
        /// The checkout.
        group: OrderGroupId,
    },
    /// A payment was captured that can't be honoured: the stock of its expired checkout is gone.
    PaymentNeedsRefund {
        /// The checkout.
        group: OrderGroupId,
        /// The payment to give back.
        payment: PaymentId,
    },
    /// An invoice was numbered and its PDF stored.
    InvoiceIssued {
        /// The invoice.
        invoice: InvoiceId,
        /// The order that it is for.
        order: OrderId,
    },
    /// A file was uploaded and verified.
    FileUploaded {
        /// The file.
        file: FileId,
    },
}

/// A function that is told about events through its own queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Consumer {
    /// Sends mails.
    Mailer,
    /// Writes invoices.
    Invoicer,
}

impl Consumer {
    /// All consumers.
    pub const ALL: [Self; 2] = [Self::Mailer, Self::Invoicer];

    /// Returns the name used in keys and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mailer => "mailer",
            Self::Invoicer => "invoicer",
        }
    }
}

impl Event {
    /// Returns who is told: the one table of events and consumers.
    pub fn consumers(&self) -> &'static [Consumer] {
        match self {
            Self::OrderGroupPlaced { .. } | Self::InvoiceIssued { .. } => &[Consumer::Mailer],
            Self::OrderGroupPaid { .. } => &[Consumer::Invoicer],
            Self::UserRegistered { .. }
            | Self::RefreshTokenReused { .. }
            | Self::OrderGroupExpired { .. }
            | Self::PaymentNeedsRefund { .. }
            | Self::FileUploaded { .. } => &[],
        }
    }
}

/// An event with its place and time: the outbox item and the queue message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Envelope {
    /// The event's id; consumers de-duplicate by it.
    pub id: EventId,
    /// The tenant in which it happened.
    pub tenant: TenantId,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// The request that caused it, so that one search finds the whole story.
    pub request_id: String,
    /// What happened.
    pub event: Event,
}
