//! Rules of request fields, as `garde` wants them: all broken ones are reported at once.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

use domain::catalog::rules::{self, BrokenRule};
use domain::catalog::{NotAProduct, Size, TaxClass};
use domain::money::{Currency, Money};
use domain::pricing::TaxSettings;
use web::{Code, Problem};

/// Demands that the text is a `T`.
pub(crate) fn text<T: FromStr<Err: Display>>(text: &str, _: &()) -> garde::Result {
    text.parse::<T>().map(drop).map_err(garde::Error::new)
}

/// Demands a price above zero.
pub(crate) fn price(price: &Money, _: &()) -> garde::Result {
    of(rules::price(*price))
}

/// Demands a surcharge of zero or more.
pub(crate) fn surcharge(price: &Money, _: &()) -> garde::Result {
    of(rules::surcharge(*price))
}

/// Demands an extent of 1 mm to 10 m each way.
pub(crate) fn size(size: &Size, _: &()) -> garde::Result {
    of(rules::size(*size))
}

/// Demands the name of a material.
pub(crate) fn material_name(name: &str, _: &()) -> garde::Result {
    of(rules::material_name(name))
}

/// Demands up to 30 attributes with short names and values.
pub(crate) fn attributes(attributes: &BTreeMap<String, String>, _: &()) -> garde::Result {
    of(rules::attributes(attributes))
}

/// Demands that no value comes twice.
pub(crate) fn unique<T: Ord>(values: &[T], _: &()) -> garde::Result {
    of(rules::distinct(values, usize::MAX))
}

fn of(judged: Result<(), BrokenRule>) -> garde::Result {
    judged.map_err(garde::Error::new)
}

/// Demands a tax class that products can choose.
///
/// # Errors
/// With 400 naming the field.
pub(crate) fn tax_class(class: TaxClass, tax: &TaxSettings) -> Result<(), Problem> {
    if tax.offers(class) { Ok(()) } else { Err(Problem::invalid("taxClass", "must be a tax class of the marketplace")) }
}

/// Demands that an amount is in the tenant's currency.
///
/// # Errors
/// With 400 naming the field.
pub(crate) fn currency(field: &str, amount: Money, wanted: Currency) -> Result<(), Problem> {
    if amount.currency == wanted {
        Ok(())
    } else {
        Err(Problem::invalid(format!("{field}.currency"), format!("must be {wanted}")))
    }
}

/// Turns a text that has passed its rule into a `T`.
///
/// # Errors
/// With 400 naming the field.
pub(crate) fn read<T: FromStr<Err: Display>>(field: &str, text: &str) -> Result<T, Problem> {
    text.parse().map_err(|error: T::Err| Problem::invalid(field, error.to_string()))
}

/// Says why a product can't be what a request asks for.
pub(crate) fn not_a_product(wrong: NotAProduct) -> Problem {
    match wrong {
        NotAProduct::Missing(field) => Problem::invalid(field, wrong.to_string()),
        NotAProduct::Archives => Problem::invalid("status", wrong.to_string()),
        NotAProduct::Archived => Problem::new(Code::InvalidTransition),
    }
}
