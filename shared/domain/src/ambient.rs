//! What a rule may ask of the world around it: the time, and randomness.

use std::sync::Arc;

use crate::clock::{Clock, Timestamp};
use crate::id::Id;

/// Gives random bytes fit for keys and tokens.
pub trait Entropy: Send + Sync {
    /// Fills `bytes` with unpredictable data.
    fn fill(&self, bytes: &mut [u8]);
}

/// The clock and the source of randomness of one process, cheap to clone.
#[derive(Clone)]
pub struct Ambient {
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

impl Ambient {
    /// Joins a clock and a source of randomness.
    pub fn new(clock: impl Clock + 'static, entropy: impl Entropy + 'static) -> Self {
        Self { clock: Arc::new(clock), entropy: Arc::new(entropy) }
    }

    /// Returns the current instant.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Returns `N` random bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.entropy.fill(&mut bytes);
        bytes
    }

    /// Makes a new id, sortable by the current time.
    pub fn id<I: Id>(&self) -> I {
        I::from_parts(self.now(), u128::from_be_bytes(self.bytes()))
    }
}
