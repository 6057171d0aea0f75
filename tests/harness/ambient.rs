//! Time that a test moves, and randomness that it can repeat.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use domain::ambient::Entropy;
use domain::clock::{Clock, Timestamp};
use platform::ambient::{SystemClock, SystemEntropy};

/// A clock that runs like the system's, ahead of it by what the test has added, or stands still.
#[derive(Debug, Clone)]
pub struct TestClock(Arc<Hands>);

#[derive(Debug)]
struct Hands {
    ahead: AtomicI64,
    /// The instant at which the clock stands, or [`RUNNING`].
    stopped_at: AtomicI64,
}

const RUNNING: i64 = i64::MIN;

impl TestClock {
    /// Makes a clock that runs with the system's.
    pub fn running() -> Self {
        Self(Arc::new(Hands { ahead: AtomicI64::new(0), stopped_at: AtomicI64::new(RUNNING) }))
    }

    /// Stops the clock, so that limits can be tested to the millisecond.
    pub fn stop(&self) -> Timestamp {
        let now = self.now();
        self.0.stopped_at.store(now.as_millis(), Ordering::SeqCst);
        now
    }

    /// Moves the clock on.
    pub fn advance(&self, by: Duration) {
        let millis = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        if self.0.stopped_at.load(Ordering::SeqCst) == RUNNING {
            self.0.ahead.fetch_add(millis, Ordering::SeqCst);
        } else {
            self.0.stopped_at.fetch_add(millis, Ordering::SeqCst);
        }
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        match self.0.stopped_at.load(Ordering::SeqCst) {
            RUNNING => {
                let ahead = self.0.ahead.load(Ordering::SeqCst);
                Timestamp::from_millis(SystemClock.now().as_millis().saturating_add(ahead))
            }
            at => Timestamp::from_millis(at),
        }
    }
}

/// Randomness: the system's, or a sequence that a seed repeats (SplitMix64; never a secret's source outside of tests).
#[derive(Debug)]
pub struct TestEntropy(Option<AtomicU64>);

impl TestEntropy {
    /// Takes the system's randomness.
    pub fn fresh() -> Self {
        Self(None)
    }

    /// Takes a sequence that is the same for the same seed.
    pub fn seeded(seed: u64) -> Self {
        Self(Some(AtomicU64::new(seed)))
    }
}

impl Entropy for TestEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        let Some(state) = &self.0 else {
            return SystemEntropy.fill(bytes);
        };
        for chunk in bytes.chunks_mut(8) {
            const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
            let mut z = state.fetch_add(STEP, Ordering::SeqCst).wrapping_add(STEP);
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            let word = (z ^ (z >> 31)).to_be_bytes();
            for (byte, random) in chunk.iter_mut().zip(word) {
                *byte = random;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stopped_clock_moves_only_by_hand() {
        let clock = TestClock::running();
        let start = clock.stop();
        clock.advance(Duration::from_secs(10));
        assert_eq!(clock.now(), start.plus(Duration::from_secs(10)));
    }

    #[test]
    fn a_seed_repeats_its_sequence() {
        let draw = |entropy: &TestEntropy| {
            let mut bytes = [0; 20];
            entropy.fill(&mut bytes);
            bytes
        };
        let (first, again) = (TestEntropy::seeded(7), TestEntropy::seeded(7));
        assert_eq!(draw(&first), draw(&again));
        assert_ne!(draw(&first), draw(&TestEntropy::fresh()));
    }
}
