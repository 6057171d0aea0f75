//! Numbers that differ between processes and calls: enough to spread contenders and to tell requests apart, not for secrets.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::time::Duration;

/// Draws a number.
pub(crate) fn number() -> u64 {
    RandomState::new().hash_one(())
}

/// Draws a number below `ceiling`; zero when there is none.
pub(crate) fn below(ceiling: u64) -> u64 {
    number().checked_rem(ceiling).unwrap_or(0)
}

/// Waits before another attempt, longer the more there were, spread so that contenders don't meet again.
pub(crate) async fn pause(attempt: u32) {
    if attempt > 0 {
        let ceiling = 10u64.saturating_mul(u64::from(attempt.min(16)));
        tokio::time::sleep(Duration::from_millis(below(ceiling))).await;
    }
}
