//! Asks the parts that a deployment stands on whether they answer, and how fast.

use std::future::Future;
use std::time::{Duration, Instant};

use serde::Serialize;
use utoipa::ToSchema;

/// How long a part may take to answer before it counts as down.
const PATIENCE: Duration = Duration::from_secs(2);

/// Whether one part answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PartHealth {
    /// The part.
    #[schema(example = "table")]
    pub name: String,
    /// Whether it answered.
    #[schema(example = true)]
    pub up: bool,
    /// How long the answer took.
    #[schema(example = 4)]
    pub latency_ms: u64,
}

/// Asks one part. The reason of a failure is logged, never told.
pub async fn probe<E: std::fmt::Display>(name: &str, question: impl Future<Output = Result<(), E>>) -> PartHealth {
    let started = Instant::now();
    let failure = match tokio::time::timeout(PATIENCE, question).await {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some(error.to_string()),
        Err(_) => Some("no answer in time".to_owned()),
    };
    if let Some(error) = &failure {
        tracing::warn!(part = name, error, "a part is down");
    }
    let latency_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    PartHealth { name: name.to_owned(), up: failure.is_none(), latency_ms }
}
