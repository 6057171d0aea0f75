//! The shape of every stored item: keys, `type`, `v`, index keys, `ttl`, and the value's own attributes beside them.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::clock::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, Result};
use crate::key::{IndexKey, Key};

/// The attributes of one item.
pub(crate) type Attributes = HashMap<String, AttributeValue>;

/// An item that is about to be stored.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) key: Key,
    pub(crate) attributes: Attributes,
}

impl Row {
    /// Turns `value` into an item of type `kind`, in version 1 of its shape.
    pub(crate) fn new(key: Key, kind: &str, value: &impl Serialize) -> Result<Self> {
        let mut attributes: Attributes = serde_dynamo::to_item(value).map_err(Error::internal)?;
        // An absent optional value is an absent attribute, so that `attribute_not_exists` means what it says.
        attributes.retain(|_, attribute| !matches!(attribute, AttributeValue::Null(_)));
        let mut row = Self { key: key.clone(), attributes };
        row.text("pk", key.pk);
        row.text("sk", key.sk);
        row.text("type", kind.to_owned());
        row.attributes.insert("v".to_owned(), AttributeValue::N("1".to_owned()));
        Ok(row)
    }

    fn text(&mut self, name: &str, value: String) {
        self.attributes.insert(name.to_owned(), AttributeValue::S(value));
    }

    /// Lists the item in a secondary index.
    pub(crate) fn indexed(mut self, key: IndexKey) -> Self {
        self.text(key.index.pk(), key.pk);
        self.text(key.index.sk(), key.sk);
        self
    }

    /// Lets the table delete the item some time after `at`. Until then it still reads back: filter on time.
    pub(crate) fn until(mut self, at: Timestamp) -> Self {
        self.attributes.insert("ttl".to_owned(), AttributeValue::N(at.as_seconds().to_string()));
        self
    }
}

/// Reads the value of an item; keys and other attributes are ignored.
pub(crate) fn value<T: DeserializeOwned>(attributes: Attributes) -> Result<T> {
    serde_dynamo::from_item(attributes).map_err(Error::internal)
}
