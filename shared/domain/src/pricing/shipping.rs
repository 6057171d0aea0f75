//! What it costs to send parcels.

use serde::{Deserialize, Serialize};

use crate::money::{Currency, MAX_AMOUNT, Money};

/// The most bands that a tenant may have.
pub const MAX_BANDS: usize = 50;

/// What a tenant asks for shipping of a whole checkout.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ShippingSettings {
    /// The prices by weight, lightest first. One band without a limit is a flat price.
    pub bands: Vec<WeightBand>,
    /// From which value of goods on shipping is free, after the discount; none is never.
    #[serde(default)]
    pub free_above: Option<Money>,
}

/// The price up to a weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WeightBand {
    /// The heaviest checkout that it is for, in grams; none is any weight.
    #[serde(default)]
    pub up_to_grams: Option<u64>,
    /// The price.
    pub price: Money,
}

/// Why prices of shipping can't be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidShipping {
    /// There is no band, or more than [`MAX_BANDS`].
    #[error("must have 1 to 50 bands")]
    Count,
    /// The bands don't get heavier, or one follows the band for any weight.
    #[error("must have bands of rising weight, and none after one without a limit")]
    Order,
    /// An amount is negative, too large, or in another currency than the tenant's.
    #[error("must have amounts in the tenant's currency that are not negative or too large")]
    Amount,
}

/// The checkout is heavier than anything that the tenant sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the tenant does not ship anything so heavy")]
pub struct TooHeavy;

impl ShippingSettings {
    /// Asks the same for whatever is sent.
    pub fn flat(price: Money) -> Self {
        Self { bands: vec![WeightBand { up_to_grams: None, price }], free_above: None }
    }

    /// Tells whether shipping never costs anything.
    pub fn is_free(&self) -> bool {
        self.bands.iter().all(|band| band.price.amount == 0)
    }

    /// Checks the bands and their currency.
    ///
    /// # Errors
    /// With the first reason why they can't be used.
    pub fn check(&self, currency: Currency) -> Result<(), InvalidShipping> {
        if self.bands.is_empty() || self.bands.len() > MAX_BANDS {
            return Err(InvalidShipping::Count);
        }
        let heaviest = |band: &WeightBand| band.up_to_grams.unwrap_or(u64::MAX);
        if !self.bands.iter().zip(self.bands.iter().skip(1)).all(|(one, next)| heaviest(one) < heaviest(next)) {
            return Err(InvalidShipping::Order);
        }
        let fits = |price: &Money| price.currency == currency && (0..=MAX_AMOUNT).contains(&price.amount);
        let all_fit = self.bands.iter().map(|band| &band.price).chain(&self.free_above).all(fits);
        if all_fit { Ok(()) } else { Err(InvalidShipping::Amount) }
    }

    /// Returns the price of sending `grams` of goods worth `goods`.
    ///
    /// # Errors
    /// When no band reaches so far.
    pub fn price(&self, grams: u64, goods: Money) -> Result<Money, TooHeavy> {
        let band = self.bands.iter().find(|band| band.up_to_grams.is_none_or(|most| grams <= most)).ok_or(TooHeavy)?;
        let is_free = self.free_above.is_some_and(|from| goods.amount >= from.amount);
        Ok(if is_free { Money::zero(band.price.currency) } else { band.price })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inr(amount: i64) -> Money {
        Money::new(amount, Currency::Inr)
    }

    fn bands(bands: &[(Option<u64>, i64)]) -> ShippingSettings {
        let bands = bands.iter().map(|(most, price)| WeightBand { up_to_grams: *most, price: inr(*price) }).collect();
        ShippingSettings { bands, free_above: Some(inr(100_000)) }
    }

    #[test]
    fn the_first_band_that_is_heavy_enough_gives_the_price() {
        let settings = bands(&[(Some(500), 40), (Some(2_000), 90), (Some(10_000), 200)]);
        assert_eq!(settings.check(Currency::Inr), Ok(()));
        let price = |grams| settings.price(grams, inr(99_999));
        assert_eq!([price(0), price(500), price(501), price(10_000)].map(|p| p.unwrap().amount), [40, 40, 90, 200]);
        assert_eq!(price(10_001), Err(TooHeavy));
        // Free, but no heavier than that.
        assert_eq!(settings.price(501, inr(100_000)), Ok(inr(0)));
        assert_eq!(settings.price(10_001, inr(100_000)), Err(TooHeavy));
        assert_eq!(ShippingSettings::flat(inr(70)).price(u64::MAX, inr(i64::MAX)), Ok(inr(70)));
    }

    #[test]
    fn bands_that_make_no_sense_are_refused() {
        let check = |list: &[(Option<u64>, i64)]| bands(list).check(Currency::Inr);
        assert_eq!(check(&[]), Err(InvalidShipping::Count));
        assert_eq!(check(&[(None, 1); 51]), Err(InvalidShipping::Count));
        assert_eq!(check(&[(Some(5), 1), (Some(5), 2)]), Err(InvalidShipping::Order));
        assert_eq!(check(&[(None, 1), (Some(5), 2)]), Err(InvalidShipping::Order));
        assert_eq!(check(&[(None, 1), (None, 2)]), Err(InvalidShipping::Order));
        assert_eq!(check(&[(None, -1)]), Err(InvalidShipping::Amount));
        assert_eq!(bands(&[(None, 1)]).check(Currency::Usd), Err(InvalidShipping::Amount));
    }
}
