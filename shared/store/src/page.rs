//! Pages of a list, and where the next one starts.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Deserialize, Serialize};

use crate::key::Index;
use crate::row::Attributes;

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The objects, at most as many as asked for.
    pub items: Vec<T>,
    /// Where the next page starts; none at the end.
    pub next: Option<Position>,
}

impl<T> Page<T> {
    /// Changes every object.
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(change).collect(), next: self.next }
    }
}

/// The table's key of the last object of a page. The edge seals it into an opaque cursor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Position(pub(crate) BTreeMap<String, String>);

impl Position {
    /// Returns where a query goes on that ended with `item`.
    pub(crate) fn of(item: &Attributes, index: Option<Index>) -> Self {
        let names = ["pk", "sk"].into_iter().chain(index.into_iter().flat_map(|index| [index.pk(), index.sk()]));
        let texts = names.filter_map(|name| match item.get(name)? {
            AttributeValue::S(text) => Some((name.to_owned(), text.clone())),
            _ => None,
        });
        Self(texts.collect())
    }

    /// Returns where a query of the table goes on behind a place, which need not be there any more.
    pub(crate) fn at(pk: &str, sk: &str) -> Self {
        Self([("pk", pk), ("sk", sk)].map(|(name, text)| (name.to_owned(), text.to_owned())).into())
    }

    /// Returns the sort key of the last object.
    pub(crate) fn sort_key(&self) -> Option<&str> {
        self.0.get("sk").map(String::as_str)
    }
}
