//! What was paid for the lines of an order, and what of them goes back.

use serde::{Deserialize, Serialize};

use super::RefundError;
use crate::money::{Money, MoneyError};
use crate::order::Order;
use crate::pricing::OrderLine;
use crate::tenant::TaxMode;

/// Pieces of one line of an order that are given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RefundLine {
    /// The place of the line in its order, from 0.
    pub line: u32,
    /// How many pieces.
    pub quantity: u32,
}

/// Returns what was paid for a line, with its tax.
///
/// # Errors
/// When the sum is out of range.
pub fn paid_for(line: &OrderLine, mode: TaxMode) -> Result<Money, MoneyError> {
    match mode {
        TaxMode::Inclusive => line.charged(),
        TaxMode::Exclusive => line.charged()?.plus(line.tax),
    }
}

/// Returns what was paid for the shipping of an order, with its tax.
///
/// # Errors
/// When the sum is out of range.
pub fn paid_for_shipping(order: &Order) -> Result<Money, MoneyError> {
    match (order.tax_mode, order.shipping_tax) {
        (TaxMode::Exclusive, Some(of_shipping)) => order.totals.shipping.plus(of_shipping.tax),
        _ => Ok(order.totals.shipping),
    }
}

pub(super) fn add_lines(known: &mut Vec<RefundLine>, more: &[RefundLine]) {
    for line in more {
        match known.iter_mut().find(|known| known.line == line.line) {
            Some(known) => known.quantity = known.quantity.saturating_add(line.quantity),
            None => known.push(*line),
        }
    }
}

pub(super) fn given_back(known: &[RefundLine], line: u32) -> u32 {
    known.iter().find(|known| known.line == line).map_or(0, |known| known.quantity)
}

/// Checks that an amount can be taken from what is left.
pub(super) fn fits(amount: Money, left: Money) -> Result<(), RefundError> {
    if amount.is_negative() {
        return Err(RefundError::Nothing);
    }
    if amount.currency != left.currency {
        return Err(MoneyError::CurrencyMismatch.into());
    }
    if amount.amount > left.amount {
        return Err(RefundError::TooLarge { left });
    }
    Ok(())
}

/// Prices pieces so that all pieces of a line, however they are split, come to what was paid for the line.
pub(super) fn price_of(order: &Order, known: &[RefundLine], lines: &[RefundLine]) -> Result<Money, RefundError> {
    let mut sum = Money::zero(order.totals.total.currency);
    for (index, asked) in lines.iter().enumerate() {
        let place = usize::try_from(asked.line).map_err(|_| RefundError::UnknownLine(asked.line))?;
        let line = order.lines.get(place).ok_or(RefundError::UnknownLine(asked.line))?;
        if lines.iter().take(index).any(|other| other.line == asked.line) {
            return Err(RefundError::UnknownLine(asked.line));
        }
        let (before, of) = (given_back(known, asked.line), line.quantity.get());
        let left = of.saturating_sub(before);
        if asked.quantity > left {
            return Err(RefundError::TooManyPieces { line: asked.line, left });
        }
        let paid = paid_for(line, order.tax_mode)?;
        let share = |pieces: u32| paid.ratio(pieces.into(), of.into());
        sum = sum.plus(share(before.saturating_add(asked.quantity))?.minus(share(before)?)?)?;
    }
    Ok(sum)
}

/// Returns the pieces of an order that are not among the `known`.
pub fn rest_of_lines(order: &Order, known: &[RefundLine]) -> Vec<RefundLine> {
    let rest = order.lines.iter().zip(0u32..).map(|(line, place)| RefundLine {
        line: place,
        quantity: line.quantity.get().saturating_sub(given_back(known, place)),
    });
    rest.filter(|line| line.quantity > 0).collect()
}
