//! One-time tokens that go out by mail: to prove an address, to set a password, to move to another address.
//!
//! Of each kind a person has at most one, in a place of its own, so that issuing another replaces it: only the newest
//! works, and using it takes it away.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::event::Event;
use crate::id::{TicketId, UserId};
use crate::operation::Action;
use crate::pii::Sealed;
use crate::user::{User, UserStatus};

/// How long a person gets no second mail of one kind, so that nobody floods a mailbox, and nobody who asks again and again in
/// somebody's name makes each of their links stale before they can click it.
pub const PAUSE: Duration = Duration::from_secs(60);

/// The names of a ticket's sealed fields.
pub mod field {
    /// The text of the token, until its mail was sent.
    pub const TOKEN: &str = "token";
    /// The address to move to.
    pub const NEW_EMAIL: &str = "newEmail";
    /// The address that a person had before, until the notice to it was sent.
    pub const OLD_EMAIL: &str = "oldEmail";
}

/// What a ticket is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TicketKind {
    /// To prove that the address of an account is its owner's.
    EmailVerification,
    /// To set a new password without the old one.
    PasswordReset,
    /// To prove that the address to move to is one's own.
    EmailChange,
    /// To set the first password of an account that somebody else opened.
    Invitation,
}

impl TicketKind {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::EmailVerification, Self::PasswordReset, Self::EmailChange, Self::Invitation];

    /// Returns how long a ticket of this kind works.
    pub fn life(self) -> Duration {
        const HOUR: Duration = Duration::from_secs(60 * 60);
        match self {
            Self::PasswordReset => HOUR / 4,
            Self::EmailVerification | Self::EmailChange => HOUR * 24,
            Self::Invitation => HOUR * 24 * 7,
        }
    }

    /// Returns the name used in keys.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EmailVerification => "VERIFY",
            Self::PasswordReset => "RESET",
            Self::EmailChange => "CHANGE",
            Self::Invitation => "INVITE",
        }
    }

    /// Returns the page of the tenant's site that the mailed link leads to, below its host.
    pub fn page(self) -> &'static str {
        match self {
            Self::EmailVerification => "verify-email",
            Self::PasswordReset => "reset-password",
            Self::EmailChange => "confirm-email-change",
            Self::Invitation => "accept-invitation",
        }
    }

    /// Tells whether an account is open to a ticket of this kind. An invitation also lets in who waits for it.
    pub fn opens(self, user: &User) -> bool {
        user.may_act() || (self == Self::Invitation && user.status == UserStatus::Pending)
    }

    /// Returns what the audit trail says when one is issued.
    pub fn requested(self) -> Action {
        match self {
            Self::EmailVerification => Action::EmailVerificationRequested,
            Self::PasswordReset => Action::PasswordResetRequested,
            Self::EmailChange => Action::EmailChangeRequested,
            Self::Invitation => Action::UserInvited,
        }
    }
}

/// A one-time token as it is kept: the secret itself only as a hash, and sealed for as long as its mail is on the way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ticket {
    /// The ticket's id: tells it from one that was issued later.
    pub id: TicketId,
    /// Whose it is.
    pub user: UserId,
    /// What it is good for.
    pub kind: TicketKind,
    /// The SHA-256 of the secret.
    pub secret_hash: String,
    /// The token's text, sealed, for whoever writes the mail; none once the mail was sent.
    pub token: Option<Sealed>,
    /// The address to move to, sealed.
    pub new_email: Option<Sealed>,
    /// When it was issued.
    pub created_at: Timestamp,
    /// From when on it does not work any more.
    pub expires_at: Timestamp,
}

impl Ticket {
    /// Tells whether a token whose secret has the given hash may be used at `now`.
    pub fn admits(&self, secret_hash: &str, now: Timestamp) -> bool {
        self.secret_hash == secret_hash && now < self.expires_at
    }

    /// Returns what is told when it is issued.
    pub fn issued(&self) -> Event {
        let (user, ticket) = (self.user, self.id);
        match self.kind {
            TicketKind::EmailVerification => Event::EmailVerificationRequested { user, ticket },
            TicketKind::PasswordReset => Event::PasswordResetRequested { user, ticket },
            TicketKind::EmailChange => Event::EmailChangeRequested { user, ticket },
            TicketKind::Invitation => Event::UserInvited { user, ticket },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::id::Id;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_millis(1_800_000_000_000).plus(Duration::from_secs(seconds))
    }

    fn ticket(kind: TicketKind) -> Ticket {
        Ticket {
            id: TicketId::from_parts(at(0), 1),
            user: UserId::from_parts(at(0), 2),
            kind,
            secret_hash: "right".to_owned(),
            token: None,
            new_email: None,
            created_at: at(0),
            expires_at: at(0).plus(kind.life()),
        }
    }

    #[test]
    fn a_ticket_works_until_its_life_is_over_and_for_its_own_secret_only() {
        for (kind, minutes) in [
            (TicketKind::PasswordReset, 15),
            (TicketKind::EmailVerification, 24 * 60),
            (TicketKind::EmailChange, 24 * 60),
            (TicketKind::Invitation, 7 * 24 * 60),
        ] {
            let ticket = ticket(kind);
            assert!(ticket.admits("right", at(minutes * 60 - 1)), "{kind:?}");
            assert!(!ticket.admits("right", at(minutes * 60)), "{kind:?}");
            assert!(!ticket.admits("wrong", at(0)) && !ticket.admits("", at(0)), "{kind:?}");
        }
    }

    #[test]
    fn every_kind_has_its_own_place_page_and_event() {
        let kinds = TicketKind::ALL;
        assert_eq!(kinds.map(TicketKind::as_str).iter().collect::<BTreeSet<_>>().len(), kinds.len());
        assert_eq!(kinds.map(TicketKind::page).iter().collect::<BTreeSet<_>>().len(), kinds.len());
        let events = kinds.map(|kind| serde_json::to_value(ticket(kind).issued()).unwrap()["type"].to_string());
        assert_eq!(events.iter().collect::<BTreeSet<_>>().len(), kinds.len());
    }
}
