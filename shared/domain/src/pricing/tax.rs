//! Which tax rate applies to what, and where it goes.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::address::PostalAddress;
use crate::catalog::TaxClass;
use crate::money::{Money, MoneyError};
use crate::tenant::TaxMode;

/// The most rates that a tenant may have.
pub const MAX_RATES: usize = 200;
/// The most tax classes that a tenant may name itself.
pub const MAX_CLASSES: usize = 50;
/// The highest rate, in basis points: 100 %.
pub const MAX_RATE_BP: u32 = 10_000;

/// How a tenant taxes what is sold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TaxSettings {
    /// Whether prices contain the tax.
    pub mode: TaxMode,
    /// The rates; the most specific one applies.
    pub rates: Vec<TaxRate>,
    /// The classes that the tenant has named itself.
    #[serde(default)]
    pub classes: Vec<NamedTaxClass>,
    /// As what shipping is taxed; none is not at all.
    #[serde(default)]
    pub shipping_class: Option<TaxClass>,
}

/// A tax class of the tenant's own. It is never taken back, because products may name it: a retired one goes on being taxed as
/// its rates say, and no product can choose it any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NamedTaxClass {
    /// The name by which products and rates know it.
    pub name: TaxClass,
    /// Whether products can't choose it any more.
    #[serde(default)]
    pub retired: bool,
}

/// The rate of one tax class in one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TaxRate {
    /// What it is for.
    pub class: TaxClass,
    /// The ISO 3166-1 alpha-2 code of the country; none is everywhere.
    #[serde(default)]
    pub country: Option<String>,
    /// The state within the country, as addresses write it; none is the whole country.
    #[serde(default)]
    pub state: Option<String>,
    /// The rate in basis points (1800 is 18 %).
    pub rate_bp: u32,
}

/// The part of an address that tax depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Region {
    country: String,
    state: Option<String>,
}

impl From<&PostalAddress> for Region {
    fn from(address: &PostalAddress) -> Self {
        Self { country: plain(&address.country), state: address.state.as_deref().map(plain) }
    }
}

/// Makes names comparable: people write states in any case.
fn plain(name: &str) -> String {
    name.trim().to_lowercase()
}

/// Why rates can't be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTax {
    /// There are more than [`MAX_RATES`].
    #[error("must be at most 200 rates")]
    TooMany,
    /// A rate is above [`MAX_RATE_BP`].
    #[error("must have rates of at most 10000 basis points")]
    Rate,
    /// A country is no code of two capital letters, or a state has no country or no name.
    #[error("must name countries by two capital letters, and states only with their country")]
    Place,
    /// There are more than [`MAX_CLASSES`] classes, one is named twice, or has the name of one that every tenant has.
    #[error("must be at most 50 classes, each named once, with none of the names STANDARD, REDUCED, ZERO and EXEMPT")]
    Classes,
    /// A rate is for a class that there is not.
    #[error("must have rates of classes that are named")]
    UnknownClass,
    /// Shipping is taxed by a class that there is not.
    #[error("must tax shipping by a class that is named")]
    UnknownShippingClass,
    /// A class was left out that there was.
    #[error("must keep every class, because products may name it: retire it instead")]
    ClassGone,
    /// Two rates are for the same class in the same place.
    #[error("must name each class once for each place")]
    Twice,
}

impl TaxSettings {
    /// Taxes everything at one rate, wherever it goes.
    pub fn flat(rate_bp: u32, mode: TaxMode) -> Self {
        let rates = vec![TaxRate { class: TaxClass::Standard, country: None, state: None, rate_bp }];
        let rates = if rate_bp == 0 { Vec::new() } else { rates };
        Self { mode, rates, classes: Vec::new(), shipping_class: None }
    }

    /// Checks that of any two rates at most one applies.
    ///
    /// # Errors
    /// With the first reason why not.
    pub fn check(&self) -> Result<(), InvalidTax> {
        if self.rates.len() > MAX_RATES {
            return Err(InvalidTax::TooMany);
        }
        let own = |class: &NamedTaxClass| matches!(class.name, TaxClass::Own(_));
        let names: BTreeSet<TaxClass> = self.classes.iter().map(|class| class.name).collect();
        if self.classes.len() > MAX_CLASSES || names.len() < self.classes.len() || !self.classes.iter().all(own) {
            return Err(InvalidTax::Classes);
        }
        if !self.rates.iter().all(|rate| self.knows(rate.class)) {
            return Err(InvalidTax::UnknownClass);
        }
        if !self.shipping_class.is_none_or(|class| self.knows(class)) {
            return Err(InvalidTax::UnknownShippingClass);
        }
        for (index, rate) in self.rates.iter().enumerate() {
            if rate.rate_bp > MAX_RATE_BP {
                return Err(InvalidTax::Rate);
            }
            let code = |text: &String| text.len() == 2 && text.bytes().all(|b| b.is_ascii_uppercase());
            let named = |text: &String| !text.trim().is_empty() && text.chars().count() <= 100;
            if !rate.country.as_ref().is_none_or(code)
                || !rate.state.as_ref().is_none_or(named)
                || (rate.state.is_some() && rate.country.is_none())
            {
                return Err(InvalidTax::Place);
            }
            if self.rates.iter().take(index).any(|other| other.is_for_the_same(rate)) {
                return Err(InvalidTax::Twice);
            }
        }
        Ok(())
    }

    /// Checks that no class is missing that there was `before`.
    ///
    /// # Errors
    /// When one is.
    pub fn check_after(&self, before: &Self) -> Result<(), InvalidTax> {
        let kept = before.classes.iter().all(|class| self.knows(class.name));
        if kept { Ok(()) } else { Err(InvalidTax::ClassGone) }
    }

    /// Tells whether there is such a class, retired or not.
    pub fn knows(&self, class: TaxClass) -> bool {
        TaxClass::GIVEN.contains(&class) || self.classes.iter().any(|known| known.name == class)
    }

    /// Tells whether a product can choose a class.
    pub fn offers(&self, class: TaxClass) -> bool {
        TaxClass::GIVEN.contains(&class) || self.classes.iter().any(|known| known.name == class && !known.retired)
    }

    /// Returns the rate of a class in basis points, for what goes to `region`: that of the state before that of the
    /// country before that of everywhere. Without a region only rates for everywhere apply.
    ///
    /// A class that has no rate there is taxed like [`TaxClass::Standard`], except for what is never taxed.
    pub fn rate_bp(&self, class: TaxClass, region: Option<&Region>) -> u32 {
        if matches!(class, TaxClass::Zero | TaxClass::Exempt) {
            return 0;
        }
        let of = |class| {
            let fitting = self.rates.iter().filter(|rate| rate.class == class);
            fitting.filter_map(|rate| Some((rate.fit(region)?, rate.rate_bp))).max_by_key(|(fit, _)| *fit)
        };
        of(class).or_else(|| of(TaxClass::Standard)).map_or(0, |(_, rate)| rate)
    }
}

impl TaxRate {
    fn is_for_the_same(&self, other: &Self) -> bool {
        let place = |rate: &Self| (rate.class, rate.country.clone(), rate.state.as_deref().map(plain));
        place(self) == place(other)
    }

    /// Returns how specific the rate is for a region; none when it is for another.
    fn fit(&self, region: Option<&Region>) -> Option<u8> {
        let Some(country) = &self.country else {
            return Some(0);
        };
        let region = region.filter(|region| region.country == plain(country))?;
        match &self.state {
            None => Some(1),
            Some(state) => (region.state == Some(plain(state))).then_some(2),
        }
    }
}

/// Returns the tax on an amount, rounded half to even.
///
/// # Errors
/// When the tax is out of range.
pub fn tax_on(amount: Money, rate_bp: u32, mode: TaxMode) -> Result<Money, MoneyError> {
    let rate = u64::from(rate_bp);
    match mode {
        TaxMode::Exclusive => amount.ratio(rate, 10_000),
        TaxMode::Inclusive => amount.ratio(rate, rate.saturating_add(10_000)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::money::Currency;

    fn inr(amount: i64) -> Money {
        Money::new(amount, Currency::Inr)
    }

    fn rate(class: TaxClass, country: Option<&str>, state: Option<&str>, rate_bp: u32) -> TaxRate {
        TaxRate { class, country: country.map(str::to_owned), state: state.map(str::to_owned), rate_bp }
    }

    fn region(country: &str, state: Option<&str>) -> Region {
        Region { country: plain(country), state: state.map(plain) }
    }

    #[test]
    fn tax_rounds_half_to_even_in_both_modes() {
        // 18 % of 25 paise is 4.5 → 4; of 75 paise 13.5 → 14.
        assert_eq!(tax_on(inr(25), 1800, TaxMode::Exclusive), Ok(inr(4)));
        assert_eq!(tax_on(inr(75), 1800, TaxMode::Exclusive), Ok(inr(14)));
        // 118 contains exactly 18.
        assert_eq!(tax_on(inr(118), 1800, TaxMode::Inclusive), Ok(inr(18)));
        assert_eq!(tax_on(inr(118), 0, TaxMode::Inclusive), Ok(inr(0)));
    }

    #[test]
    fn the_most_specific_rate_applies() {
        use TaxClass::{Exempt, Reduced, Standard, Zero};
        let tax = TaxSettings {
            mode: TaxMode::Exclusive,
            rates: vec![
                rate(Standard, None, None, 1),
                rate(Standard, Some("IN"), None, 1800),
                rate(Standard, Some("IN"), Some("Kerala"), 1900),
                rate(Reduced, Some("IN"), None, 500),
            ],
            classes: Vec::new(),
            shipping_class: None,
        };
        assert_eq!(tax.check(), Ok(()));
        let kerala = region("IN", Some(" KERALA "));
        assert_eq!(tax.rate_bp(Standard, Some(&kerala)), 1900);
        assert_eq!(tax.rate_bp(Standard, Some(&region("IN", Some("Goa")))), 1800);
        assert_eq!(tax.rate_bp(Standard, Some(&region("IN", None))), 1800);
        // The same state's name elsewhere is another state.
        assert_eq!(tax.rate_bp(Standard, Some(&region("US", Some("Kerala")))), 1);
        assert_eq!(tax.rate_bp(Standard, None), 1);
        // A rate of the class itself goes before a closer one of the standard class.
        assert_eq!(tax.rate_bp(Reduced, Some(&kerala)), 500);
        assert_eq!(tax.rate_bp(Reduced, Some(&region("US", None))), 1);
        assert_eq!([tax.rate_bp(Zero, Some(&kerala)), tax.rate_bp(Exempt, Some(&kerala))], [0, 0]);
        assert_eq!(TaxSettings::flat(0, TaxMode::Inclusive).rate_bp(Standard, Some(&kerala)), 0);
    }

    #[test]
    fn rates_that_contradict_each_other_are_refused() {
        let check = |rates: Vec<TaxRate>| {
            TaxSettings { mode: TaxMode::Inclusive, rates, classes: Vec::new(), shipping_class: None }.check()
        };
        let standard = |country, state, bp| rate(TaxClass::Standard, country, state, bp);
        assert_eq!(check(vec![standard(None, None, 10_001)]), Err(InvalidTax::Rate));
        assert_eq!(check(vec![standard(Some("in"), None, 1)]), Err(InvalidTax::Place));
        assert_eq!(check(vec![standard(None, Some("Goa"), 1)]), Err(InvalidTax::Place));
        assert_eq!(check(vec![standard(Some("IN"), Some(" "), 1)]), Err(InvalidTax::Place));
        let twice = vec![standard(Some("IN"), Some("Goa"), 1), standard(Some("IN"), Some("goa "), 2)];
        assert_eq!(check(twice), Err(InvalidTax::Twice));
        assert_eq!(check(vec![standard(None, None, 1); 201]), Err(InvalidTax::TooMany));
    }

    #[test]
    fn a_tenants_own_class_has_its_rate_and_is_retired_but_never_gone() {
        let named = |name: &str, retired| NamedTaxClass { name: name.parse().unwrap(), retired };
        let luxury: TaxClass = "LUXURY".parse().unwrap();
        let rates = vec![rate(TaxClass::Standard, None, None, 1_800), rate(luxury, Some("IN"), None, 2_800)];
        let of =
            |classes| TaxSettings { mode: TaxMode::Exclusive, rates: rates.clone(), classes, shipping_class: None };
        let tax = of(vec![named("LUXURY", false), named("BOOKS", false)]);
        assert_eq!(tax.check(), Ok(()));
        assert_eq!(tax.rate_bp(luxury, Some(&region("IN", None))), 2_800);
        // Without a rate of its own, elsewhere or anywhere, it is taxed like the usual.
        assert_eq!(tax.rate_bp(luxury, None), 1_800);
        assert_eq!(tax.rate_bp("BOOKS".parse().unwrap(), Some(&region("IN", None))), 1_800);
        assert_eq!(of(Vec::new()).check(), Err(InvalidTax::UnknownClass));
        assert_eq!(of(vec![named("LUXURY", false), named("LUXURY", true)]).check(), Err(InvalidTax::Classes));
        assert_eq!(of(vec![named("LUXURY", false), named("ZERO", false)]).check(), Err(InvalidTax::Classes));
        let many = (0..51).map(|number| named(&format!("C{number}"), false)).collect();
        assert_eq!(of(many).check(), Err(InvalidTax::Classes));
        let retired = of(vec![named("LUXURY", true), named("BOOKS", false)]);
        assert_eq!((retired.check(), retired.check_after(&tax)), (Ok(()), Ok(())));
        assert_eq!((tax.offers(luxury), retired.offers(luxury)), (true, false));
        assert!(retired.offers(TaxClass::Reduced) && !retired.offers("OTHER".parse().unwrap()));
        assert_eq!(retired.rate_bp(luxury, Some(&region("IN", None))), 2_800);
        assert_eq!(of(vec![named("LUXURY", false)]).check_after(&tax), Err(InvalidTax::ClassGone));
        let shipped_as = |class: &str| TaxSettings { shipping_class: Some(class.parse().unwrap()), ..tax.clone() };
        assert_eq!([shipped_as("BOOKS").check(), shipped_as("REDUCED").check()], [Ok(()), Ok(())]);
        assert_eq!(shipped_as("OTHER").check(), Err(InvalidTax::UnknownShippingClass));
    }

    proptest! {
        #[test]
        fn the_order_of_rates_does_not_matter(
            bps in prop::collection::vec(0u32..=10_000, 4),
            country in prop::sample::select(vec!["IN", "US"]),
            state in prop::option::of(prop::sample::select(vec!["Goa", "Kerala"])),
            turn in 0usize..4,
        ) {
            let places = [(None, None), (Some("IN"), None), (Some("IN"), Some("Goa")), (Some("US"), None)];
            let mut rates: Vec<_> = places
                .into_iter()
                .zip(bps)
                .map(|((country, state), bp)| rate(TaxClass::Standard, country, state, bp))
                .collect();
            let before = TaxSettings { mode: TaxMode::Exclusive, rates: rates.clone(), classes: Vec::new(), shipping_class: None };
            rates.rotate_left(turn);
            let after = TaxSettings { mode: TaxMode::Exclusive, rates, classes: Vec::new(), shipping_class: None };
            let region = region(country, state);
            prop_assert_eq!(
                before.rate_bp(TaxClass::Standard, Some(&region)),
                after.rate_bp(TaxClass::Standard, Some(&region))
            );
        }
    }
}
