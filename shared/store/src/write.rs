//! Conditional writes, alone or as parts of a transaction.
//!
//! Names and values always go in as placeholders, so no attribute name can collide with a reserved word.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{
    AttributeValue, ConditionCheck, Delete, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};
use serde::Serialize;

use crate::error::{Error, Result};
use crate::key::{Index, IndexKey, Key};
use crate::row::{Attributes, Row};

/// What happens to the item.
#[derive(Debug, Clone)]
enum Effect {
    Put(Attributes),
    Update,
    Delete,
    Check,
}

/// One conditional write.
#[derive(Debug, Clone)]
pub(crate) struct Write {
    key: Key,
    effect: Effect,
    names: HashMap<String, String>,
    values: HashMap<String, AttributeValue>,
    set: Vec<String>,
    remove: Vec<String>,
    add: Vec<String>,
    delete: Vec<String>,
    conditions: Vec<String>,
}

/// The expressions of a write, ready for a single-item call.
pub(crate) struct Expressions {
    pub(crate) key: Attributes,
    pub(crate) update: Option<String>,
    pub(crate) condition: Option<String>,
    pub(crate) names: Option<HashMap<String, String>>,
    pub(crate) values: Option<HashMap<String, AttributeValue>>,
}

impl Write {
    fn new(key: Key, effect: Effect) -> Self {
        Self {
            key,
            effect,
            names: HashMap::new(),
            values: HashMap::new(),
            set: Vec::new(),
            remove: Vec::new(),
            add: Vec::new(),
            delete: Vec::new(),
            conditions: Vec::new(),
        }
    }

    /// Stores a new item; fails when there is one already.
    pub(crate) fn create(row: Row) -> Self {
        Self::put(row).when_absent("pk")
    }

    /// Stores an item, replacing what is there; add a condition.
    pub(crate) fn put(row: Row) -> Self {
        Self::new(row.key, Effect::Put(row.attributes))
    }

    /// Changes attributes of an item; it must exist unless [`Self::upsert`] is used.
    pub(crate) fn update(key: Key) -> Self {
        Self::new(key, Effect::Update).when_present("pk")
    }

    /// Changes attributes of an item, which is made if absent.
    pub(crate) fn upsert(key: Key) -> Self {
        Self::new(key, Effect::Update)
    }

    /// Deletes an item.
    pub(crate) fn delete(key: Key) -> Self {
        Self::new(key, Effect::Delete)
    }

    /// Changes nothing, but fails the transaction when a condition fails.
    pub(crate) fn check(key: Key) -> Self {
        Self::new(key, Effect::Check)
    }

    fn name(&mut self, attribute: &str) -> String {
        // A path such as `totals.paid` names one placeholder per segment.
        attribute
            .split('.')
            .map(|segment| {
                let placeholder = format!("#{segment}");
                self.names.insert(placeholder.clone(), segment.to_owned());
                placeholder
            })
            .collect::<Vec<_>>()
            .join(".")
    }

    fn bind(&mut self, value: &impl Serialize) -> Result<String> {
        let placeholder = format!(":v{}", self.values.len());
        let value = serde_dynamo::to_attribute_value(value).map_err(Error::internal)?;
        self.values.insert(placeholder.clone(), value);
        Ok(placeholder)
    }

    /// Sets an attribute.
    pub(crate) fn set(mut self, attribute: &str, value: impl Serialize) -> Result<Self> {
        let (name, value) = (self.name(attribute), self.bind(&value)?);
        self.set.push(format!("{name} = {value}"));
        Ok(self)
    }

    /// Sets an attribute unless it has a value already.
    pub(crate) fn set_once(mut self, attribute: &str, value: impl Serialize) -> Result<Self> {
        let (name, value) = (self.name(attribute), self.bind(&value)?);
        self.set.push(format!("{name} = if_not_exists({name}, {value})"));
        Ok(self)
    }

    /// Appends to a list, which is made if absent.
    pub(crate) fn append(mut self, attribute: &str, value: impl Serialize) -> Result<Self> {
        let name = self.name(attribute);
        let (value, empty) = (self.bind(&[value])?, self.bind(&Vec::<u8>::new())?);
        self.set.push(format!("{name} = list_append(if_not_exists({name}, {empty}), {value})"));
        Ok(self)
    }

    /// Adds to a number, which starts at zero.
    pub(crate) fn add(mut self, attribute: &str, amount: i64) -> Result<Self> {
        let (name, value) = (self.name(attribute), self.bind(&amount)?);
        self.add.push(format!("{name} {value}"));
        Ok(self)
    }

    fn bind_set(&mut self, members: Vec<String>) -> String {
        let placeholder = format!(":v{}", self.values.len());
        self.values.insert(placeholder.clone(), AttributeValue::Ss(members));
        placeholder
    }

    /// Puts a text into a set of texts, which is made if absent.
    pub(crate) fn include(mut self, attribute: &str, member: &str) -> Self {
        let (name, value) = (self.name(attribute), self.bind_set(vec![member.to_owned()]));
        self.add.push(format!("{name} {value}"));
        self
    }

    /// Takes a text out of a set of texts; the attribute goes with the last.
    pub(crate) fn exclude(mut self, attribute: &str, member: &str) -> Self {
        let (name, value) = (self.name(attribute), self.bind_set(vec![member.to_owned()]));
        self.delete.push(format!("{name} {value}"));
        self
    }

    /// Removes an attribute.
    pub(crate) fn remove(mut self, attribute: &str) -> Self {
        let name = self.name(attribute);
        self.remove.push(name);
        self
    }

    /// Lists the item at a place in an index.
    pub(crate) fn index(self, key: &IndexKey) -> Result<Self> {
        self.set(key.index.pk(), &key.pk)?.set(key.index.sk(), &key.sk)
    }

    /// Takes the item out of an index.
    pub(crate) fn unindex(self, index: Index) -> Self {
        self.remove(index.pk()).remove(index.sk())
    }

    /// Demands that `attribute operator value` holds; the operator is `=`, `<>`, `<`, `<=`, `>` or `>=`.
    pub(crate) fn when(mut self, attribute: &str, operator: &str, value: impl Serialize) -> Result<Self> {
        let (name, value) = (self.name(attribute), self.bind(&value)?);
        self.conditions.push(format!("{name} {operator} {value}"));
        Ok(self)
    }

    /// Demands that the attribute has one of `values`.
    pub(crate) fn when_one_of(mut self, attribute: &str, values: &[impl Serialize]) -> Result<Self> {
        let name = self.name(attribute);
        let values = values.iter().map(|value| self.bind(value)).collect::<Result<Vec<_>>>()?;
        self.conditions.push(format!("{name} IN ({})", values.join(", ")));
        Ok(self)
    }

    /// Demands that the attribute is absent, or that `attribute operator value` holds.
    pub(crate) fn when_absent_or(mut self, attribute: &str, operator: &str, value: impl Serialize) -> Result<Self> {
        let (name, value) = (self.name(attribute), self.bind(&value)?);
        self.conditions.push(format!("(attribute_not_exists({name}) OR {name} {operator} {value})"));
        Ok(self)
    }

    /// Demands that a set or list has fewer members than `limit`; an absent one has none.
    pub(crate) fn when_fewer(mut self, attribute: &str, limit: u32) -> Result<Self> {
        let (name, value) = (self.name(attribute), self.bind(&limit)?);
        self.conditions.push(format!("(attribute_not_exists({name}) OR size({name}) < {value})"));
        Ok(self)
    }

    /// Demands that the attribute is the set of just these texts, of which there must be one at least.
    pub(crate) fn when_set(mut self, attribute: &str, members: impl Iterator<Item = String>) -> Self {
        let (name, value) = (self.name(attribute), self.bind_set(members.collect()));
        self.conditions.push(format!("{name} = {value}"));
        self
    }

    /// Demands that the attribute is absent.
    pub(crate) fn when_absent(mut self, attribute: &str) -> Self {
        let name = self.name(attribute);
        self.conditions.push(format!("attribute_not_exists({name})"));
        self
    }

    /// Demands that the attribute is present.
    pub(crate) fn when_present(mut self, attribute: &str) -> Self {
        let name = self.name(attribute);
        self.conditions.push(format!("attribute_exists({name})"));
        self
    }

    /// Returns the item that a put stores.
    pub(crate) fn item(&self) -> Option<&Attributes> {
        match &self.effect {
            Effect::Put(item) => Some(item),
            Effect::Update | Effect::Delete | Effect::Check => None,
        }
    }

    /// Tells whether this is a delete.
    pub(crate) fn is_delete(&self) -> bool {
        matches!(self.effect, Effect::Delete)
    }

    pub(crate) fn into_expressions(self) -> Expressions {
        let clause = |word: &str, parts: &[String]| (!parts.is_empty()).then(|| format!("{word} {}", parts.join(", ")));
        let clauses = [("SET", &self.set), ("REMOVE", &self.remove), ("ADD", &self.add), ("DELETE", &self.delete)];
        let update: Vec<String> = clauses.into_iter().filter_map(|(word, parts)| clause(word, parts)).collect();
        Expressions {
            key: [("pk".to_owned(), AttributeValue::S(self.key.pk)), ("sk".to_owned(), AttributeValue::S(self.key.sk))]
                .into(),
            update: (!update.is_empty()).then(|| update.join(" ")),
            condition: (!self.conditions.is_empty()).then(|| self.conditions.join(" AND ")),
            names: (!self.names.is_empty()).then_some(self.names),
            values: (!self.values.is_empty()).then_some(self.values),
        }
    }

    /// Turns the write into a part of a transaction that reports the old item when its condition fails.
    pub(crate) fn into_transact_item(self, table: &str) -> Result<TransactWriteItem> {
        let old = ReturnValuesOnConditionCheckFailure::AllOld;
        let effect = self.effect.clone();
        let parts = self.into_expressions();
        let item = TransactWriteItem::builder();
        let item = match effect {
            Effect::Put(attributes) => item.put(
                Put::builder()
                    .table_name(table)
                    .set_item(Some(attributes))
                    .set_condition_expression(parts.condition)
                    .set_expression_attribute_names(parts.names)
                    .set_expression_attribute_values(parts.values)
                    .return_values_on_condition_check_failure(old)
                    .build()
                    .map_err(Error::internal)?,
            ),
            Effect::Update => item.update(
                Update::builder()
                    .table_name(table)
                    .set_key(Some(parts.key))
                    .set_update_expression(parts.update)
                    .set_condition_expression(parts.condition)
                    .set_expression_attribute_names(parts.names)
                    .set_expression_attribute_values(parts.values)
                    .return_values_on_condition_check_failure(old)
                    .build()
                    .map_err(Error::internal)?,
            ),
            Effect::Delete => item.delete(
                Delete::builder()
                    .table_name(table)
                    .set_key(Some(parts.key))
                    .set_condition_expression(parts.condition)
                    .set_expression_attribute_names(parts.names)
                    .set_expression_attribute_values(parts.values)
                    .return_values_on_condition_check_failure(old)
                    .build()
                    .map_err(Error::internal)?,
            ),
            Effect::Check => item.condition_check(
                ConditionCheck::builder()
                    .table_name(table)
                    .set_key(Some(parts.key))
                    .set_condition_expression(parts.condition)
                    .set_expression_attribute_names(parts.names)
                    .set_expression_attribute_values(parts.values)
                    .return_values_on_condition_check_failure(old)
                    .build()
                    .map_err(Error::internal)?,
            ),
        };
        Ok(item.build())
    }
}
