//! New events off the table's stream.
//!
//! A shard stands still while a record of it fails, so a record that can't be read is logged, counted and passed over.

use std::future::Future;

use aws_lambda_events::event::dynamodb::EventRecord;
use aws_lambda_events::event::streams::{DynamoDbBatchItemFailure, DynamoDbEventResponse};
use domain::event::Envelope;
use domain::id::EventId;
use lambda_runtime::{LambdaEvent, service_fn};
use platform::metrics;
use serde::Deserialize;
use store::outbox::EVENT_TYPE;

/// Takes new events, in the order of the stream.
pub trait Listener: Send + Sync + 'static {
    /// Takes the events of one batch and returns the ids of those that it could not take.
    fn listen(&self, envelopes: Vec<Envelope>) -> impl Future<Output = Vec<EventId>> + Send;
}

/// A batch as Lambda hands it over. Its records are read one by one, so that one bad record is alone in being bad.
#[derive(Debug, Deserialize)]
pub struct StreamBatch {
    #[serde(rename = "Records")]
    records: Vec<serde_json::Value>,
}

/// Serves the table's stream until the process ends.
///
/// # Errors
/// When Lambda's own interface fails.
pub async fn run_stream(listener: impl Listener) -> Result<(), lambda_runtime::Error> {
    let listener = &listener;
    let serve = |invocation: LambdaEvent<StreamBatch>| async move {
        Ok::<_, lambda_runtime::Error>(batch(listener, invocation.payload).await)
    };
    lambda_runtime::run(service_fn(serve)).await
}

/// Handles one batch. Lambda delivers again from the first record that the answer names, which repeats the
/// records after it; consumers recognise those by their event id.
pub async fn batch(listener: &impl Listener, batch: StreamBatch) -> DynamoDbEventResponse {
    let mut response = DynamoDbEventResponse::default();
    let mut places = Vec::new();
    let mut envelopes = Vec::new();
    for record in batch.records {
        match read(record) {
            Ok(Some((sequence, envelope))) => {
                let story = tracing::info_span!(
                    "event",
                    request.id = envelope.request_id,
                    tenant.id = %envelope.tenant,
                    event.id = %envelope.id,
                );
                places.push((envelope.id, sequence, story));
                envelopes.push(envelope);
            }
            Ok(None) => {}
            Err(error) => {
                metrics::count("stream.poison", 1, &[]);
                tracing::error!(error = &*error, "a stream record can't be read and is passed over");
            }
        }
    }
    if envelopes.is_empty() {
        return response;
    }
    let failed = listener.listen(envelopes).await;
    for (id, sequence, story) in places {
        if failed.contains(&id) {
            story.in_scope(|| tracing::warn!("the stream is to be delivered again from here"));
            let mut failure = DynamoDbBatchItemFailure::default();
            failure.item_identifier = Some(sequence);
            response.batch_item_failures.push(failure);
            break;
        }
        story.in_scope(|| tracing::info!("an event was passed on"));
    }
    response
}

/// Reads a record: its sequence number and the event, when it is the insertion of one.
fn read(
    record: serde_json::Value,
) -> Result<Option<(String, Envelope)>, Box<dyn std::error::Error + Send + Sync + 'static>> {
    let is_event = record.pointer("/dynamodb/NewImage/type/S").and_then(serde_json::Value::as_str) == Some(EVENT_TYPE);
    let is_new = record.get("eventName").and_then(serde_json::Value::as_str) == Some("INSERT");
    if !is_event || !is_new {
        return Ok(None);
    }
    let change = serde_json::from_value::<EventRecord>(record)?.change;
    let sequence = change.sequence_number.ok_or("the record has no sequence number")?;
    Ok(Some((sequence, serde_dynamo::from_item(change.new_image)?)))
}
