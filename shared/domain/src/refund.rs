//! Money that goes back: what may be given back of a payment, and how far each refund has come.
//!
//! A [`RefundBook`] holds what was given back of one payment and decides about every further refund; the store replaces it
//! under its version, so of refunds that are asked for at once only those happen that fit together.
//!
//! Invariant: refunds that were not refused add up to no more than was captured, and those of one order to no more than
//! its total.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::id::{FileId, OrderGroupId, OrderId, PaymentId, RefundId, SellerId, UserId};
use crate::money::{Money, MoneyError};
use crate::order::{Order, OrderStatus, Party, TimelineEntry, statuses};
use crate::transition::InvalidTransition;

pub use lines::{RefundLine, paid_for, paid_for_shipping, rest_of_lines};
use lines::{add_lines, fits, given_back, price_of};

mod lines;

statuses! {
    /// How far a refund has come.
    RefundStatus {
        /// Asked for; its money is set aside. The provider has not heard of it, or its answer was lost.
        Requested "REQUESTED" => [Processing, Succeeded, Failed],
        /// The provider works on it, or the tenant's people are to send the money by hand.
        Processing "PROCESSING" => [Succeeded, Failed],
        /// The money went back.
        Succeeded "SUCCEEDED" => [],
        /// The provider refused. The money may be given back by another refund.
        Failed "FAILED" => [],
    }
}

/// Money that is given back of one payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Refund {
    /// The refund's id, which is also the provider's idempotency key.
    pub id: RefundId,
    /// The payment that it is taken from.
    pub payment: PaymentId,
    /// The checkout that was paid.
    pub group: OrderGroupId,
    /// The order that it is for; none where the money was captured in vain.
    pub order: Option<OrderId>,
    /// Who sold it.
    pub seller: Option<SellerId>,
    /// The buyer, who gets it.
    pub user: UserId,
    /// The provider's name.
    pub provider: String,
    /// The provider's id of the order that was paid.
    pub reference: String,
    /// The provider's id of the charge that took the money.
    pub charge: String,
    /// What goes back.
    pub amount: Money,
    /// The pieces that it is for; none for a refund by amount.
    pub lines: Vec<RefundLine>,
    /// Whether the pieces go back into stock.
    pub restock: bool,
    /// Why, for the tenant's people and for the credit note.
    pub reason: String,
    /// Who asked for it.
    #[serde(default = "by_itself")]
    pub asked_by: Party,
    /// How far it has come.
    pub status: RefundStatus,
    /// The provider's id of it, as soon as it has one.
    pub provider_refund: Option<String>,
    /// How much of the order had gone back before this went back; set with [`RefundStatus::Succeeded`].
    pub before: Option<Money>,
    /// How often the provider was asked.
    pub tries: u32,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// What a refund says that was stored before it was noted who asks.
fn by_itself() -> Party {
    Party::System
}

/// Names a refund and what it changes, so that all of it can be read at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefundPath {
    /// The refund.
    pub refund: RefundId,
    /// The payment that it is taken from.
    pub payment: PaymentId,
    /// The checkout that was paid.
    pub group: OrderGroupId,
    /// The order that it is for, if any.
    pub order: Option<OrderId>,
}

impl Refund {
    /// Returns what names the refund and all that it changes.
    pub fn path(&self) -> RefundPath {
        RefundPath { refund: self.id, payment: self.payment, group: self.group, order: self.order }
    }

    /// Tells whether the seller of its order hears of it for the first time once the money is back: they know what they gave
    /// back themselves, and what goes back of an order that was called off.
    pub fn is_news_to_seller(&self, order: &Order) -> bool {
        // Both are written in one operation, so they have its time.
        let calls_off = |step: &TimelineEntry| step.status == OrderStatus::Cancelled && step.at == self.created_at;
        self.asked_by != Party::Seller && !order.timeline.iter().any(calls_off)
    }
}

/// What is asked to be given back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Portion {
    /// Everything of the order that has not gone back yet.
    Rest,
    /// So much of the order.
    Amount(Money),
    /// These pieces, at what was paid for them, without shipping.
    Lines(Vec<RefundLine>),
}

impl Portion {
    /// Reads a request: an amount, or pieces, or, with neither, all that is left; none for both.
    pub fn asked(amount: Option<Money>, lines: Option<Vec<RefundLine>>) -> Option<Self> {
        match (amount, lines) {
            (None, None) => Some(Self::Rest),
            (Some(amount), None) => Some(Self::Amount(amount)),
            (None, Some(lines)) => Some(Self::Lines(lines)),
            (Some(_), Some(_)) => None,
        }
    }
}

/// Why nothing is given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RefundError {
    /// More than is left, of the payment or of the order.
    #[error("only {left} can be given back")]
    TooLarge {
        /// What is left.
        left: Money,
    },
    /// More pieces of a line than are left.
    #[error("line {line} has only {left} pieces to give back")]
    TooManyPieces {
        /// The place of the line, from 0.
        line: u32,
        /// How many pieces are left.
        left: u32,
    },
    /// The order has no line at that place, it is named twice, or the payment has paid for none.
    #[error("line {0} can't be given back")]
    UnknownLine(u32),
    /// Nothing would be given back.
    #[error("there is nothing to give back")]
    Nothing,
    /// Amounts that can't be computed with.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

/// What was given back of one order, or is about to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderShare {
    /// The order.
    pub order: OrderId,
    /// What was asked for and not refused.
    pub reserved: Money,
    /// What went back.
    pub refunded: Money,
    /// The pieces that were asked for and not refused.
    pub lines: Vec<RefundLine>,
    /// The pieces that went back.
    #[serde(default)]
    pub returned: Vec<RefundLine>,
}

impl OrderShare {
    fn open(order: OrderId, zero: Money) -> Self {
        Self { order, reserved: zero, refunded: zero, lines: Vec::new(), returned: Vec::new() }
    }

    /// Lists the files that the buyer has no right to any more: all of an order that went back whole, otherwise those of
    /// which every piece that brings them went back.
    fn lost_files(&self, order: &Order) -> Vec<FileId> {
        let whole = self.refunded == order.totals.total;
        let lost = |file: &FileId| {
            let mut bringing = order.lines.iter().zip(0u32..).filter(|(line, _)| line.files.contains(file)).peekable();
            bringing.peek().is_some()
                && bringing.all(|(line, place)| given_back(&self.returned, place) >= line.quantity.get())
        };
        order.model_files.iter().copied().filter(|file| whole || lost(file)).collect()
    }
}

/// Everything that was given back of one payment, or is about to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RefundBook {
    /// The payment.
    pub payment: PaymentId,
    /// What was captured.
    pub captured: Money,
    /// What was asked for and not refused.
    pub reserved: Money,
    /// What went back.
    pub refunded: Money,
    /// The shares of the orders that were paid.
    pub orders: Vec<OrderShare>,
    /// Whether the money was captured in vain: no order was paid by it, so it goes back alone.
    #[serde(default)]
    pub in_vain: bool,
    /// Counts up with every change; 0 before the first.
    pub version: u64,
}

/// What a refund that went back has made of its payment and its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Returned {
    /// How much of the order had gone back before.
    pub before: Money,
    /// Whether all of the payment is back.
    pub whole_payment: bool,
    /// Whether all of the order is back.
    pub whole_order: bool,
    /// The files that the order gives no right to any more, since now.
    pub lost_files: Vec<FileId>,
}

impl RefundBook {
    /// Opens the book of a payment of which nothing was given back.
    pub fn open(payment: PaymentId, captured: Money) -> Self {
        let zero = Money::zero(captured.currency);
        Self { payment, captured, reserved: zero, refunded: zero, orders: Vec::new(), in_vain: false, version: 0 }
    }

    /// Returns how much of the payment can still be given back.
    ///
    /// # Errors
    /// Never for a book of our own making.
    pub fn left(&self) -> Result<Money, MoneyError> {
        self.captured.minus(self.reserved)
    }

    /// Checks that `amount` more can go back beside what the payer's bank has taken for good.
    ///
    /// # Errors
    /// When there is not that much left.
    pub fn spare(&self, lost: Option<Money>, amount: Money) -> Result<(), RefundError> {
        let Some(lost) = lost else { return Ok(()) };
        let left = self.left()?.minus(lost)?;
        if amount.amount <= left.amount {
            return Ok(());
        }
        let zero = Money::zero(left.currency);
        Err(RefundError::TooLarge { left: if left.is_negative() { zero } else { left } })
    }

    /// Returns the pieces of an order whose money went back or is about to: all of them once all of its money does, by
    /// whichever amounts.
    pub fn pieces_of(&self, order: &Order) -> Vec<RefundLine> {
        match self.orders.iter().find(|share| share.order == order.id) {
            Some(share) if share.reserved == order.totals.total => rest_of_lines(order, &[]),
            Some(share) => share.lines.clone(),
            None => Vec::new(),
        }
    }

    /// Sets money of the payment aside that no order has a use for.
    ///
    /// # Errors
    /// When something was given back already.
    pub fn reserve_all(mut self) -> Result<(Self, Money), RefundError> {
        let amount = self.left()?;
        if amount.amount <= 0 {
            return Err(RefundError::Nothing);
        }
        (self.reserved, self.in_vain) = (self.captured, true);
        self.version = self.version.saturating_add(1);
        Ok((self, amount))
    }

    /// Sets aside what `portion` of an order comes to. Returns the book as it is then, the amount and the pieces.
    ///
    /// # Errors
    /// When there is not that much left of the payment or of the order.
    pub fn reserve(self, order: &Order, portion: &Portion) -> Result<(Self, Money, Vec<RefundLine>), RefundError> {
        match self.set_aside(order, portion)? {
            (_, amount, _) if amount.amount == 0 => Err(RefundError::Nothing),
            reserved => Ok(reserved),
        }
    }

    /// Sets aside all that is left of an order that is called off, even if that is no money: its pieces go back once.
    ///
    /// # Errors
    /// Never for an order that the payment has paid.
    pub fn reserve_rest(self, order: &Order) -> Result<(Self, Money, Vec<RefundLine>), RefundError> {
        self.set_aside(order, &Portion::Rest)
    }

    fn set_aside(mut self, order: &Order, portion: &Portion) -> Result<(Self, Money, Vec<RefundLine>), RefundError> {
        if self.in_vain {
            return self.set_money_aside(portion);
        }
        let zero = Money::zero(self.captured.currency);
        let position = self.orders.iter().position(|share| share.order == order.id).unwrap_or(self.orders.len());
        if position == self.orders.len() {
            self.orders.push(OrderShare::open(order.id, zero));
        }
        let of_payment = self.captured.minus(self.reserved)?;
        let share = self.orders.get_mut(position).ok_or(RefundError::Nothing)?;
        let left = order.totals.total.minus(share.reserved)?;
        let left = if left.amount < of_payment.amount { left } else { of_payment };
        let (amount, lines) = match portion {
            Portion::Rest => (left, rest_of_lines(order, &share.lines)),
            Portion::Amount(amount) => (*amount, Vec::new()),
            Portion::Lines(lines) => (price_of(order, &share.lines, lines)?, lines.clone()),
        };
        fits(amount, left)?;
        share.reserved = share.reserved.plus(amount)?;
        add_lines(&mut share.lines, &lines);
        self.reserved = self.reserved.plus(amount)?;
        self.version = self.version.saturating_add(1);
        Ok((self, amount, lines))
    }

    /// Sets money aside that no order was paid by: pieces and rights of orders have nothing to do with it.
    fn set_money_aside(mut self, portion: &Portion) -> Result<(Self, Money, Vec<RefundLine>), RefundError> {
        let left = self.left()?;
        let amount = match portion {
            Portion::Rest => left,
            Portion::Amount(amount) => *amount,
            Portion::Lines(lines) => {
                return Err(lines.first().map_or(RefundError::Nothing, |line| RefundError::UnknownLine(line.line)));
            }
        };
        fits(amount, left)?;
        self.reserved = self.reserved.plus(amount)?;
        self.version = self.version.saturating_add(1);
        Ok((self, amount, Vec::new()))
    }

    /// Notes that a refund went back; `order` is the order that it is for.
    ///
    /// # Errors
    /// When the refund was never set aside here.
    pub fn succeed(mut self, refund: &Refund, order: Option<&Order>) -> Result<(Self, Returned), RefundError> {
        self.refunded = self.refunded.plus(refund.amount)?;
        let zero = Money::zero(self.captured.currency);
        let (mut before, mut whole_order, mut lost_files) = (zero, false, Vec::new());
        if let Some(order) = order {
            let share = self.orders.iter_mut().find(|share| share.order == order.id).ok_or(RefundError::Nothing)?;
            let lost_before = share.lost_files(order);
            before = share.refunded;
            share.refunded = share.refunded.plus(refund.amount)?;
            add_lines(&mut share.returned, &refund.lines);
            whole_order = share.refunded == order.totals.total;
            lost_files = share.lost_files(order);
            lost_files.retain(|file| !lost_before.contains(file));
        }
        self.version = self.version.saturating_add(1);
        let whole_payment = self.refunded == self.captured;
        Ok((self, Returned { before, whole_payment, whole_order, lost_files }))
    }

    /// Notes that the provider refused a refund: its money and its pieces can be given back otherwise.
    ///
    /// # Errors
    /// When the refund was never set aside here.
    pub fn fail(mut self, refund: &Refund) -> Result<Self, RefundError> {
        self.reserved = self.reserved.minus(refund.amount)?;
        if let Some(order) = refund.order {
            let share = self.orders.iter_mut().find(|share| share.order == order).ok_or(RefundError::Nothing)?;
            share.reserved = share.reserved.minus(refund.amount)?;
            for line in &refund.lines {
                if let Some(known) = share.lines.iter_mut().find(|known| known.line == line.line) {
                    known.quantity = known.quantity.saturating_sub(line.quantity);
                }
            }
            share.lines.retain(|line| line.quantity > 0);
        }
        self.version = self.version.saturating_add(1);
        Ok(self)
    }
}

#[cfg(test)]
mod tests;
