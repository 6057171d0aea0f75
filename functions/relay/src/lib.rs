//! Brings events from the table's stream to the queue of each consumer.
//!
//! May depend on `shared/*` only. Its role may read the stream and send to the queues, and nothing else.
//!
//! Invariant: an event is on the queue of each of its consumers before the stream moves past it. It may get there
//! twice; consumers recognise it by its id. Who consumes what is said in one place, `Event::consumers`.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

use std::collections::BTreeMap;

use domain::event::{Consumer, Envelope};
use domain::id::EventId;
use platform::aws::Clients;
use platform::config::{ConfigError, Env};
use platform::queues::{OutgoingMessage, Queues};

/// What the function's role may use.
pub struct State {
    queues: Queues,
    urls: BTreeMap<Consumer, String>,
}

impl State {
    /// Reads the configuration. Nothing goes over the network yet.
    ///
    /// # Errors
    /// When a value is missing; the error names it.
    pub async fn load(env: &Env) -> Result<Self, ConfigError> {
        let names = ["HAAT_MAILER_QUEUE_URL", "HAAT_INVOICER_QUEUE_URL", "HAAT_IMPORTER_QUEUE_URL"];
        let [mailer, invoicer, importer] = env.texts(names)?;
        let clients = Clients::load().await;
        let urls = BTreeMap::from([
            (Consumer::Mailer, mailer),
            (Consumer::Invoicer, invoicer),
            (Consumer::Importer, importer),
        ]);
        Ok(Self::new(Queues::new(clients.sqs()), urls))
    }

    /// Joins the parts.
    pub fn new(queues: Queues, urls: BTreeMap<Consumer, String>) -> Self {
        Self { queues, urls }
    }
}

impl worker::Listener for State {
    async fn listen(&self, envelopes: Vec<Envelope>) -> Vec<EventId> {
        let mut failed = Vec::new();
        for (consumer, messages) in sorted(&envelopes) {
            let refused = match self.urls.get(&consumer) {
                Some(url) => self.queues.send(url, &messages).await,
                None => Ok(messages.iter().map(|message| message.id.clone()).collect()),
            };
            match refused {
                Ok(ids) => failed.extend(ids),
                Err(error) => {
                    let error = &error as &dyn std::error::Error;
                    tracing::warn!(consumer = consumer.as_str(), error, "a queue takes no events");
                    failed.extend(messages.into_iter().map(|message| message.id));
                }
            }
        }
        failed.iter().filter_map(|id| id.parse().ok()).collect()
    }
}

/// Sorts events by consumer, keeping their order.
fn sorted(envelopes: &[Envelope]) -> BTreeMap<Consumer, Vec<OutgoingMessage>> {
    let mut sorted: BTreeMap<Consumer, Vec<OutgoingMessage>> = BTreeMap::new();
    for envelope in envelopes {
        let Ok(body) = serde_json::to_string(envelope) else { continue };
        for consumer in envelope.event.consumers() {
            let message = OutgoingMessage { id: envelope.id.to_string(), body: body.clone() };
            sorted.entry(*consumer).or_default().push(message);
        }
    }
    sorted
}

#[cfg(test)]
mod tests;
