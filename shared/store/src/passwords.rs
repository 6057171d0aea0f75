//! Passwords set anew: by their owner, by a mailed link, by an invitation. All other sessions end with the old one.

use domain::event::SecurityChange;
use domain::id::SessionId;
use domain::operation::{Action, Operation};
use domain::pii::BlindIndex;
use domain::ticket::{Ticket, TicketKind};
use domain::user::{User, UserStatus};

use crate::error::Result;
use crate::logins::Login;
use crate::write::Write;
use crate::{Store, audit, key, sessions, tickets};

/// What entitles somebody to set a password.
#[derive(Debug, Clone, Copy)]
pub enum Right<'a> {
    /// They gave the old one, in this session, which goes on.
    Old(SessionId),
    /// A mailed link.
    Ticket(&'a Ticket),
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordSet {
    /// The password is the new one.
    Done,
    /// The ticket was used, replaced or has expired.
    TicketSpent,
    /// The account changed meanwhile: read it again.
    Changed,
}

impl Store {
    /// Sets a password and ends all sessions but the one that did it; call [`Store::end_listed_sessions`] afterwards. `user`
    /// and `login` are as read.
    ///
    /// A mailed link shows that the address is the person's own; an invitation lets them in, too.
    ///
    /// # Errors
    /// When the table can't be written.
    pub async fn set_password(
        &self,
        operation: &Operation,
        user: &User,
        login: &Login,
        hash: &str,
        right: Right<'_>,
    ) -> Result<PasswordSet> {
        let (scope, now) = (operation.scope, operation.now);
        let mut record = unchanged(Write::update(key::login(scope, &user.email_index)), login)?;
        record = record.set("passwordHash", hash)?;
        let mut account = Write::update(key::user(scope, user.id))
            .set("updatedAt", now)?
            .set("updatedBy", user.id)?
            .add("version", 1)?
            .when("emailIndex", "=", &user.email_index)?;
        let mut writes = Vec::new();
        let action = match right {
            Right::Old(session) => {
                account = sessions::end_others(account, now, session)?.when("status", "=", UserStatus::Active)?;
                Action::PasswordChanged
            }
            Right::Ticket(ticket) => {
                // First, so that a refusal is known by its place.
                writes.push(tickets::spend(scope, ticket, now)?);
                account = sessions::end_all(account, now)?.set_once("emailVerifiedAt", now)?;
                match ticket.kind {
                    TicketKind::Invitation => {
                        account = account.set("status", UserStatus::Active)?;
                        account = account.when_one_of("status", &[UserStatus::Pending, UserStatus::Active])?;
                        record = record.set("status", UserStatus::Active)?;
                        Action::InvitationAccepted
                    }
                    _ => {
                        account = account.when("status", "=", UserStatus::Active)?;
                        Action::PasswordReset
                    }
                }
            }
        };
        // Links that went out before have nothing to set any more.
        let used = |kind| matches!(right, Right::Ticket(ticket) if ticket.kind == kind);
        let void = [TicketKind::PasswordReset, TicketKind::Invitation].into_iter().filter(|kind| !used(*kind));
        writes.extend(void.map(|kind| tickets::void(scope, user.id, kind)));
        writes.extend([account, record, audit::record(operation, action, &user.id.to_string())?]);
        if action != Action::InvitationAccepted {
            writes.push(tickets::security_changed(operation, user.id, SecurityChange::Password)?);
        }
        Ok(match self.table.transact(writes).await? {
            Ok(()) => PasswordSet::Done,
            Err(refused) if refused.index == 0 && matches!(right, Right::Ticket(_)) => PasswordSet::TicketSpent,
            Err(_) => PasswordSet::Changed,
        })
    }
}

/// Demands that a login record is as it was read.
pub(crate) fn unchanged(write: Write, login: &Login) -> Result<Write> {
    let write = write
        .when("user", "=", login.user)?
        .when("roles", "=", &login.roles)?
        .when("status", "=", login.status)?
        .when("mfa", "=", login.mfa)?;
    match &login.password_hash {
        Some(hash) => write.when("passwordHash", "=", hash),
        None => Ok(write.when_absent("passwordHash")),
    }
}

/// A place that must be free, besides the one where a new login record goes.
pub(crate) fn free(scope: domain::tenant::TenantScope, place: &BlindIndex) -> Write {
    Write::check(key::login(scope, place)).when_absent("pk")
}
