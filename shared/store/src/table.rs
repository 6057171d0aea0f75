//! The calls to DynamoDB: metered, with the SDK's errors turned into ours.
//!
//! Each call is boxed: the SDK's futures are large, and would be part of the future of every handler above them.

mod failure;
#[cfg(test)]
mod faults;
mod query;

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeValue, ConsumedCapacity, KeysAndAttributes, ReturnConsumedCapacity, ReturnValue,
    ReturnValuesOnConditionCheckFailure,
};
use serde::de::DeserializeOwned;

use self::failure::{Cancellation, cancellation, from_sdk};
pub(crate) use self::query::Query;
use crate::chance;
use crate::error::{Error, Result};
use crate::gate;
use crate::key::{self, Key};
use crate::meter::Call;
use crate::row::{self, Attributes};
use crate::write::Write;

/// How fresh a read must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consistency {
    /// May miss the last moments; half the price.
    Eventual,
    /// Sees every acknowledged write.
    Strong,
}

impl Consistency {
    fn is_strong(self) -> bool {
        self == Self::Strong
    }
}

/// One DynamoDB table.
#[derive(Clone, Debug)]
pub struct Table {
    client: Client,
    name: String,
}

/// What a failed condition found instead.
#[derive(Debug)]
pub(crate) struct Refused {
    /// The write whose condition failed, by its place in the transaction.
    pub(crate) index: usize,
    /// The item as it is, if there is one.
    pub(crate) found: Option<Attributes>,
}

/// The outcome of conditional writes: a refusal is an ordinary value.
pub(crate) type Outcome = Result<(), Refused>;

/// One try of a single write.
enum Attempt {
    Done(std::result::Result<Attributes, Refused>),
    /// Nothing was written: somebody else's transaction was at the item.
    Contended,
}

/// What one `BatchGetItem` may ask for.
const MOST_IN_A_BATCH: usize = 100;

/// How long contended transactions are tried again before the caller is told to come back.
const CONTENTION_TRIES: u32 = 12;

impl Table {
    /// Opens a table with the SDK's configuration.
    pub fn new(config: &aws_config::SdkConfig, name: impl Into<String>) -> Self {
        Self::from_client(Client::new(config), name)
    }

    /// Opens a table with a client of its own making, such as one that replays recorded answers.
    pub fn from_client(client: Client, name: impl Into<String>) -> Self {
        Self { client, name: name.into() }
    }

    /// Asks the table whether it is there.
    ///
    /// # Errors
    /// When it can't be reached or is not active.
    pub async fn ping(&self) -> Result<()> {
        let call = Call::start();
        let answer = self.client.get_item().table_name(&self.name).set_key(Some(attributes(key::probe()))).send().await;
        drop(call);
        answer.map(drop).map_err(from_sdk)
    }

    /// Reads one item.
    pub(crate) async fn get<T: DeserializeOwned>(&self, key: Key, consistency: Consistency) -> Result<Option<T>> {
        let call = Call::start();
        let request = self
            .client
            .get_item()
            .table_name(&self.name)
            .set_key(Some(attributes(key)))
            .consistent_read(consistency.is_strong())
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let answer = Box::pin(request.send()).await.map_err(from_sdk)?;
        call.consumed(read_units(answer.consumed_capacity.as_ref()), None);
        answer.item.map(row::value).transpose()
    }

    /// Reads items in one trip: in one call for each hundred, side by side. Absent ones are absent from the answer. Equal keys
    /// are read once.
    pub(crate) async fn get_many(
        &self,
        keys: impl IntoIterator<Item = Key>,
        consistency: Consistency,
    ) -> Result<Found> {
        let keys: std::collections::BTreeSet<Key> = keys.into_iter().collect();
        let keys: Vec<Key> = keys.into_iter().collect();
        let batches = keys.chunks(MOST_IN_A_BATCH).map(|batch| Box::pin(self.get_batch(batch, consistency)));
        let found = futures_util::future::try_join_all(batches).await?;
        Ok(Found(found.into_iter().flatten().collect()))
    }

    async fn get_batch(&self, keys: &[Key], consistency: Consistency) -> Result<BTreeMap<Key, Attributes>> {
        let mut found = BTreeMap::new();
        let mut wanted = KeysAndAttributes::builder().consistent_read(consistency.is_strong());
        for key in keys {
            wanted = wanted.keys(attributes(key.clone()));
        }
        let mut request = HashMap::from([(self.name.clone(), wanted.build().map_err(Error::internal)?)]);
        for attempt in 0..CONTENTION_TRIES {
            if attempt > 0 {
                pause(attempt).await;
            }
            let call = Call::start();
            let batch = self
                .client
                .batch_get_item()
                .set_request_items(Some(request))
                .return_consumed_capacity(ReturnConsumedCapacity::Total);
            let answer = Box::pin(batch.send()).await.map_err(from_sdk)?;
            let units = answer.consumed_capacity.as_ref().and_then(|all| all.first());
            call.consumed(read_units(units), None);
            for item in answer.responses.into_iter().flat_map(HashMap::into_values).flatten() {
                if let (Some(AttributeValue::S(pk)), Some(AttributeValue::S(sk))) = (item.get("pk"), item.get("sk")) {
                    found.insert(Key { pk: pk.clone(), sk: sk.clone() }, item);
                }
            }
            match answer.unprocessed_keys {
                Some(rest) if !rest.is_empty() => request = rest,
                _ => return Ok(found),
            }
        }
        Err(Error::Busy("keys were left unprocessed".into()))
    }

    /// Starts a query of the partition of `key`.
    pub(crate) fn query(&self, pk: impl Into<String>) -> Query<'_> {
        Query::of(self, pk.into())
    }

    /// Does one conditional write.
    pub(crate) async fn write(&self, write: Write) -> Result<Outcome> {
        if write.item().is_some() || write.is_delete() {
            // As a transaction of one: its client token makes a repeated request harmless.
            return self.transact(vec![write]).await;
        }
        self.update(write, ReturnValue::None).await.map(|outcome| outcome.map(drop))
    }

    /// Does one conditional update and returns the item as it is afterwards.
    pub(crate) async fn update_returning<T: DeserializeOwned>(&self, write: Write) -> Result<Result<T, Refused>> {
        match self.update(write, ReturnValue::AllNew).await? {
            Ok(item) => row::value(item).map(Ok),
            Err(refused) => Ok(Err(refused)),
        }
    }

    async fn update(&self, write: Write, returned: ReturnValue) -> Result<Result<Attributes, Refused>> {
        for attempt in 1..CONTENTION_TRIES {
            match self.try_update(write.clone(), returned.clone()).await? {
                // A transaction holds the item for a moment.
                Attempt::Contended => pause(attempt).await,
                Attempt::Done(outcome) => return Ok(outcome),
            }
        }
        Err(Error::Busy("contended".into()))
    }

    async fn try_update(&self, write: Write, returned: ReturnValue) -> Result<Attempt> {
        gate::pass().await;
        let parts = write.into_expressions();
        let call = Call::start();
        let request = self
            .client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(parts.key))
            .set_update_expression(parts.update)
            .set_condition_expression(parts.condition)
            .set_expression_attribute_names(parts.names)
            .set_expression_attribute_values(parts.values)
            .return_values(returned)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let answer = Box::pin(request.send()).await;
        match answer {
            Ok(answer) => {
                call.consumed(None, write_units(answer.consumed_capacity.as_ref()));
                Ok(Attempt::Done(Ok(answer.attributes.unwrap_or_default())))
            }
            Err(error) => {
                match error.as_service_error() {
                    Some(service) if service.is_conditional_check_failed_exception() => {
                        let found = match error.into_service_error() {
                        aws_sdk_dynamodb::operation::update_item::UpdateItemError::ConditionalCheckFailedException(failed) => failed.item,
                        _ => None,
                    };
                        Ok(Attempt::Done(Err(Refused { index: 0, found })))
                    }
                    Some(service) if service.is_transaction_conflict_exception() => Ok(Attempt::Contended),
                    _ => Err(from_sdk(error)),
                }
            }
        }
    }

    /// Does all writes or none. A failed condition is a value that names the write; contention is tried again.
    pub(crate) async fn transact(&self, writes: Vec<Write>) -> Result<Outcome> {
        let items = writes.into_iter().map(|write| write.into_transact_item(&self.name)).collect::<Result<Vec<_>>>()?;
        gate::pass().await;
        let mut last = None;
        let mut token = client_token();
        for attempt in 0..CONTENTION_TRIES {
            if attempt > 0 {
                pause(attempt).await;
            }
            let call = Call::start();
            let request = self
                .client
                .transact_write_items()
                .client_request_token(&token)
                .set_transact_items(Some(items.clone()))
                .return_consumed_capacity(ReturnConsumedCapacity::Total);
            let answer = Box::pin(request.send()).await;
            let error = match answer {
                Ok(answer) => {
                    let units = answer.consumed_capacity.as_ref().and_then(|all| all.first());
                    call.consumed(None, write_units(units));
                    return Ok(Ok(()));
                }
                Err(error) => error,
            };
            drop(call);
            match cancellation(&error) {
                Cancellation::Refused(refused) => return Ok(Err(refused)),
                Cancellation::Contended => {
                    token = client_token();
                    last = Some(error);
                }
                Cancellation::InProgress => last = Some(error),
                Cancellation::Other => return Err(from_sdk(error)),
            }
        }
        Err(last.map_or_else(|| Error::Busy("contended".into()), |error| Error::Busy(Box::new(error))))
    }
}

/// Items of a batch read, by key.
#[derive(Debug)]
pub(crate) struct Found(BTreeMap<Key, Attributes>);

impl Found {
    /// Tells whether an item is there.
    pub(crate) fn has(&self, key: &Key) -> bool {
        self.0.contains_key(key)
    }

    /// Takes one item out of the answer.
    pub(crate) fn take<T: DeserializeOwned>(&mut self, key: &Key) -> Result<Option<T>> {
        self.0.remove(key).map(row::value).transpose()
    }

    /// Reads one item of the answer and leaves it there, for lines that share an item.
    pub(crate) fn read<T: DeserializeOwned>(&self, key: &Key) -> Result<Option<T>> {
        self.0.get(key).cloned().map(row::value).transpose()
    }
}

fn attributes(key: Key) -> Attributes {
    HashMap::from([("pk".to_owned(), AttributeValue::S(key.pk)), ("sk".to_owned(), AttributeValue::S(key.sk))])
}

fn read_units(consumed: Option<&ConsumedCapacity>) -> Option<f64> {
    consumed.and_then(|all| all.read_capacity_units.or(all.capacity_units))
}

fn write_units(consumed: Option<&ConsumedCapacity>) -> Option<f64> {
    consumed.and_then(|all| all.write_capacity_units.or(all.capacity_units))
}

/// Waits a little longer each time, spread so that contenders don't meet again.
async fn pause(attempt: u32) {
    let ceiling = 8u64.saturating_mul(1 << attempt.min(6));
    tokio::time::sleep(Duration::from_millis(ceiling / 2 + chance::below(ceiling) / 2)).await;
}

/// Makes the token by which DynamoDB knows a repeated request of one transaction: 128 bits that nobody else draws.
fn client_token() -> String {
    format!("{:016x}{:016x}", chance::number(), chance::number())
}
