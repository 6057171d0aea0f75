//! Rules of request fields, as `garde` wants them: all broken ones are reported at once.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::hash::Hash;
use std::str::FromStr;

use domain::catalog::{MAX_PRICE, Size};
use domain::money::{Currency, Money};
use web::Problem;

/// Demands that the text is a `T`.
pub(crate) fn text<T: FromStr<Err: Display>>(text: &str, _: &()) -> garde::Result {
    text.parse::<T>().map(drop).map_err(garde::Error::new)
}

/// Demands a price above zero.
pub(crate) fn price(price: &Money, _: &()) -> garde::Result {
    in_range(price, 1)
}

/// Demands a surcharge of zero or more.
pub(crate) fn surcharge(price: &Money, _: &()) -> garde::Result {
    in_range(price, 0)
}

fn in_range(price: &Money, least: i64) -> garde::Result {
    if (least..=MAX_PRICE).contains(&price.amount) {
        Ok(())
    } else {
        Err(garde::Error::new(format!("must have an amount of {least} to {MAX_PRICE} minor units")))
    }
}

/// Demands an extent of 1 mm to 10 m each way.
pub(crate) fn size(size: &Size, _: &()) -> garde::Result {
    if [size.width, size.depth, size.height].iter().all(|side| (1..=10_000).contains(side)) {
        Ok(())
    } else {
        Err(garde::Error::new("must be 1 to 10000 mm each way"))
    }
}

/// Demands that no value comes twice.
pub(crate) fn unique<T: Hash + Ord>(values: &[T], _: &()) -> garde::Result {
    if values.iter().collect::<BTreeSet<_>>().len() == values.len() {
        Ok(())
    } else {
        Err(garde::Error::new("must not name anything twice"))
    }
}

/// Demands up to 30 attributes with short names and values.
pub(crate) fn attributes(attributes: &BTreeMap<String, String>, _: &()) -> garde::Result {
    let short = |(name, value): (&String, &String)| {
        (1..=50).contains(&name.chars().count()) && (1..=500).contains(&value.chars().count())
    };
    if attributes.len() <= 30 && attributes.iter().all(short) {
        Ok(())
    } else {
        Err(garde::Error::new("must be at most 30, each with a name of 1 to 50 and a text of 1 to 500 characters"))
    }
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
