//! The data keys of one purpose over time: how a key follows another while everybody goes on using them.
//!
//! Nothing is switched by a message. A new key is published with the instant from which it counts, later than the time
//! that any process may go on with what it read of the tenant before, so every process has the key before it counts.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Purpose;
use crate::clock::Timestamp;

/// How long a new key is public before it counts: processes keep what they know of a tenant for a minute.
pub const PUBLISHED: Duration = Duration::from_secs(5 * 60);
/// How long both indexes are looked at before the new one is written to, and how long requests under way are given to end.
pub const SETTLED: Duration = Duration::from_secs(5 * 60);
/// How old a key gets before it is followed by another without anybody asking.
pub const KEY_LIFE: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// A data key as KMS wrapped it: safe to store, useless without a call to KMS.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrappedKey {
    /// Counts up with each rotation and is written into everything sealed under the key.
    pub version: u32,
    /// The ciphertext blob of KMS in base64.
    pub blob: String,
    /// From when on new values are sealed under it.
    pub from: Timestamp,
}

impl std::fmt::Debug for WrappedKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "WrappedKey(v{} from {})", self.version, self.from)
    }
}

/// The keys of one purpose, oldest first: those that are still needed, the one in use, and at most one to come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KeyChain(Vec<WrappedKey>);

/// A key can't follow yet: the last one has not taken over everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a rotation of this key is under way")]
pub struct RotationUnderWay;

/// Which keys make the blind indexes at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Indexing<'a> {
    /// One key: no rotation is under way.
    One(&'a WrappedKey),
    /// An entry may stand at the place of either key.
    Both {
        /// The key that goes.
        old: &'a WrappedKey,
        /// The key that comes.
        new: &'a WrappedKey,
        /// Whether new entries go to the new key's place already.
        writes_new: bool,
    },
}

impl KeyChain {
    /// Starts a chain with its first key.
    pub fn first(blob: String, now: Timestamp) -> Self {
        Self(vec![WrappedKey { version: 1, blob, from: now }])
    }

    /// Returns the key that new values are sealed under at `now`; none when the chain is empty, which none is.
    pub fn current(&self, now: Timestamp) -> Option<&WrappedKey> {
        // A clock that is a little behind the one that made the first key still has that key.
        self.0.iter().rev().find(|key| key.from <= now).or_else(|| self.0.first())
    }

    /// Returns the key of a version, if it is still there.
    pub fn version(&self, version: u32) -> Option<&WrappedKey> {
        self.0.iter().find(|key| key.version == version)
    }

    /// Returns the newest key, which may be to come.
    pub fn newest(&self) -> Option<&WrappedKey> {
        self.0.last()
    }

    /// Returns all keys that something may have been made with by `now`, newest first.
    pub fn in_use(&self, now: Timestamp) -> impl Iterator<Item = &WrappedKey> {
        let first = self.0.first().map(|key| key.version);
        self.0.iter().rev().filter(move |key| key.from <= now || Some(key.version) == first)
    }

    /// Tells whether older keys than the newest are there.
    pub fn is_rotating(&self) -> bool {
        self.0.len() > 1
    }

    /// Lets a key follow from [`PUBLISHED`] after `now` on.
    ///
    /// # Errors
    /// While an older key is still needed.
    pub fn follow(&self, blob: String, now: Timestamp) -> Result<Self, RotationUnderWay> {
        let Some(last) = self.0.last().filter(|_| !self.is_rotating()) else { return Err(RotationUnderWay) };
        let next = WrappedKey { version: last.version.saturating_add(1), blob, from: now.plus(PUBLISHED) };
        Ok(Self(self.0.iter().cloned().chain([next]).collect()))
    }

    /// Drops every key but the newest. What is left under the others can't be read any more.
    #[must_use]
    pub fn settled(&self) -> Self {
        Self(self.0.last().cloned().into_iter().collect())
    }

    /// Tells whether the key in use is so old that another should follow.
    pub fn is_due(&self, now: Timestamp) -> bool {
        !self.is_rotating() && self.newest().is_some_and(|key| now.since(key.from) >= KEY_LIFE)
    }

    /// Returns which keys make blind indexes at `now`.
    ///
    /// From the instant that the new key counts, entries are looked for at both places and a new one needs both to be free;
    /// only when everybody looks at both does anybody write to the new place. So there is one entry of a value, at one
    /// of two places, at any time, and no two requests can make two.
    pub fn indexing(&self, now: Timestamp) -> Option<Indexing<'_>> {
        let new = self.0.last()?;
        let Some(old) = self.0.iter().rev().nth(1) else { return Some(Indexing::One(new)) };
        if now < new.from {
            return Some(Indexing::One(old));
        }
        Some(Indexing::Both { old, new, writes_new: now >= new.from.plus(SETTLED) })
    }
}

impl Purpose {
    /// How long after a key took over something made with the one before may still be needed, besides what a sweep makes
    /// anew: stored answers and cursors live a day, mailed tokens a week, sessions a month.
    pub fn linger(self) -> Duration {
        const DAY: u64 = 24 * 60 * 60;
        match self {
            Self::Pii => Duration::from_secs(8 * DAY),
            Self::Session | Self::Jwt => Duration::from_secs(31 * DAY),
            Self::Cursor | Self::Provider => Duration::from_secs(2 * DAY),
            // Only the entries, which the sweep moves.
            Self::Index => SETTLED.saturating_mul(2),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_millis(1_800_000_000_000).plus(Duration::from_secs(seconds))
    }

    fn rotating() -> KeyChain {
        KeyChain::first("a".to_owned(), at(0)).follow("b".to_owned(), at(1_000)).unwrap()
    }

    #[test]
    fn a_key_is_known_for_five_minutes_before_it_counts() {
        let chain = rotating();
        let version = |now| chain.current(now).unwrap().version;
        assert_eq!((version(at(0)), version(at(1_299)), version(at(1_300))), (1, 1, 2));
        // Before the first key there is the first key.
        assert_eq!(chain.current(Timestamp::from_millis(0)).unwrap().version, 1);
        assert_eq!(chain.in_use(at(1_299)).count(), 1);
        assert_eq!(chain.in_use(at(1_300)).map(|key| key.version).collect::<Vec<_>>(), [2, 1]);
    }

    #[test]
    fn one_rotation_comes_after_the_other() {
        let chain = rotating();
        assert_eq!(chain.follow("c".to_owned(), at(2_000)), Err(RotationUnderWay));
        let settled = chain.settled();
        assert_eq!(settled.newest().unwrap().version, 2);
        assert_eq!(settled.follow("c".to_owned(), at(3_000)).unwrap().newest().unwrap().version, 3);
        assert!(!chain.is_due(at(1_000_000_000)) && settled.is_due(at(1_000_000_000)) && !settled.is_due(at(2_000)));
    }

    /// The places that a request begun at `now` looks at, and the one it writes to.
    fn places(now: Timestamp) -> (Vec<u32>, u32) {
        match rotating().indexing(now).unwrap() {
            Indexing::One(key) => (vec![key.version], key.version),
            Indexing::Both { old, new, writes_new } => {
                (vec![old.version, new.version], if writes_new { new.version } else { old.version })
            }
        }
    }

    proptest! {
        // A request lasts less than a minute, so two that overlap began within a minute of each other.
        #[test]
        fn whoever_writes_an_entry_is_seen_by_everybody_at_that_time(begun in 0u64..3_000, apart in 0u64..60) {
            let ((early, wrote_early), (late, wrote_late)) = (places(at(begun)), places(at(begun + apart)));
            prop_assert!(late.contains(&wrote_early));
            prop_assert!(early.contains(&wrote_late));
        }
    }
}
