//! Identities at other providers: whose account each opens.
//!
//! An identity's place is the fingerprint of what the provider says never changes, so its existence is also what makes it
//! one person's. An e-mail address is never the way to an account.

use domain::clock::Timestamp;
use domain::event::{Event, SecurityChange};
use domain::id::UserId;
use domain::operation::{Action, Operation};
use domain::tenant::TenantScope;
use domain::ticket::Ticket;
use domain::user::{IdentityProvider, User, UserStatus};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::row::Row;
use crate::table::Consistency;
use crate::users::{self, Registration};
use crate::write::Write;
use crate::{Store, audit, key, outbox, tickets};

/// What stands at an identity's place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Identity {
    /// Whose account it opens.
    pub user: UserId,
    /// Who vouches for it.
    pub provider: IdentityProvider,
    /// Since when.
    pub linked_at: Timestamp,
}

/// An identity that is about to open an account.
#[derive(Debug, Clone, Copy)]
pub struct Claimed<'a> {
    /// Who vouches for it.
    pub provider: IdentityProvider,
    /// Its fingerprint.
    pub fingerprint: &'a str,
    /// Whose account it opened before, which is no more.
    pub before: Option<UserId>,
}

impl Claimed<'_> {
    fn write(&self, operation: &Operation, user: UserId) -> Result<Write> {
        let identity = Identity { user, provider: self.provider, linked_at: operation.now };
        let row = Row::new(key::identity(operation.scope, self.provider, self.fingerprint), "Identity", &identity)?
            .indexed(key::identities_of(operation.scope, user, self.fingerprint));
        match self.before {
            None => Ok(Write::create(row)),
            Some(before) => Write::put(row).when("user", "=", before),
        }
    }
}

impl Store {
    /// Finds whose account an identity opens.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn identity(
        &self,
        scope: TenantScope,
        provider: IdentityProvider,
        fingerprint: &str,
    ) -> Result<Option<Identity>> {
        self.table.get(key::identity(scope, provider, fingerprint), Consistency::Strong).await
    }

    /// Lets an identity open an account whose address is verified, and tells the user.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the identity was linked meanwhile, or the account or its address has changed.
    pub async fn link_identity(&self, operation: &Operation, user: &User, identity: Claimed<'_>) -> Result<()> {
        let owner = Write::check(key::user(operation.scope, user.id))
            .when("status", "=", UserStatus::Active)?
            .when("emailIndex", "=", &user.email_index)?
            .when_present("emailVerifiedAt");
        let event = Event::SecurityChanged { user: user.id, change: SecurityChange::IdentityLinked };
        let writes = vec![
            identity.write(operation, user.id)?,
            owner,
            outbox::publish(operation.scope, &operation.envelope(event))?,
            audit::record(operation, Action::IdentityLinked, &user.id.to_string())?,
        ];
        self.table.transact(writes).await?.map_err(|_| Error::Conflict)
    }

    /// Opens an account that an identity signs in to, without a password; with a ticket that verifies its address where
    /// the provider does not vouch for it.
    ///
    /// # Errors
    /// When the table can't be written.
    pub async fn register_identity(
        &self,
        operation: &Operation,
        user: &User,
        identity: Claimed<'_>,
        ticket: Option<&Ticket>,
    ) -> Result<Registration> {
        let scope = operation.scope;
        let mut writes = users::opening(scope, user, None)?;
        writes.extend([
            identity.write(operation, user.id)?,
            outbox::publish(scope, &operation.envelope(Event::UserRegistered { user: user.id }))?,
            audit::record(operation, Action::UserRegistered, &user.id.to_string())?,
            audit::record(operation, Action::IdentityLinked, &user.id.to_string())?,
        ]);
        if let Some(ticket) = ticket {
            writes.push(tickets::put(scope, ticket)?);
            writes.push(outbox::publish(scope, &operation.envelope(ticket.issued()))?);
        }
        let outcome = self.table.transact(writes).await?;
        Ok(if outcome.is_ok() { Registration::Opened } else { Registration::Taken })
    }
}
