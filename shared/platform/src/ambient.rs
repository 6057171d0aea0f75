//! The system's clock and randomness: the one place where either is read.

use std::time::{SystemTime, UNIX_EPOCH};

use domain::ambient::{Ambient, Entropy};
use domain::clock::{Clock, Timestamp};

/// Tells the time of the machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods, reason = "the one place that reads the system clock")]
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

/// Gives random bytes of the kernel's generator (`getrandom(2)`).
///
/// Not aws-lc's: its first use gathers processor jitter for some 30 ms, which would be most of a cold start.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    #[allow(clippy::panic, reason = "without randomness no key or id may be made, and no caller could go on")]
    fn fill(&self, bytes: &mut [u8]) {
        if getrandom::fill(bytes).is_err() {
            panic!("the system gives no randomness");
        }
    }
}

/// Joins the system's clock and randomness, for `main`.
pub fn system() -> Ambient {
    Ambient::new(SystemClock, SystemEntropy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_tells_a_recent_time_and_never_the_same_bytes() {
        let ambient = system();
        assert!(ambient.now() > "2026-01-01T00:00:00Z".parse().unwrap());
        assert_ne!(ambient.bytes::<32>(), ambient.bytes::<32>());
    }
}
