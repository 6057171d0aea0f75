//! Credit notes: documents that take back an invoice, or a part of it, when money went back.
//!
//! What a note takes back is worked out from the order and from the notes before it: pieces that were given back are
//! taken from their lines, everything else from what is left of all lines and of the shipping, in proportion. The tax of a
//! line goes with it, counted up to and including the note, less what earlier notes took.
//!
//! Invariant: the parts of a note add up to the money that went back, nothing is taken twice, and the notes of an order of
//! which all went back take exactly what its invoice says, line by line and rate by rate.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::id::{CreditNoteId, OrderGroupId, OrderId, PaymentId, RefundId, SellerId, UserId};
use crate::money::{Money, MoneyError};
use crate::order::Order;
use crate::refund::{Refund, RefundLine, paid_for, paid_for_shipping};

/// The credit note of one refund. Its number never changes; its document is stored once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreditNote {
    /// The credit note's id.
    pub id: CreditNoteId,
    /// The number on the document, such as `CN-HAAT-2026-0001`.
    pub number: String,
    /// The place among the notes of its order, from 1.
    pub place: u32,
    /// The refund that it is for.
    pub refund: RefundId,
    /// The payment that the money was taken from.
    pub payment: PaymentId,
    /// The order whose invoice it takes back.
    pub order: OrderId,
    /// The checkout of the order.
    pub group: OrderGroupId,
    /// The buyer.
    pub user: UserId,
    /// The seller.
    pub seller: SellerId,
    /// The number of the invoice.
    pub invoice: String,
    /// Why, as it was said when the refund was asked for.
    pub reason: String,
    /// What it takes back.
    pub credit: Credit,
    /// When the number was taken: the date of the note.
    pub issued_at: Timestamp,
    /// Where the document is; none until it is stored.
    pub object_key: Option<String>,
    /// When the document was stored.
    pub stored_at: Option<Timestamp>,
}

/// What is taken back of an order. All amounts are positive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Credit {
    /// What went back: the sum of the parts.
    pub amount: Money,
    /// What is taken back of lines, in the order of the lines.
    pub lines: Vec<CreditedLine>,
    /// What is taken back of the shipping, with its tax.
    pub shipping: Money,
    /// The tax in it; none where shipping was not taxed.
    #[serde(default)]
    pub shipping_tax: Option<Money>,
}

/// What is taken back of one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreditedLine {
    /// The place of the line in its order, from 0.
    pub line: u32,
    /// How many pieces were given back; 0 where only a part of the price was.
    pub quantity: u32,
    /// The part of what was paid for the line, with its tax.
    pub amount: Money,
    /// The tax in it.
    pub tax: Money,
}

/// Something that money can be taken back of: a line, or the shipping after the last one.
struct Part {
    left: Money,
    wanted: Money,
    taken: Money,
}

impl Credit {
    /// Works out what a refund takes back of its order, after the notes `before`.
    ///
    /// # Errors
    /// When more goes back than is left, which the book of the payment rules out, or a sum is out of range.
    pub fn of(order: &Order, before: &[CreditNote], refund: &Refund) -> Result<Self, MoneyError> {
        let zero = Money::zero(order.totals.total.currency);
        let mut parts = Vec::with_capacity(order.lines.len().saturating_add(1));
        for (line, place) in order.lines.iter().zip(0u32..) {
            let paid = paid_for(line, order.tax_mode)?;
            let pieces = quantity_of(&refund.lines, place);
            let wanted = paid.ratio(pieces.into(), line.quantity.get().into())?;
            parts.push(Part { left: paid.minus(taken_of(before, place, zero)?.amount)?, wanted, taken: zero });
        }
        let shipped = Money::sum(zero.currency, before.iter().map(|note| note.credit.shipping))?;
        let paid_for_shipping = paid_for_shipping(order)?;
        parts.push(Part { left: paid_for_shipping.minus(shipped)?, wanted: zero, taken: zero });

        let mut rest = refund.amount;
        let wanted = Money::sum(zero.currency, parts.iter().map(|part| part.wanted))?;
        if wanted.amount > 0 {
            // Pieces may have cost a unit more or less than their share, depending on which went first.
            let of_pieces = if wanted.amount < rest.amount { wanted } else { rest };
            let weights: Vec<u64> = parts.iter().map(|part| part.wanted.amount.unsigned_abs()).collect();
            for (part, share) in parts.iter_mut().zip(of_pieces.allocate(&weights)) {
                rest = rest.minus(part.take(share)?)?;
            }
        }
        rest = spread(&mut parts, rest)?;
        if rest.amount != 0 {
            return Err(MoneyError::Overflow);
        }
        let shipping = parts.pop().map_or(zero, |part| part.taken);
        let shipping_tax = match order.shipping_tax {
            Some(whole) => {
                let known = Money::sum(zero.currency, before.iter().filter_map(|note| note.credit.shipping_tax))?;
                Some(tax_upto(whole.tax, paid_for_shipping, shipped.plus(shipping)?)?.minus(known)?)
            }
            None => None,
        };
        let mut lines = Vec::new();
        for ((line, part), place) in order.lines.iter().zip(parts).zip(0u32..) {
            let quantity = quantity_of(&refund.lines, place);
            if part.taken.amount == 0 && quantity == 0 {
                continue;
            }
            let known = taken_of(before, place, zero)?;
            let paid = paid_for(line, order.tax_mode)?;
            let tax = tax_upto(line.tax, paid, known.amount.plus(part.taken)?)?.minus(known.tax)?;
            lines.push(CreditedLine { line: place, quantity, amount: part.taken, tax });
        }
        Ok(Self { amount: refund.amount, lines, shipping, shipping_tax })
    }
}

impl Part {
    /// Takes as much of `wanted` as is left, and returns how much that is.
    fn take(&mut self, wanted: Money) -> Result<Money, MoneyError> {
        let taken = if wanted.amount < self.left.amount { wanted } else { self.left };
        (self.left, self.taken) = (self.left.minus(taken)?, self.taken.plus(taken)?);
        Ok(taken)
    }
}

/// Takes an amount from all parts in proportion to what is left of them. Returns what found no place.
fn spread(parts: &mut [Part], amount: Money) -> Result<Money, MoneyError> {
    let mut rest = amount;
    // A part's share of the rounding may be more than is left of it, so what it can't give is asked of the others.
    while rest.amount > 0 && parts.iter().any(|part| part.left.amount > 0) {
        let weights: Vec<u64> = parts.iter().map(|part| part.left.amount.unsigned_abs()).collect();
        for (part, share) in parts.iter_mut().zip(rest.allocate(&weights)) {
            rest = rest.minus(part.take(share)?)?;
        }
    }
    Ok(rest)
}

/// Returns the tax in the first `part` of what was paid.
fn tax_upto(tax: Money, paid: Money, part: Money) -> Result<Money, MoneyError> {
    // What cost nothing has no tax.
    if paid.amount == 0 {
        return Ok(Money::zero(tax.currency));
    }
    tax.ratio(part.amount.unsigned_abs(), paid.amount.unsigned_abs())
}

fn quantity_of(lines: &[RefundLine], place: u32) -> u32 {
    lines.iter().find(|line| line.line == place).map_or(0, |line| line.quantity)
}

/// Adds up what notes took of one line.
fn taken_of(notes: &[CreditNote], place: u32, zero: Money) -> Result<CreditedLine, MoneyError> {
    let mut sum = CreditedLine { line: place, quantity: 0, amount: zero, tax: zero };
    for taken in notes.iter().flat_map(|note| &note.credit.lines).filter(|taken| taken.line == place) {
        sum.quantity = sum.quantity.saturating_add(taken.quantity);
        (sum.amount, sum.tax) = (sum.amount.plus(taken.amount)?, sum.tax.plus(taken.tax)?);
    }
    Ok(sum)
}

#[cfg(test)]
mod tests;
