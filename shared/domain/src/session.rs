//! Sessions: one signed-in device each, kept alive by refresh tokens that are used once.
//!
//! A refresh token is `family.generation.secret`. The session is the family and knows only the hash of its
//! current token's secret. The next secret is derived from the present one, so an older token can be
//! recognised by following its line to the current one, without storing anything of it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::access::Role;
use crate::clock::Timestamp;
use crate::id::{SessionId, UserId};

/// How long a session lives without being refreshed.
pub const IDLE_LIFE: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// How long a session lives at most.
pub const ABSOLUTE_LIFE: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// How long the token just used gets the same successor again: two tabs of one browser refresh at once.
pub const GRACE: Duration = Duration::from_secs(10);

/// A signed-in device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    /// The session's id: the family of its refresh tokens.
    pub id: SessionId,
    /// Whose it is.
    pub user: UserId,
    /// What the user was at login; the session check reads what they are now.
    pub roles: Vec<Role>,
    /// How often it was refreshed.
    pub generation: u32,
    /// The SHA-256 of the current token's secret.
    pub secret_hash: String,
    /// When it was last refreshed.
    pub rotated_at: Option<Timestamp>,
    /// What the person calls the device.
    pub device_name: Option<String>,
    /// The address of the last refresh.
    pub ip: Option<String>,
    /// What the client called itself at the last refresh.
    pub user_agent: Option<String>,
    /// When the person signed in.
    pub created_at: Timestamp,
    /// When it was last refreshed, or made.
    pub last_used_at: Timestamp,
    /// When it ends unless it is refreshed.
    pub idle_until: Timestamp,
    /// When it ends in any case.
    pub absolute_until: Timestamp,
    /// When it was ended, by logout or because a token was used twice.
    pub revoked_at: Option<Timestamp>,
}

/// Where a session is used from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Device {
    /// What the person calls it.
    pub name: Option<String>,
    /// Its address.
    pub ip: Option<String>,
    /// What it calls itself.
    pub user_agent: Option<String>,
}

/// What a refresh token that is not the current one deserves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is the current one: exchange it.
    Rotate,
    /// It was exchanged a moment ago: answer the same successor again.
    SameSuccessor,
    /// It was exchanged before: somebody has a copy. End the session.
    Reuse,
    /// The session is over.
    Ended,
    /// It was never a token of this session.
    Foreign,
}

impl Session {
    /// Opens a session for a token whose secret has the given hash.
    pub fn open(
        id: SessionId,
        user: UserId,
        roles: Vec<Role>,
        secret_hash: String,
        device: Device,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            user,
            roles,
            generation: 0,
            secret_hash,
            rotated_at: None,
            device_name: device.name,
            ip: device.ip,
            user_agent: device.user_agent,
            created_at: now,
            last_used_at: now,
            idle_until: now.plus(IDLE_LIFE),
            absolute_until: now.plus(ABSOLUTE_LIFE),
            revoked_at: None,
        }
    }

    /// Returns when the session ends unless it is refreshed.
    pub fn expires_at(&self) -> Timestamp {
        self.idle_until.min(self.absolute_until)
    }

    /// Tells whether the session may be used at `now`.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && now < self.expires_at()
    }

    /// Judges a token of `generation`. `hash_at(g)` is the hash of the secret that the token's line leads to at
    /// generation `g`, or none when that is too far away to follow.
    pub fn judge(&self, generation: u32, hash_at: impl FnOnce(u32) -> Option<String>, now: Timestamp) -> Verdict {
        if generation > self.generation {
            return Verdict::Foreign;
        }
        if hash_at(self.generation).is_none_or(|hash| hash != self.secret_hash) {
            return Verdict::Foreign;
        }
        if !self.is_live(now) {
            return Verdict::Ended;
        }
        match self.generation - generation {
            0 => Verdict::Rotate,
            1 if self.rotated_at.is_some_and(|at| now.since(at) <= GRACE) => Verdict::SameSuccessor,
            _ => Verdict::Reuse,
        }
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

    /// The line of a token: its secret's hash at each generation.
    fn line(owner: &'static str) -> impl Fn(u32) -> Option<String> {
        move |generation| Some(format!("{owner}{generation}"))
    }

    fn session(generation: u32, rotated_at: Option<Timestamp>) -> Session {
        let (id, user) = (SessionId::from_parts(at(0), 1), UserId::from_parts(at(0), 2));
        let mut session = Session::open(id, user, vec![Role::Customer], String::new(), Device::default(), at(0));
        session.generation = generation;
        session.secret_hash = format!("own{generation}");
        session.rotated_at = rotated_at;
        session
    }

    #[test]
    fn the_current_token_is_exchanged() {
        assert_eq!(session(3, Some(at(0))).judge(3, line("own"), at(1)), Verdict::Rotate);
    }

    #[test]
    fn the_token_just_used_gets_the_same_successor_for_ten_seconds() {
        let session = session(3, Some(at(100)));
        assert_eq!(session.judge(2, line("own"), at(110)), Verdict::SameSuccessor);
        let late = at(110).plus(Duration::from_millis(1));
        assert_eq!(session.judge(2, line("own"), late), Verdict::Reuse);
    }

    #[test]
    fn an_older_token_is_a_copy_however_soon_it_comes() {
        assert_eq!(session(3, Some(at(100))).judge(1, line("own"), at(100)), Verdict::Reuse);
    }

    #[test]
    fn nothing_is_exchanged_after_logout() {
        let ended = Session { revoked_at: Some(at(101)), ..session(3, Some(at(100))) };
        for generation in 0..=3 {
            assert_eq!(ended.judge(generation, line("own"), at(102)), Verdict::Ended);
        }
    }

    #[test]
    fn a_session_ends_after_a_week_unused_and_a_month_in_all() {
        let week = 7 * 24 * 60 * 60;
        let unused = session(0, None);
        assert_eq!(unused.judge(0, line("own"), at(week - 1)), Verdict::Rotate);
        assert_eq!(unused.judge(0, line("own"), at(week)), Verdict::Ended);
        let month = 30 * 24 * 60 * 60;
        let used = Session { idle_until: at(month + week), ..session(9, Some(at(month - 10))) };
        assert_eq!(used.judge(9, line("own"), at(month)), Verdict::Ended);
    }

    proptest! {
        #[test]
        fn a_made_up_token_is_never_more_than_foreign(current in 0u32..50, generation: u32, later in 0u64..4_000_000, revoked: bool) {
            // So that nobody can end a session by guessing at its older tokens.
            let mut session = session(current, Some(at(0)));
            session.revoked_at = revoked.then(|| at(1));
            prop_assert_eq!(session.judge(generation, line("other"), at(later)), Verdict::Foreign);
        }
    }
}
