//! The e-mail addresses of accounts: verified, and moved to another.

use domain::event::{Event, SecurityChange};
use domain::id::{EventId, UserId};
use domain::operation::{Action, Operation};
use domain::pii::{BlindIndex, Sealed};
use domain::tenant::TenantScope;
use domain::ticket::{Ticket, TicketKind};
use domain::user::{User, UserStatus};
use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::logins::Login;
use crate::passwords::{free, unchanged};
use crate::row::Row;
use crate::table::Consistency;
use crate::write::Write;
use crate::{Store, audit, key, outbox, tickets};

/// The move of an account to another address.
#[derive(Debug)]
pub struct EmailMove<'a> {
    /// What proves that the new address is the person's.
    pub ticket: &'a Ticket,
    /// The account as read.
    pub user: &'a User,
    /// Its login record as read.
    pub login: &'a Login,
    /// The new address, sealed for the account.
    pub email: Sealed,
    /// Where the login record goes.
    pub to: BlindIndex,
    /// Where the new address must not be somebody's either.
    pub guard: Option<BlindIndex>,
    /// The old address, sealed for the notice to it.
    pub old_email: Sealed,
}

/// How a move ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moved {
    /// The account has the new address.
    Done,
    /// The ticket was used, replaced or has expired.
    TicketSpent,
    /// Somebody else has the new address.
    Taken,
    /// The account changed meanwhile: read it again.
    Changed,
}

/// The address that somebody had, for the one mail that still goes there.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct OldAddress {
    email: Sealed,
}

/// How long the notice to an old address may take.
const OLD_ADDRESS_KEPT: std::time::Duration = std::time::Duration::from_secs(7 * 24 * 60 * 60);

impl Store {
    /// Notes that the address of a ticket's person is theirs, and uses the ticket up. Tells whether it could be.
    ///
    /// # Errors
    /// When the table can't be written.
    pub async fn verify_email(&self, operation: &Operation, ticket: &Ticket) -> Result<bool> {
        let (scope, now) = (operation.scope, operation.now);
        let account = Write::update(key::user(scope, ticket.user))
            .set_once("emailVerifiedAt", now)?
            .set("updatedAt", now)?
            .set("updatedBy", ticket.user)?
            .add("version", 1)?
            .when_one_of("status", &[UserStatus::Pending, UserStatus::Active])?;
        let writes = vec![
            tickets::spend(scope, ticket, now)?,
            account,
            audit::record(operation, Action::EmailVerified, &ticket.user.to_string())?,
        ];
        Ok(self.table.transact(writes).await?.is_ok())
    }

    /// Moves an account and its login record to another address at once, and tells the old address.
    ///
    /// Links that went to the old address don't work any more.
    ///
    /// # Errors
    /// When the table can't be written.
    pub async fn move_email(&self, operation: &Operation, change: &EmailMove<'_>) -> Result<Moved> {
        let (scope, now, user) = (operation.scope, operation.now, change.user);
        if change.to == user.email_index {
            return Ok(Moved::TicketSpent);
        }
        let told = operation.envelope(Event::SecurityChanged { user: user.id, change: SecurityChange::Email });
        let old = OldAddress { email: change.old_email.clone() };
        let old = Row::new(key::old_address(scope, user.id, told.id), "OldAddress", &old)?;
        let account = Write::update(key::user(scope, user.id))
            .set("email", &change.email)?
            .set("emailIndex", &change.to)?
            .set("emailVerifiedAt", now)?
            .set("updatedAt", now)?
            .set("updatedBy", user.id)?
            .add("version", 1)?
            .when("emailIndex", "=", &user.email_index)?
            .when("status", "=", UserStatus::Active)?;
        let mut writes = vec![
            tickets::spend(scope, change.ticket, now)?,
            Write::create(Row::new(key::login(scope, &change.to), "Login", change.login)?),
        ];
        writes
            .extend(change.guard.as_ref().filter(|guard| **guard != user.email_index).map(|guard| free(scope, guard)));
        let last_of_taken = writes.len().saturating_sub(1);
        writes.extend([
            unchanged(Write::delete(key::login(scope, &user.email_index)), change.login)?,
            account,
            tickets::void(scope, user.id, TicketKind::EmailVerification),
            tickets::void(scope, user.id, TicketKind::PasswordReset),
            Write::create(old.until(now.plus(OLD_ADDRESS_KEPT))),
            outbox::publish(scope, &told)?,
            audit::record(operation, Action::EmailChanged, &user.id.to_string())?,
        ]);
        Ok(match self.table.transact(writes).await? {
            Ok(()) => Moved::Done,
            Err(refused) if refused.index == 0 => Moved::TicketSpent,
            Err(refused) if refused.index <= last_of_taken => Moved::Taken,
            Err(_) => Moved::Changed,
        })
    }

    /// Reads the address that a person had before an event, while the notice to it was not sent.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn old_address(&self, scope: TenantScope, user: UserId, event: EventId) -> Result<Option<Sealed>> {
        let found: Option<OldAddress> =
            self.table.get(key::old_address(scope, user, event), Consistency::Strong).await?;
        Ok(found.map(|old| old.email))
    }

    /// Forgets the address that a person had before an event.
    ///
    /// # Errors
    /// When the table can't be written.
    pub async fn forget_old_address(&self, scope: TenantScope, user: UserId, event: EventId) -> Result<()> {
        self.table.write(Write::delete(key::old_address(scope, user, event))).await?.or(Ok(()))
    }
}
