//! The second factor: an authenticator app, and backup codes for when it is lost.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::id::UserId;
use crate::pii::Sealed;

/// How many backup codes a person gets at once.
pub const BACKUP_CODES: usize = 10;
/// How long somebody who has given the right password may take to give a code.
pub const CHALLENGE_LIFE: Duration = Duration::from_secs(5 * 60);
/// After how many wrong codes a sign-in must begin anew.
pub const CHALLENGE_TRIES: u32 = 5;
/// How many codes one person may try without success within [`TRY_WINDOW`], over all sign-ins: who knows the password
/// can begin as many as they like, and six digits are soon guessed.
pub const TRIES: u32 = 10;
/// How long failed tries are held against a person.
pub const TRY_WINDOW: Duration = Duration::from_secs(15 * 60);

/// An authenticator app (RFC 6238) with its backup codes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Mfa {
    /// The secret that app and server share.
    pub secret: Sealed,
    // What is none is absent from the table, so that conditions can ask whether it is there.
    /// When the app was confirmed by a code; sign-in asks for one from then on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled_at: Option<Timestamp>,
    /// The time step of the last code that was used: no code of that step or an earlier one counts again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_step: Option<u64>,
    /// The hashes of the backup codes that are left.
    #[serde(default)]
    pub backup_codes: Vec<String>,
    /// How many codes were tried since [`Self::tries_from`]; the right one forgets them.
    #[serde(default)]
    pub tries: u32,
    /// When the first of them was tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tries_from: Option<Timestamp>,
}

impl Mfa {
    /// Holds a secret that the person has yet to put into their app.
    pub fn set_up(secret: Sealed) -> Self {
        Self { secret, enabled_at: None, last_step: None, backup_codes: Vec::new(), tries: 0, tries_from: None }
    }

    /// Tells whether sign-in asks for a code.
    pub fn is_on(&self) -> bool {
        self.enabled_at.is_some()
    }

    /// Tells whether a code of time step `step` may still be used (RFC 6238, section 5.2).
    pub fn accepts(&self, step: u64) -> bool {
        self.last_step.is_none_or(|last| last < step)
    }

    /// Returns the hashes that are left when the backup code with this hash is used; none when there is no such code.
    pub fn without(&self, hash: &str) -> Option<Vec<String>> {
        let left: Vec<String> = self.backup_codes.iter().filter(|code| *code != hash).cloned().collect();
        (left.len() < self.backup_codes.len()).then_some(left)
    }

    /// Tells how a try at `now` counts. It is counted before the code is looked at, or many at once would all be looked at.
    pub fn try_at(&self, now: Timestamp) -> Try {
        match self.tries_from {
            Some(from) if now < from.plus(TRY_WINDOW) && self.tries >= TRIES => Try::LockedUntil(from.plus(TRY_WINDOW)),
            Some(from) if now < from.plus(TRY_WINDOW) => Try::Counts(from),
            _ => Try::Begins,
        }
    }
}

/// How a try of a code counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Try {
    /// It is the first of a window.
    Begins,
    /// It is one more of the window that began at this instant.
    Counts(Timestamp),
    /// There were too many: no code is looked at before this instant.
    LockedUntil(Timestamp),
}

/// A sign-in that waits for the second factor. It is good for nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Challenge {
    /// Who has given the right password, or the right ID token.
    pub user: UserId,
    /// When that was checked: what was ended later is not opened again.
    pub since: Timestamp,
    /// How many wrong codes were given.
    pub wrong: u32,
    /// When it ends.
    pub expires_at: Timestamp,
}

impl Challenge {
    /// Opens a challenge for somebody whose first proof was checked at `since`.
    pub fn open(user: UserId, since: Timestamp, now: Timestamp) -> Self {
        Self { user, since, wrong: 0, expires_at: now.plus(CHALLENGE_LIFE) }
    }

    /// Tells whether a code may still be given.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.wrong < CHALLENGE_TRIES && now < self.expires_at
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::id::Id;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_millis(1_800_000_000_000).plus(Duration::from_secs(seconds))
    }

    fn mfa() -> Mfa {
        Mfa::set_up(Sealed::from_text("sealed".to_owned()))
    }

    #[test]
    fn a_backup_code_is_there_once() {
        let mfa = Mfa { backup_codes: vec!["a".to_owned(), "b".to_owned()], ..mfa() };
        assert_eq!(mfa.without("a"), Some(vec!["b".to_owned()]));
        assert_eq!(mfa.without("c"), None);
    }

    #[test]
    fn too_many_wrong_codes_close_the_second_factor_for_a_quarter_of_an_hour() {
        let tried = |tries| Mfa { tries, tries_from: Some(at(0)), ..mfa() };
        assert_eq!(mfa().try_at(at(0)), Try::Begins);
        assert_eq!(tried(TRIES - 1).try_at(at(899)), Try::Counts(at(0)));
        assert_eq!(tried(TRIES).try_at(at(899)), Try::LockedUntil(at(900)));
        assert_eq!(tried(TRIES).try_at(at(900)), Try::Begins);
    }

    #[test]
    fn a_challenge_ends_after_five_minutes_or_five_wrong_codes() {
        let open = Challenge::open(UserId::from_parts(at(0), 1), at(0), at(0));
        assert!(open.is_open(at(299)) && !open.is_open(at(300)));
        assert!(Challenge { wrong: 4, ..open.clone() }.is_open(at(1)));
        assert!(!Challenge { wrong: 5, ..open }.is_open(at(1)));
    }

    proptest! {
        #[test]
        fn no_step_is_accepted_twice(steps in proptest::collection::vec(0u64..20, 1..40)) {
            let mut mfa = mfa();
            let mut used = std::collections::BTreeSet::new();
            for step in steps {
                if mfa.accepts(step) {
                    prop_assert!(used.insert(step));
                    mfa.last_step = Some(step);
                }
            }
        }
    }
}
