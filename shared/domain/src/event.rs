//! What happened, as told to other functions.
//!
//! Events carry ids, never personal data: a consumer reads what it needs under its own rights.

use serde::{Deserialize, Serialize};

use crate::catalog::SellerStatus;
use crate::clock::Timestamp;
use crate::id::{
    CreditNoteId, EventId, ExportId, FileId, ImportId, InvoiceId, OrderGroupId, OrderId, PaymentId, RefundId, SellerId,
    ShipmentId, TenantId, TicketId, UserId,
};
use crate::money::Money;
use crate::order::{CancelReason, Party};
use crate::shipment::ShipmentStatus;

/// A fact, in the past tense.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all_fields = "camelCase")]
pub enum Event {
    /// Somebody opened an account.
    UserRegistered {
        /// The new user.
        user: UserId,
    },
    /// Somebody asked for a mail with a link that proves the address is theirs.
    EmailVerificationRequested {
        /// The user.
        user: UserId,
        /// The one-time token to send.
        ticket: TicketId,
    },
    /// Somebody asked for a mail with a link to set a new password.
    PasswordResetRequested {
        /// The user.
        user: UserId,
        /// The one-time token to send.
        ticket: TicketId,
    },
    /// Somebody wants to move to another e-mail address, which must confirm.
    EmailChangeRequested {
        /// The user.
        user: UserId,
        /// The one-time token to send, which holds the new address.
        ticket: TicketId,
    },
    /// An account was opened for somebody, who sets a password by a mailed link.
    UserInvited {
        /// The new user.
        user: UserId,
        /// The one-time token to send.
        ticket: TicketId,
    },
    /// Something about how a user signs in has changed: the user is told by mail.
    SecurityChanged {
        /// The user.
        user: UserId,
        /// What has changed.
        change: SecurityChange,
    },
    /// A user's data were made unreadable for good.
    UserDeleted {
        /// The user.
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
    /// A payment was captured and its orders are paid, or there was nothing to pay.
    OrderGroupPaid {
        /// The checkout.
        group: OrderGroupId,
        /// The payment that paid it; none where nothing was to be paid.
        payment: Option<PaymentId>,
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
    /// A payer's bank has taken money back for good.
    PaymentChargedBack {
        /// The checkout.
        group: OrderGroupId,
        /// The payment.
        payment: PaymentId,
        /// The place of the dispute among those about the payment, from 0.
        place: u32,
        /// How much.
        amount: Money,
    },
    /// An invoice was numbered and its PDF stored.
    InvoiceIssued {
        /// The invoice.
        invoice: InvoiceId,
        /// The order that it is for.
        order: OrderId,
    },
    /// Orders were called off: one that was paid, or all of an unpaid checkout.
    OrdersCancelled {
        /// The checkout.
        group: OrderGroupId,
        /// The orders.
        orders: Vec<OrderId>,
        /// Who did it.
        by: Party,
        /// Why.
        reason: CancelReason,
        /// What goes back; zero where nothing was paid.
        refund: Money,
    },
    /// Money is to be given back at the provider.
    RefundRequested {
        /// The checkout.
        group: OrderGroupId,
        /// The payment that it is taken from.
        payment: PaymentId,
        /// The refund.
        refund: RefundId,
    },
    /// Money was given back.
    RefundSucceeded {
        /// The checkout.
        group: OrderGroupId,
        /// The payment that it was taken from.
        payment: PaymentId,
        /// The refund.
        refund: RefundId,
    },
    /// A credit note was numbered and its PDF stored.
    CreditNoteIssued {
        /// The credit note.
        credit_note: CreditNoteId,
        /// The order that it is for.
        order: OrderId,
        /// Its place among the credit notes of the order, from 1.
        place: u32,
    },
    /// A parcel was handed to its carrier, or moved on.
    ShipmentMoved {
        /// The shipment.
        shipment: ShipmentId,
        /// The order.
        order: OrderId,
        /// What it became.
        status: ShipmentStatus,
    },
    /// A bulk import of products was asked for, or is to go on.
    ProductImportRequested {
        /// The import.
        import: ImportId,
    },
    /// A bulk export of products was asked for, or is to go on.
    ProductExportRequested {
        /// The export.
        export: ExportId,
    },
    /// A seller was approved, stopped, or may go on.
    SellerStatusChanged {
        /// The seller.
        seller: SellerId,
        /// The person who runs the profile.
        user: UserId,
        /// What it is now.
        status: SellerStatus,
    },
    /// A file was uploaded and verified.
    FileUploaded {
        /// The file.
        file: FileId,
    },
}

/// What has changed about how a user signs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SecurityChange {
    /// The password.
    Password,
    /// The e-mail address: this goes to the old one.
    Email,
    /// A second factor was turned on.
    MfaEnabled,
    /// A second factor was turned off.
    MfaDisabled,
    /// The backup codes were made anew.
    BackupCodes,
    /// Another identity provider may sign the user in.
    IdentityLinked,
    /// A refresh token was used twice, so a session was ended.
    RefreshTokenReused,
}

/// A function that is told about events through its own queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Consumer {
    /// Sends mails.
    Mailer,
    /// Writes invoices.
    Invoicer,
    /// Imports and exports products.
    Importer,
}

impl Consumer {
    /// All consumers.
    pub const ALL: [Self; 3] = [Self::Mailer, Self::Invoicer, Self::Importer];

    /// Returns the name used in keys and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mailer => "mailer",
            Self::Invoicer => "invoicer",
            Self::Importer => "importer",
        }
    }
}

impl Event {
    /// Returns who is told: the one table of events and consumers.
    pub fn consumers(&self) -> &'static [Consumer] {
        match self {
            Self::OrderGroupPlaced { .. }
            | Self::InvoiceIssued { .. }
            | Self::CreditNoteIssued { .. }
            | Self::EmailVerificationRequested { .. }
            | Self::PasswordResetRequested { .. }
            | Self::EmailChangeRequested { .. }
            | Self::UserInvited { .. }
            | Self::SellerStatusChanged { .. }
            | Self::SecurityChanged { .. } => &[Consumer::Mailer],
            Self::OrdersCancelled { .. } | Self::OrderGroupPaid { .. } | Self::RefundSucceeded { .. } => {
                &[Consumer::Mailer, Consumer::Invoicer]
            }
            Self::PaymentNeedsRefund { .. } | Self::PaymentChargedBack { .. } | Self::UserDeleted { .. } => {
                &[Consumer::Invoicer]
            }
            Self::ProductImportRequested { .. } | Self::ProductExportRequested { .. } => &[Consumer::Importer],
            Self::ShipmentMoved { status: ShipmentStatus::Shipped | ShipmentStatus::Delivered, .. } => {
                &[Consumer::Mailer]
            }
            Self::ShipmentMoved { .. }
            | Self::UserRegistered { .. }
            | Self::RefreshTokenReused { .. }
            | Self::OrderGroupExpired { .. }
            | Self::RefundRequested { .. }
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
