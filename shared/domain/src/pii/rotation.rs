//! How far the rotation of a key has come: passes over everything that was made with the old one.

use serde::{Deserialize, Serialize};

use super::{Purpose, SETTLED, WrappedKey};
use crate::clock::Timestamp;

/// A rotation under way. A pass makes anew what the old key made; it goes in pages, and any page may be done twice.
///
/// The old key is dropped after a pass, begun when nothing old can be needed any more, that found nothing to do: then
/// nobody has written anything under the old key since the pass before, not even from what they had read earlier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rotation {
    /// What the keys are for.
    pub purpose: Purpose,
    /// The version of the key that takes over.
    pub version: u32,
    /// From when on it does.
    pub from: Timestamp,
    /// Counts the passes, from 1.
    pub pass: u32,
    /// How much this pass has made anew so far.
    pub changed: u64,
    /// Counts the pages of all passes, so that a page counts once.
    pub step: u64,
    /// When this pass began.
    pub began: Timestamp,
    /// When to go on.
    pub due: Timestamp,
}

/// What comes after a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AfterPage {
    /// The next page, or the next pass.
    Next(Rotation),
    /// Nothing: the old key can go.
    Finished,
}

impl Rotation {
    /// Begins a rotation to `key`. The first pass waits until everybody writes with that key, and until whoever began
    /// before has ended.
    pub fn begin(purpose: Purpose, key: &WrappedKey) -> Self {
        let due = key.from.plus(SETTLED).plus(SETTLED);
        Self { purpose, version: key.version, from: key.from, pass: 1, changed: 0, step: 0, began: due, due }
    }

    /// Goes on after a page in which `changed` things were made anew; `has_more` pages are in this pass.
    #[must_use]
    pub fn after_page(&self, changed: u64, has_more: bool, now: Timestamp) -> AfterPage {
        let (changed, step) = (self.changed.saturating_add(changed), self.step.saturating_add(1));
        let free = self.from.plus(self.purpose.linger());
        if has_more {
            return AfterPage::Next(Self { changed, step, due: now, ..self.clone() });
        }
        if changed == 0 && self.began >= free {
            return AfterPage::Finished;
        }
        let due = now.plus(SETTLED).max(free);
        AfterPage::Next(Self { pass: self.pass.saturating_add(1), changed: 0, step, began: due, due, ..self.clone() })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::KeyChain;
    use super::*;

    proptest! {
        #[test]
        fn the_old_key_goes_after_a_late_pass_that_found_nothing(pages in proptest::collection::vec((0u64..3, any::<bool>(), 0u64..1_000_000), 1..60)) {
            let start = Timestamp::from_millis(1_800_000_000_000);
            let chain = KeyChain::first("a".to_owned(), start).follow("b".to_owned(), start).unwrap();
            let key = chain.newest().unwrap();
            let mut rotation = Rotation::begin(Purpose::Pii, key);
            let mut now = rotation.due;
            let (mut found, mut began) = (0, now);
            for (changed, has_more, later) in pages {
                now = now.max(rotation.due).plus(std::time::Duration::from_millis(later));
                found += changed;
                match rotation.after_page(changed, has_more, now) {
                    AfterPage::Next(next) => {
                        prop_assert!(next.step == rotation.step + 1 && (has_more || next.due > now));
                        if !has_more {
                            (found, began) = (0, next.due);
                        }
                        rotation = next;
                    }
                    AfterPage::Finished => {
                        prop_assert!(!has_more && found == 0 && began >= key.from.plus(Purpose::Pii.linger()));
                        return Ok(());
                    }
                }
            }
        }
    }
}
