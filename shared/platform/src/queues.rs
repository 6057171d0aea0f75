//! Queues in SQS.

use std::fmt::Debug;
use std::time::Duration;

use aws_sdk_sqs::error::{DisplayErrorContext, SdkError};
use aws_sdk_sqs::types::{QueueAttributeName, SendMessageBatchRequestEntry};

/// SQS can't be reached, is busy or refuses us.
#[derive(Debug, thiserror::Error)]
#[error("the queue is not available: {0}")]
pub struct QueueError(String);

/// A message to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutgoingMessage {
    /// Names the message in the answer; unique within the call.
    pub id: String,
    /// The text, at most 256 KiB.
    pub body: String,
}

/// A message that was received. It comes back unless it is deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivedMessage {
    /// What deletes it.
    pub receipt: String,
    /// The text.
    pub body: String,
}

/// Sends, receives and deletes messages. Cheap to clone.
#[derive(Clone)]
pub struct Queues {
    sqs: aws_sdk_sqs::Client,
}

/// SQS takes and gives at most ten messages per call, and 256 KiB in all.
const BATCH: usize = 10;
const BATCH_BYTES: usize = 256 * 1024;

impl Queues {
    /// Takes the client.
    pub fn new(sqs: aws_sdk_sqs::Client) -> Self {
        Self { sqs }
    }

    /// Sends any number of messages in as few calls as SQS allows. Returns the ids of those that were not accepted:
    /// when a later call fails, all messages from there on are among them.
    ///
    /// # Errors
    ///
    /// Fails only when no message at all was accepted because the first call failed.
    pub async fn send(&self, queue_url: &str, messages: &[OutgoingMessage]) -> Result<Vec<String>, QueueError> {
        let mut refused = Vec::new();
        let mut rest = messages;
        while !rest.is_empty() {
            let (batch, after) = rest.split_at(batch_len(rest));
            match self.send_batch(queue_url, batch).await {
                Ok(ids) => refused.extend(ids),
                Err(error) if rest.len() == messages.len() => return Err(error),
                Err(_) => {
                    refused.extend(rest.iter().map(|message| message.id.clone()));
                    break;
                }
            }
            rest = after;
        }
        Ok(refused)
    }

    async fn send_batch(&self, queue_url: &str, batch: &[OutgoingMessage]) -> Result<Vec<String>, QueueError> {
        let entries = batch
            .iter()
            .enumerate()
            .map(|(at, message)| {
                // SQS allows fewer characters in ids than we do, so it gets the position instead.
                SendMessageBatchRequestEntry::builder().id(at.to_string()).message_body(&message.body).build()
            })
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| QueueError(error.to_string()))?;
        let answer = self
            .sqs
            .send_message_batch()
            .queue_url(queue_url)
            .set_entries(Some(entries))
            .send()
            .await
            .map_err(failed)?;
        let refused = answer.failed.iter().filter_map(|entry| batch.get(entry.id.parse::<usize>().ok()?));
        Ok(refused.map(|message| message.id.clone()).collect())
    }

    /// Receives up to ten messages, waiting at most `wait_seconds` (0 to 2, so that a call stays within its time).
    pub async fn receive(&self, queue_url: &str, wait_seconds: u8) -> Result<Vec<ReceivedMessage>, QueueError> {
        let answer = self
            .sqs
            .receive_message()
            .queue_url(queue_url)
            .max_number_of_messages(10)
            .wait_time_seconds(i32::from(wait_seconds.min(2)))
            .send()
            .await
            .map_err(failed)?;
        let message = |message: aws_sdk_sqs::types::Message| {
            Some(ReceivedMessage { receipt: message.receipt_handle?, body: message.body? })
        };
        Ok(answer.messages.unwrap_or_default().into_iter().filter_map(message).collect())
    }

    /// Deletes a received message.
    pub async fn delete(&self, queue_url: &str, receipt: &str) -> Result<(), QueueError> {
        self.sqs.delete_message().queue_url(queue_url).receipt_handle(receipt).send().await.map_err(failed)?;
        Ok(())
    }

    /// Hides a received message for a time from now, at most 12 hours.
    pub async fn hide(&self, queue_url: &str, receipt: &str, pause: Duration) -> Result<(), QueueError> {
        let seconds = i32::try_from(pause.as_secs()).unwrap_or(i32::MAX);
        let call = self.sqs.change_message_visibility().queue_url(queue_url).receipt_handle(receipt);
        call.visibility_timeout(seconds).send().await.map_err(failed)?;
        Ok(())
    }

    /// Returns about how many messages wait. Serves as the readiness check too.
    pub async fn depth(&self, queue_url: &str) -> Result<u64, QueueError> {
        let name = QueueAttributeName::ApproximateNumberOfMessages;
        let answer = self
            .sqs
            .get_queue_attributes()
            .queue_url(queue_url)
            .attribute_names(name.clone())
            .send()
            .await
            .map_err(failed)?;
        let depth = answer.attributes.and_then(|attributes| attributes.get(&name)?.parse().ok());
        depth.ok_or_else(|| QueueError("SQS did not tell the number of messages".to_owned()))
    }
}

/// How many of the first messages fit into one call; at least one.
fn batch_len(messages: &[OutgoingMessage]) -> usize {
    let mut bytes = 0_usize;
    let fits = |message: &&OutgoingMessage| {
        bytes = bytes.saturating_add(message.body.len());
        bytes <= BATCH_BYTES
    };
    messages.iter().take(BATCH).take_while(fits).count().max(1)
}

fn failed<E: std::error::Error + 'static, R: Debug>(error: SdkError<E, R>) -> QueueError
where
    SdkError<E, R>: std::error::Error,
{
    QueueError(DisplayErrorContext(error).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_has_ten_messages_or_256_kib() {
        let of = |sizes: &[usize]| {
            let message = |size: &usize| OutgoingMessage { id: String::new(), body: "x".repeat(*size) };
            batch_len(&sizes.iter().map(message).collect::<Vec<_>>())
        };
        assert_eq!(of(&[1; 25]), 10);
        assert_eq!(of(&[1; 3]), 3);
        assert_eq!(of(&[100 * 1024; 10]), 2);
        assert_eq!(of(&[300 * 1024, 1]), 1);
    }
}
