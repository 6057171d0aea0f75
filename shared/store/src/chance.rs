//! Numbers that differ between processes and calls: enough to spread contenders and to tell requests apart, not for secrets.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

/// Draws a number.
pub(crate) fn number() -> u64 {
    RandomState::new().hash_one(())
}

/// Draws a number below `ceiling`; zero when there is none.
pub(crate) fn below(ceiling: u64) -> u64 {
    number().checked_rem(ceiling).unwrap_or(0)
}
