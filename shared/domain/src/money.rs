//! Money in checked integer minor units. There is no floating point anywhere near it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An ISO 4217 currency that the marketplace trades in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Currency {
    /// Indian rupee, 2 decimals.
    Inr,
    /// Kuwaiti dinar, 3 decimals.
    Kwd,
    /// United States dollar, 2 decimals.
    Usd,
    /// Vietnamese đồng, no decimals.
    Vnd,
}

impl Currency {
    /// All currencies.
    pub const ALL: [Self; 4] = [Self::Inr, Self::Kwd, Self::Usd, Self::Vnd];

    /// Returns the ISO 4217 code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Inr => "INR",
            Self::Kwd => "KWD",
            Self::Usd => "USD",
            Self::Vnd => "VND",
        }
    }

    /// Returns how many decimals the minor unit has (ISO 4217).
    pub fn decimals(self) -> u32 {
        match self {
            Self::Vnd => 0,
            Self::Inr | Self::Usd => 2,
            Self::Kwd => 3,
        }
    }

    /// Returns the sign used on documents.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Inr => "₹",
            Self::Kwd => "KD",
            Self::Usd => "$",
            Self::Vnd => "₫",
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// A code that is no currency of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be one of INR, KWD, USD, VND")]
pub struct UnknownCurrency;

impl FromStr for Currency {
    type Err = UnknownCurrency;

    fn from_str(code: &str) -> Result<Self, UnknownCurrency> {
        Self::ALL.into_iter().find(|currency| currency.code() == code).ok_or(UnknownCurrency)
    }
}

/// Why money could not be computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// The amounts are in different currencies.
    #[error("amounts are in different currencies")]
    CurrencyMismatch,
    /// The result leaves the range of the amounts that we handle.
    #[error("amount out of range")]
    Overflow,
}

/// An amount of one currency, in its minor unit (paise, cents, fils; đồng has none).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Money {
    /// The number of minor units.
    pub amount: i64,
    /// The currency.
    pub currency: Currency,
}

/// The largest amount that is handled, either way: what JSON readers keep exactly (2^53 − 1).
pub const MAX_AMOUNT: i64 = 9_007_199_254_740_991;

impl Money {
    /// Makes an amount.
    pub const fn new(amount: i64, currency: Currency) -> Self {
        Self { amount, currency }
    }

    /// Returns nothing of a currency.
    pub const fn zero(currency: Currency) -> Self {
        Self::new(0, currency)
    }

    /// Tells whether the amount is below zero.
    pub fn is_negative(self) -> bool {
        self.amount < 0
    }

    fn checked(amount: i128, currency: Currency) -> Result<Self, MoneyError> {
        if amount.unsigned_abs() > u128::from(MAX_AMOUNT.unsigned_abs()) {
            return Err(MoneyError::Overflow);
        }
        i64::try_from(amount).map(|amount| Self { amount, currency }).map_err(|_| MoneyError::Overflow)
    }

    fn same_currency(self, other: Self) -> Result<(), MoneyError> {
        if self.currency == other.currency { Ok(()) } else { Err(MoneyError::CurrencyMismatch) }
    }

    /// Adds two amounts.
    ///
    /// # Errors
    /// When the currencies differ or the sum is out of range.
    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        Self::checked(i128::from(self.amount).saturating_add(i128::from(other.amount)), self.currency)
    }

    /// Subtracts `other`.
    ///
    /// # Errors
    /// When the currencies differ or the difference is out of range.
    pub fn minus(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        Self::checked(i128::from(self.amount).saturating_sub(i128::from(other.amount)), self.currency)
    }

    /// Multiplies by a quantity.
    ///
    /// # Errors
    /// When the product is out of range.
    pub fn times(self, quantity: u32) -> Result<Self, MoneyError> {
        Self::checked(i128::from(self.amount).saturating_mul(i128::from(quantity)), self.currency)
    }

    /// Adds up amounts of one currency.
    ///
    /// # Errors
    /// When an amount is in another currency or the sum is out of range.
    pub fn sum(currency: Currency, amounts: impl IntoIterator<Item = Self>) -> Result<Self, MoneyError> {
        amounts.into_iter().try_fold(Self::zero(currency), Self::plus)
    }

    /// Returns `self · numerator / denominator`, rounded half to even. A zero denominator is an overflow.
    ///
    /// # Errors
    /// When the result is out of range.
    pub fn ratio(self, numerator: u64, denominator: u64) -> Result<Self, MoneyError> {
        let denominator = i128::from(denominator);
        if denominator == 0 {
            return Err(MoneyError::Overflow);
        }
        let product = i128::from(self.amount).checked_mul(i128::from(numerator)).ok_or(MoneyError::Overflow)?;
        let (floor, rest) = (product.div_euclid(denominator), product.rem_euclid(denominator));
        let up = match rest.saturating_mul(2).cmp(&denominator) {
            std::cmp::Ordering::Less => 0,
            std::cmp::Ordering::Greater => 1,
            std::cmp::Ordering::Equal => floor.rem_euclid(2),
        };
        Self::checked(floor.saturating_add(up), self.currency)
    }

    /// Splits the amount in proportion to `weights` so that the parts add up to it exactly (largest remainder).
    /// Equal remainders go to the earlier part. All weights zero splits evenly; no weights give no parts.
    pub fn allocate(self, weights: &[u64]) -> Vec<Self> {
        let total: u128 = weights.iter().map(|weight| u128::from(*weight)).sum();
        let even = vec![1; weights.len()];
        let (weights, total) = if total == 0 { (even.as_slice(), even.len() as u128) } else { (weights, total) };
        if weights.is_empty() {
            return Vec::new();
        }
        let whole = u128::from(self.amount.unsigned_abs());
        let shares: Vec<(u128, u128)> = weights
            .iter()
            .map(|weight| {
                let product = whole.saturating_mul(u128::from(*weight));
                (product.checked_div(total).unwrap_or(0), product.checked_rem(total).unwrap_or(0))
            })
            .collect();
        let given: u128 = shares.iter().map(|(share, _)| share).sum();
        let mut order: Vec<usize> = (0..shares.len()).collect();
        order.sort_by_key(|index| std::cmp::Reverse(shares.get(*index).map(|(_, rest)| *rest)));
        let extra = usize::try_from(whole.saturating_sub(given)).unwrap_or(0);
        let lucky: std::collections::BTreeSet<usize> = order.into_iter().take(extra).collect();
        shares
            .iter()
            .enumerate()
            .map(|(index, (share, _))| {
                let magnitude = share.saturating_add(u128::from(lucky.contains(&index)));
                let magnitude = i64::try_from(magnitude).unwrap_or(i64::MAX);
                Self::new(magnitude.saturating_mul(self.amount.signum()), self.currency)
            })
            .collect()
    }
}

/// Writes the amount in major units with its code: `INR 1234.50`, `VND 5000`.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.currency, crate::amount::decimal(*self))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn inr(amount: i64) -> Money {
        Money::new(amount, Currency::Inr)
    }

    #[test]
    fn halves_round_to_the_even_neighbour() {
        for (amount, expected) in [(1, 0), (3, 2), (5, 2), (7, 4), (-1, 0), (-3, -2), (-5, -2)] {
            assert_eq!(inr(amount).ratio(1, 2), Ok(inr(expected)), "{amount}/2");
        }
    }

    #[test]
    fn amounts_out_of_range_are_refused() {
        assert_eq!(inr(MAX_AMOUNT).plus(inr(1)), Err(MoneyError::Overflow));
        assert_eq!(inr(i64::MAX).times(u32::MAX), Err(MoneyError::Overflow));
        assert_eq!(inr(1).plus(Money::new(1, Currency::Usd)), Err(MoneyError::CurrencyMismatch));
        assert_eq!(inr(1).ratio(1, 0), Err(MoneyError::Overflow));
    }

    #[test]
    fn an_amount_is_written_with_its_currencys_decimals() {
        assert_eq!(inr(-105).to_string(), "INR -1.05");
        assert_eq!(Money::new(5000, Currency::Vnd).to_string(), "VND 5000");
        assert_eq!(Money::new(1, Currency::Kwd).to_string(), "KWD 0.001");
    }

    proptest! {
        #[test]
        fn parts_add_up_to_the_whole_and_differ_from_their_share_by_less_than_one(
            amount in -MAX_AMOUNT..=MAX_AMOUNT,
            weights in prop::collection::vec(0u64..1_000_000_000, 1..40),
        ) {
            let parts = inr(amount).allocate(&weights);
            prop_assert_eq!(parts.len(), weights.len());
            prop_assert_eq!(parts.iter().map(|part| i128::from(part.amount)).sum::<i128>(), i128::from(amount));
            let total: i128 = weights.iter().map(|weight| i128::from(*weight)).sum();
            if total > 0 {
                for (part, weight) in parts.iter().zip(&weights) {
                    let off = i128::from(part.amount) * total - i128::from(amount) * i128::from(*weight);
                    prop_assert!(off.abs() < total);
                }
            }
        }

        #[test]
        fn a_ratio_is_never_further_off_than_half_a_unit(amount in -MAX_AMOUNT..=MAX_AMOUNT, rate in 0u64..=10_000) {
            let part = inr(amount).ratio(rate, 10_000).unwrap();
            let off = i128::from(part.amount) * 10_000 - i128::from(amount) * i128::from(rate);
            prop_assert!(off.abs() <= 5_000);
        }
    }
}
