//! Batches of queue messages: each message is one event, handled under its tenant and once per consumer.

use std::pin::Pin;
use std::sync::Arc;

use aws_lambda_events::event::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use domain::ambient::Ambient;
use domain::event::{Consumer, Envelope};
use domain::operation::{Actor, Operation};
use domain::tenant::TenantScope;
use lambda_runtime::{LambdaEvent, service_fn};
use platform::metrics;
use store::Store;
use store::once::Turn;
use tracing::Instrument;

use crate::backoff::Backoff;
use crate::job::{Handler, Job, JobError};

/// The edge of one consumer.
#[derive(Clone)]
pub struct Edge {
    consumer: Consumer,
    store: Store,
    ambient: Ambient,
    backoff: Option<Backoff>,
}

/// How one message ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// Handled now.
    Done,
    /// Handled before: a repeated delivery.
    Repeated,
    /// Handled by another worker right now: comes back to see how that ended.
    Busy,
    /// Comes back.
    Retry,
    /// Comes back until the queue gives up on it; no attempt will help.
    Failed,
    /// Not an event at all; as `Failed`.
    Poison,
}

impl Outcome {
    fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Repeated => "repeated",
            Self::Busy => "busy",
            Self::Retry => "retry",
            Self::Failed => "failed",
            Self::Poison => "poison",
        }
    }

    fn is_success(self) -> bool {
        matches!(self, Self::Done | Self::Repeated)
    }

    /// Tells whether an attempt was made and failed. A busy message is looked at again when the queue's time is up.
    fn is_failure(self) -> bool {
        matches!(self, Self::Retry | Self::Failed | Self::Poison)
    }
}

impl Edge {
    /// Makes the edge of `consumer`.
    pub fn new(consumer: Consumer, store: Store, ambient: Ambient) -> Self {
        Self { consumer, store, ambient, backoff: None }
    }

    /// Lets messages that fail wait longer from try to try, instead of the queue's one time.
    #[must_use]
    pub fn with_backoff(self, backoff: Backoff) -> Self {
        Self { backoff: Some(backoff), ..self }
    }

    /// Serves batches from Lambda until the process ends.
    ///
    /// # Errors
    /// When Lambda's own interface fails.
    pub async fn run(self, handler: impl Handler) -> Result<(), lambda_runtime::Error> {
        let handler = Arc::new(handler);
        let serve = |invocation: LambdaEvent<SqsEvent>| {
            let (edge, handler) = (&self, &handler);
            // Boxed: the compiler gives up on the nested types of the calls below otherwise.
            let work: Pin<Box<dyn Future<Output = SqsBatchResponse> + Send>> =
                Box::pin(edge.batch(handler, invocation.payload));
            async move { Ok::<_, lambda_runtime::Error>(work.await) }
        };
        lambda_runtime::run(service_fn(serve)).await
    }

    /// Handles one batch and answers which messages are to come back.
    pub async fn batch<H: Handler>(&self, handler: &Arc<H>, batch: SqsEvent) -> SqsBatchResponse {
        let mut response = SqsBatchResponse::default();
        for message in batch.records {
            let started = self.ambient.now();
            let outcome = self.message(handler, &message).await;
            let took = self.ambient.now().since(started);
            metrics::count(&format!("job.{}", outcome.as_str()), 1, &[("consumer", self.consumer.as_str())]);
            metrics::duration("job.duration", took, &[("consumer", self.consumer.as_str())]);
            if outcome.is_success() {
                continue;
            }
            if let (Some(backoff), Some(receipt), true) = (&self.backoff, &message.receipt_handle, outcome.is_failure())
            {
                backoff.hide(receipt, receive_count(&message)).await;
            }
            let mut failure = BatchItemFailure::default();
            failure.item_identifier = message.message_id.unwrap_or_default();
            response.batch_item_failures.push(failure);
        }
        response
    }

    async fn message<H: Handler>(&self, handler: &Arc<H>, message: &SqsMessage) -> Outcome {
        let body = message.body.as_deref().unwrap_or_default();
        let envelope = match serde_json::from_str::<Envelope>(body) {
            Ok(envelope) => envelope,
            // The text itself is not logged: nobody knows what is in it.
            Err(error) => {
                let message_id = message.message_id.as_deref().unwrap_or_default();
                tracing::error!(queue.message_id = message_id, error = %error, "a message is no event");
                return Outcome::Poison;
            }
        };
        let span = tracing::info_span!(
            "job",
            request.id = envelope.request_id,
            tenant.id = %envelope.tenant,
            event.id = %envelope.id,
            consumer = self.consumer.as_str(),
        );
        self.envelope(handler, envelope).instrument(span).await
    }

    async fn envelope<H: Handler>(&self, handler: &Arc<H>, envelope: Envelope) -> Outcome {
        let started = self.ambient.now();
        let (scope, id) = (TenantScope::assume(envelope.tenant), envelope.id);
        let lease = match self.store.claim_once(scope, self.consumer, id, started).await {
            Ok(Turn::Yours(lease)) => lease,
            Ok(Turn::Done) => return Outcome::Repeated,
            Ok(Turn::Busy) => {
                tracing::info!("another worker is at this event");
                return Outcome::Busy;
            }
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "an event can't be claimed");
                return Outcome::Retry;
            }
        };
        let actor = Actor::System { name: self.consumer.as_str().to_owned() };
        let operation = Operation::begin(scope, actor, envelope.request_id, None, &self.ambient);
        let job = Job { id, event: envelope.event, occurred_at: envelope.occurred_at, operation };
        let outcome = self.attempt(handler, job).await;
        // The work itself is safe to repeat, so a claim that can't be settled costs a repetition at worst.
        let settled = match outcome {
            Outcome::Done => self.store.finish_once(scope, self.consumer, id, lease).await,
            _ => self.store.release_once(scope, self.consumer, id, lease).await,
        };
        if let Err(error) = settled {
            tracing::warn!(error = &error as &dyn std::error::Error, "the claim of an event can't be settled");
        }
        let duration_ms = u64::try_from(self.ambient.now().since(started).as_millis()).unwrap_or(u64::MAX);
        tracing::info!(outcome = outcome.as_str(), duration_ms, "an event was handled");
        outcome
    }

    /// Runs the handler in a task of its own, so that a panic ends that task and not the batch.
    async fn attempt<H: Handler>(&self, handler: &Arc<H>, job: Job) -> Outcome {
        let handler = Arc::clone(handler);
        let work = async move { handler.handle(job).await };
        match tokio::spawn(work.in_current_span()).await {
            Ok(Ok(())) => Outcome::Done,
            Ok(Err(JobError::Retry(cause))) => {
                tracing::warn!(error = &*cause as &dyn std::error::Error, "an event is to be tried again");
                Outcome::Retry
            }
            Ok(Err(JobError::Fail(cause))) => {
                tracing::error!(error = &*cause as &dyn std::error::Error, "an event can't be handled");
                Outcome::Failed
            }
            Err(error) => {
                tracing::error!(error = %error, "the handler of an event panicked");
                Outcome::Failed
            }
        }
    }
}

/// How often SQS has handed a message out.
fn receive_count(message: &SqsMessage) -> u32 {
    message.attributes.get("ApproximateReceiveCount").and_then(|count| count.parse().ok()).unwrap_or(1)
}
