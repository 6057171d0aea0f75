//! The bounds of what products and materials say about themselves: the same for a request and for a row of a file.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use super::{MAX_PRICE, Size};
use crate::money::Money;

/// The most characters that a description may have, tags included.
pub const MAX_DESCRIPTION: usize = 20_000;
/// The most that one piece may weigh, in grams.
pub const MAX_WEIGHT_GRAMS: u32 = 1_000_000;
/// The longest side of a piece, in mm.
pub const MAX_SIDE_MM: u32 = 10_000;
/// The most attributes that a product may have.
pub const MAX_ATTRIBUTES: usize = 30;
/// How many characters the name of a material has.
pub const MATERIAL_NAME: RangeInclusive<usize> = 2..=100;
/// The most pieces that a material may have.
pub const MAX_STOCK: u32 = 1_000_000;
/// The longest that a piece may take until it is ready to ship, in days.
pub const MAX_LEAD_TIME_DAYS: u32 = 365;

/// What is wrong with a value, as a sentence that goes on after its name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BrokenRule(pub(crate) Cow<'static, str>);

fn demand(holds: bool, message: impl Into<Cow<'static, str>>) -> Result<(), BrokenRule> {
    if holds { Ok(()) } else { Err(BrokenRule(message.into())) }
}

/// Demands a price above zero.
///
/// # Errors
/// With what is wrong.
pub fn price(price: Money) -> Result<(), BrokenRule> {
    in_range(price, 1)
}

/// Demands a surcharge of zero or more.
///
/// # Errors
/// With what is wrong.
pub fn surcharge(price: Money) -> Result<(), BrokenRule> {
    in_range(price, 0)
}

fn in_range(price: Money, least: i64) -> Result<(), BrokenRule> {
    let message = format!("must have an amount of {least} to {MAX_PRICE} minor units");
    demand((least..=MAX_PRICE).contains(&price.amount), message)
}

/// Demands an extent of 1 mm to 10 m each way.
///
/// # Errors
/// With what is wrong.
pub fn size(size: Size) -> Result<(), BrokenRule> {
    let sides = [size.width, size.depth, size.height];
    demand(sides.iter().all(|side| (1..=MAX_SIDE_MM).contains(side)), "must be 1 to 10000 mm each way")
}

/// Demands a number from zero to `most`.
///
/// # Errors
/// With what is wrong.
pub fn at_most(number: u32, most: u32) -> Result<(), BrokenRule> {
    demand(number <= most, format!("must be at most {most}"))
}

/// Demands a description that is not too long.
///
/// # Errors
/// With what is wrong.
pub fn description(text: &str) -> Result<(), BrokenRule> {
    demand(text.chars().count() <= MAX_DESCRIPTION, format!("must be at most {MAX_DESCRIPTION} characters"))
}

/// Demands the name of a material.
///
/// # Errors
/// With what is wrong.
pub fn material_name(text: &str) -> Result<(), BrokenRule> {
    demand(MATERIAL_NAME.contains(&text.chars().count()), "must be 2 to 100 characters")
}

/// Demands at most `most` values, none of which comes twice.
///
/// # Errors
/// With what is wrong.
pub fn distinct<T: Ord>(values: &[T], most: usize) -> Result<(), BrokenRule> {
    demand(values.len() <= most, format!("must be at most {most}"))?;
    demand(values.iter().collect::<BTreeSet<_>>().len() == values.len(), "must not name anything twice")
}

/// Demands up to 30 attributes with short names and values.
///
/// # Errors
/// With what is wrong.
pub fn attributes(attributes: &BTreeMap<String, String>) -> Result<(), BrokenRule> {
    let short = |(name, value): (&String, &String)| {
        (1..=50).contains(&name.chars().count()) && (1..=500).contains(&value.chars().count())
    };
    demand(
        attributes.len() <= MAX_ATTRIBUTES && attributes.iter().all(short),
        "must be at most 30, each with a name of 1 to 50 and a text of 1 to 500 characters",
    )
}
