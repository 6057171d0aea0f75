//! What sellers are told about their orders.
//!
//! Invariant: nothing about the buyer. What is in a mail can't be taken back when somebody asks for their data to be erased, so
//! the delivery address is shown with the order alone.

use domain::order::CancelReason;
use serde::Serialize;

use super::{OrderPart, Pieces};

/// "You have a new order."
#[derive(Debug, Clone, Serialize)]
pub struct SalePaid {
    /// What to call the seller.
    pub name: String,
    /// The order.
    pub order: OrderPart,
    /// Where the seller finds it.
    pub order_url: String,
    /// What the buyer paid.
    pub total: String,
    /// Whether there is something to send.
    pub to_send: bool,
}

/// "An order of yours was cancelled."
#[derive(Debug, Clone, Serialize)]
pub struct SaleCancelled {
    /// What to call the seller.
    pub name: String,
    /// Whether the buyer did it, or else the tenant's people.
    pub by_buyer: bool,
    /// Why.
    pub reason: CancelReason,
    /// The order.
    pub order: OrderPart,
    /// Where the seller finds it.
    pub order_url: String,
    /// What goes back to the buyer; none where nothing was paid for it.
    pub refund: Option<String>,
    /// Whether there was something to send.
    pub to_send: bool,
}

/// "Money was given back for an order of yours."
#[derive(Debug, Clone, Serialize)]
pub struct SaleRefunded {
    /// What to call the seller.
    pub name: String,
    /// The order's id.
    pub order: String,
    /// Where the seller finds it.
    pub order_url: String,
    /// What went back.
    pub amount: String,
    /// Why, as it is on the credit note.
    pub reason: String,
    /// The pieces that it is for; none for a refund by amount.
    pub lines: Vec<Pieces>,
    /// Whether they are in stock again.
    pub restocked: bool,
    /// Whether something went back that was not sent yet, and is not to be sent any more.
    pub keep_back: bool,
}
