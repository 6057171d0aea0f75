//! How long a message that failed stays hidden before it is tried again.

use std::time::Duration;

use platform::aws::Clients;
use platform::config::{ConfigError, Env};
use platform::queues::Queues;

/// How much longer each pause is than the one before.
const GROWTH: u64 = 4;
/// The longest time that SQS hides a message.
const LONGEST: u64 = 12 * 60 * 60;

/// Makes each try of a message wait longer than the one before. How many tries there are is the queue's redrive policy.
#[derive(Clone)]
pub struct Backoff {
    queues: Queues,
    queue_url: String,
    first: u64,
}

impl Backoff {
    /// Reads whose messages they are (`HAAT_QUEUE_URL`) and the seconds of the first pause (`HAAT_RETRY_SECONDS`).
    ///
    /// # Errors
    /// When a value is missing or wrong; the error names it.
    pub fn load(env: &Env, clients: &Clients) -> Result<Self, ConfigError> {
        let queue_url = env.text("HAAT_QUEUE_URL")?;
        Ok(Self { queues: Queues::new(clients.sqs()), queue_url, first: env.parsed_or("HAAT_RETRY_SECONDS", 30)? })
    }

    /// Hides a message that was received `count` times until it is time to try again.
    pub(crate) async fn hide(&self, receipt: &str, count: u32) {
        let pause = pause(self.first, count);
        if let Err(error) = self.queues.hide(&self.queue_url, receipt, pause).await {
            // It comes back all the same, when the queue's own time is up.
            tracing::warn!(error = %error, "the pause of a message can't be set");
        }
    }
}

/// Returns the pause after try `count`, which counts from one.
fn pause(first: u64, count: u32) -> Duration {
    let growth = GROWTH.saturating_pow(count.saturating_sub(1));
    Duration::from_secs(first.saturating_mul(growth).min(LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_pause_is_four_times_the_one_before_and_sqs_takes_the_longest() {
        let seconds: Vec<u64> = (0..5).map(|count| pause(30, count).as_secs()).collect();
        assert_eq!(seconds, [30, 30, 120, 480, 1920]);
        assert_eq!(pause(30, u32::MAX).as_secs(), LONGEST);
    }
}
