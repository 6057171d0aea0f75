//! Queries of one partition, of the table or of an index.

use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};
use serde::de::DeserializeOwned;

use super::failure::from_sdk;
use super::{Consistency, Table, read_units};
use crate::error::Result;
use crate::key::Index;
use crate::meter::Call;
use crate::page::{Page, Position};
use crate::row::{self, Attributes};

/// A query under construction.
pub(crate) struct Query<'a> {
    table: &'a Table,
    index: Option<Index>,
    pk: String,
    prefix: Option<String>,
    at_most: Option<String>,
    between: Option<(String, String)>,
    newest_first: bool,
    consistency: Consistency,
    limit: Option<u32>,
    from: Option<Position>,
    filter: Option<(String, String)>,
}

impl<'a> Query<'a> {
    pub(super) fn of(table: &'a Table, pk: String) -> Self {
        Self {
            table,
            index: None,
            pk,
            prefix: None,
            at_most: None,
            between: None,
            newest_first: false,
            consistency: Consistency::Eventual,
            limit: None,
            from: None,
            filter: None,
        }
    }

    /// Reads an index instead of the table.
    pub(crate) fn index(mut self, index: Index) -> Self {
        self.index = Some(index);
        self
    }

    /// Reads only sort keys that start with `prefix`.
    pub(crate) fn starting_with(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = Some(prefix.into());
        self
    }

    /// Reads only sort keys up to `limit` inclusive.
    pub(crate) fn at_most(mut self, limit: impl Into<String>) -> Self {
        self.at_most = Some(limit.into());
        self
    }

    /// Reads only sort keys from `low` to `high`, both inclusive.
    pub(crate) fn between(mut self, low: impl Into<String>, high: impl Into<String>) -> Self {
        self.between = Some((low.into(), high.into()));
        self
    }

    /// Reads backwards.
    pub(crate) fn newest_first(mut self) -> Self {
        self.newest_first = true;
        self
    }

    /// Reads with strong consistency (not on an index).
    pub(crate) fn consistency(mut self, consistency: Consistency) -> Self {
        self.consistency = consistency;
        self
    }

    /// Keeps only items whose list attribute contains `value`.
    pub(crate) fn containing(mut self, attribute: &str, value: impl Into<String>) -> Self {
        self.filter = Some((attribute.to_owned(), value.into()));
        self
    }

    /// Stops after `limit` items. One more is read, to know whether there is one: the table itself only knows where it stopped.
    pub(crate) fn limit(mut self, limit: u32) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Goes on where a page ended.
    pub(crate) fn from(mut self, position: Option<Position>) -> Self {
        self.from = position;
        self
    }

    /// Sends the query and reads every item as `T`.
    pub(crate) async fn page<T: DeserializeOwned>(self) -> Result<Page<T>> {
        let rows = self.rows().await?;
        let items = rows.items.into_iter().map(row::value).collect::<Result<Vec<T>>>()?;
        Ok(Page { items, next: rows.next })
    }

    /// Sends the query and returns the raw items, for partitions that hold several types.
    pub(crate) async fn rows(self) -> Result<Page<Attributes>> {
        let index = self.index;
        let (pk, sk) = index.map_or(("pk", "sk"), |index| (index.pk(), index.sk()));
        let mut request = self
            .table
            .client
            .query()
            .table_name(&self.table.name)
            .set_index_name(index.map(|index| index.name().to_owned()))
            .expression_attribute_names("#pk", pk)
            .expression_attribute_values(":pk", AttributeValue::S(self.pk))
            .consistent_read(self.consistency.is_strong() && index.is_none())
            .scan_index_forward(!self.newest_first)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .set_limit(self.limit.and_then(|limit| i32::try_from(limit.saturating_add(1)).ok()))
            .set_exclusive_start_key(self.from.map(start_key));
        let mut condition = "#pk = :pk".to_owned();
        if let Some(prefix) = self.prefix {
            condition.push_str(" AND begins_with(#sk, :sk)");
            request = request
                .expression_attribute_names("#sk", sk)
                .expression_attribute_values(":sk", AttributeValue::S(prefix));
        } else if let Some(limit) = self.at_most {
            condition.push_str(" AND #sk <= :sk");
            request = request
                .expression_attribute_names("#sk", sk)
                .expression_attribute_values(":sk", AttributeValue::S(limit));
        } else if let Some((low, high)) = self.between {
            condition.push_str(" AND #sk BETWEEN :low AND :high");
            request = request
                .expression_attribute_names("#sk", sk)
                .expression_attribute_values(":low", AttributeValue::S(low))
                .expression_attribute_values(":high", AttributeValue::S(high));
        }
        if let Some((attribute, value)) = self.filter {
            request = request
                .filter_expression("contains(#f, :f)")
                .expression_attribute_names("#f", attribute)
                .expression_attribute_values(":f", AttributeValue::S(value));
        }
        let call = Call::start();
        let answer = Box::pin(request.key_condition_expression(condition).send()).await.map_err(from_sdk)?;
        call.consumed(read_units(answer.consumed_capacity.as_ref()), None);
        let mut items = answer.items.unwrap_or_default();
        let limit = self.limit.and_then(|limit| usize::try_from(limit).ok()).filter(|limit| items.len() > *limit);
        let next = match limit {
            Some(limit) => {
                items.truncate(limit);
                items.last().map(|last| Position::of(last, index))
            }
            None => answer.last_evaluated_key.map(|key| Position::of(&key, index)),
        };
        Ok(Page { items, next })
    }
}

fn start_key(position: Position) -> Attributes {
    position.0.into_iter().map(|(name, text)| (name, AttributeValue::S(text))).collect()
}
