//! What writes cost, by the rules that AWS publishes and the sizes of the items as they are stored.
//!
//! The local table reports one unit for each item, whatever its size, and none for indexes. DynamoDB asks one write unit for
//! each kilobyte of an item, as large as it is before or after; twice that for a part of a transaction; and one more for each
//! kilobyte and index in which the item is, was or comes to be.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;

use crate::stack::TestTenant;

type Item = HashMap<String, AttributeValue>;

/// Everything that a tenant has in the table, by key.
pub type Items = BTreeMap<(String, String), Item>;

/// What a change of the table costs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cost {
    /// How many items were written.
    pub items: u64,
    /// Their sizes in bytes, added up.
    pub bytes: u64,
    /// Write units of the table itself.
    pub table_units: u64,
    /// Write units of the indexes.
    pub index_units: u64,
}

impl TestTenant {
    /// Reads all items of the tenant.
    #[allow(clippy::expect_used, reason = "a step that fails here fails the test that asked for it")]
    #[allow(clippy::disallowed_methods, reason = "looks at everything; the tables of tests are small")]
    pub async fn items(&self) -> Items {
        let start = AttributeValue::S(format!("T#{}", self.id()));
        let scan = self.stack.dynamodb().scan().table_name(&self.stack.names.table).consistent_read(true);
        let scan = scan.filter_expression("begins_with(pk, :start)").expression_attribute_values(":start", start);
        let items = scan.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await;
        let items = items.expect("the table can be scanned").into_iter();
        items.map(|item| ((text(&item, "pk"), text(&item, "sk")), item)).collect()
    }
}

fn text(item: &Item, name: &str) -> String {
    item.get(name).and_then(|value| value.as_s().ok()).cloned().unwrap_or_default()
}

/// Computes what it costs to get from one state of the table to another in one transaction. Counters of limits are written
/// by themselves, at the simple price.
pub fn cost(before: &Items, after: &Items) -> Cost {
    let keys: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    let mut cost = Cost::default();
    for key in keys {
        let (old, new) = (before.get(key), after.get(key));
        if old == new {
            continue;
        }
        let times = if key.0.contains("#RL#") { 1 } else { 2 };
        let largest = old.into_iter().chain(new).map(size).max().unwrap_or_default();
        cost.items += 1;
        cost.bytes += largest;
        cost.table_units += times * units(largest);
        cost.index_units += ["gsi1", "gsi2"].iter().map(|index| of_index(index, old, new)).sum::<u64>();
    }
    cost
}

/// What one index costs, into which whole items are copied.
fn of_index(index: &str, old: Option<&Item>, new: Option<&Item>) -> u64 {
    let place =
        |item: &Item| Some((item.get(&format!("{index}pk"))?.clone(), item.get(&format!("{index}sk"))?.clone()));
    let (old, new) = (old.filter(|item| place(item).is_some()), new.filter(|item| place(item).is_some()));
    match (old, new) {
        // A change of the place is a removal and an addition.
        (Some(old), Some(new)) if place(old) != place(new) => units(size(old)) + units(size(new)),
        (old, new) => old.into_iter().chain(new).map(|item| units(size(item))).max().unwrap_or_default(),
    }
}

fn units(bytes: u64) -> u64 {
    bytes.div_ceil(1024).max(1)
}

/// Returns the size of an item in bytes: of the names and the values of its attributes.
fn size(item: &Item) -> u64 {
    item.iter().map(|(name, value)| name.len() as u64 + of_value(value)).sum()
}

/// Returns the size of a value, as the developer guide says under "item sizes and formats".
fn of_value(value: &AttributeValue) -> u64 {
    match value {
        AttributeValue::S(text) => text.len() as u64,
        AttributeValue::B(bytes) => bytes.as_ref().len() as u64,
        // One byte for two significant digits, and one more, and one for a sign.
        AttributeValue::N(number) => {
            let digits = number.trim_start_matches('-').trim_matches('0').chars().filter(char::is_ascii_digit).count();
            (digits as u64).div_ceil(2) + 1 + u64::from(number.starts_with('-'))
        }
        AttributeValue::L(values) => 3 + values.iter().map(|value| 1 + of_value(value)).sum::<u64>(),
        AttributeValue::M(values) => {
            3 + values.iter().map(|(name, value)| 1 + name.len() as u64 + of_value(value)).sum::<u64>()
        }
        AttributeValue::Ss(texts) | AttributeValue::Ns(texts) => texts.iter().map(|text| text.len() as u64).sum(),
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(attributes: &[(&str, usize)]) -> Item {
        let value = |length: usize| AttributeValue::S("a".repeat(length));
        attributes.iter().map(|(name, length)| ((*name).to_owned(), value(*length))).collect()
    }

    fn state(item: Item) -> Items {
        BTreeMap::from([(("T#ten".to_owned(), "A".to_owned()), item)])
    }

    #[test]
    fn a_value_is_as_large_as_the_guide_says() {
        let number = |text: &str| of_value(&AttributeValue::N(text.to_owned()));
        assert_eq!((number("0"), number("7"), number("-125"), number("1800000000")), (1, 2, 4, 2));
        assert_eq!(size(&item(&[("name", 6)])), 10);
        let list = AttributeValue::L(vec![AttributeValue::Bool(true), AttributeValue::S("ab".to_owned())]);
        assert_eq!(of_value(&list), 3 + 2 + 3);
        assert_eq!(of_value(&AttributeValue::M(HashMap::from([("x".to_owned(), list)]))), 3 + 2 + 8);
    }

    #[test]
    fn each_kilobyte_counts_twice_in_the_table_and_once_in_each_index() {
        let (small, large) = (item(&[("a", 100)]), item(&[("a", 1024)]));
        let of = |before: &Items, after: &Items| {
            let cost = cost(before, after);
            (cost.items, cost.table_units, cost.index_units)
        };
        let nothing = Items::new();
        assert_eq!(of(&nothing, &state(small.clone())), (1, 2, 0));
        assert_eq!(of(&state(large.clone()), &state(small.clone())), (1, 4, 0));
        assert_eq!(of(&state(small.clone()), &state(small)), (0, 0, 0));
        let listed = item(&[("a", 1024), ("gsi1pk", 3), ("gsi1sk", 3)]);
        let moved = item(&[("a", 1024), ("gsi1pk", 3), ("gsi1sk", 4)]);
        assert_eq!(of(&nothing, &state(listed.clone())), (1, 4, 2));
        assert_eq!(of(&state(listed.clone()), &state(moved)), (1, 4, 4));
        assert_eq!(of(&state(listed), &state(large)), (1, 4, 2));
    }
}
