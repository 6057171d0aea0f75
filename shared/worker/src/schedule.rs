//! Work that runs by the clock.

use std::future::Future;
use std::pin::Pin;

use domain::ambient::Ambient;
use lambda_runtime::{LambdaEvent, service_fn};
use platform::metrics;
use serde::de::IgnoredAny;
use tracing::Instrument;

use crate::job::JobError;

/// Does what is due. Runs may overlap and repeat: every step must be safe to repeat.
pub trait Scheduled: Send + Sync + 'static {
    /// Does what is due now. `request_id` goes into events and log lines.
    fn tick(&self, request_id: String) -> impl Future<Output = Result<(), JobError>> + Send;
}

/// A scheduled run failed; the cause is in the log.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("a scheduled run failed")]
struct RunFailed;

/// Serves the schedule of the function `name` until the process ends. A failed run fails the invocation, which an
/// alarm watches; the next run picks up what was left.
///
/// # Errors
/// When Lambda's own interface fails.
pub async fn run_schedule(
    name: &'static str,
    ambient: Ambient,
    scheduled: impl Scheduled,
) -> Result<(), lambda_runtime::Error> {
    let (ambient, scheduled) = (&ambient, &scheduled);
    let serve = |invocation: LambdaEvent<IgnoredAny>| async move {
        let request_id = invocation.context.request_id;
        let span = tracing::info_span!("run", request.id = request_id, function = name);
        let run = async {
            let started = ambient.now();
            // Erased: the nested futures of a run are deeper than the compiler computes layouts for.
            let tick: Pin<Box<dyn Future<Output = _> + Send + '_>> = Box::pin(scheduled.tick(request_id));
            let result = tick.await;
            let took = ambient.now().since(started);
            metrics::duration("schedule.duration", took, &[("function", name)]);
            let duration_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
            match result {
                Ok(()) => tracing::info!(duration_ms, "a scheduled run is done"),
                Err(error) => {
                    tracing::error!(duration_ms, error = &error as &dyn std::error::Error, "a scheduled run failed");
                    return Err(RunFailed.into());
                }
            }
            Ok::<_, lambda_runtime::Error>(())
        };
        run.instrument(span).await
    };
    lambda_runtime::run(service_fn(serve)).await
}
