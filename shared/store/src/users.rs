//! Users of a tenant.

use domain::event::Event;
use domain::id::UserId;
use domain::operation::{Action, Operation};
use domain::tenant::TenantScope;
use domain::user::User;

use crate::error::Result;
use crate::logins::Login;
use crate::row::Row;
use crate::table::Consistency;
use crate::write::Write;
use crate::{Store, audit, key, outbox, owners};

/// How a registration ended. Clients must not be able to tell which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Registration {
    /// The account is open.
    Opened,
    /// The e-mail has an account already; nothing was changed.
    Taken,
}

/// Opens an account as a part of a transaction. When the e-mail has an account already the first of the writes fails, or
/// the second while one index key follows another.
pub(crate) fn opening(scope: TenantScope, user: &User, password_hash: Option<String>) -> Result<Vec<Write>> {
    let login = Login { user: user.id, password_hash, roles: user.roles.clone(), status: user.status, mfa: false };
    let mut row = Row::new(key::user(scope, user.id), "User", user)?.indexed(key::users(scope, user.id));
    if let Some(phone) = &user.phone_index {
        row = row.indexed(key::phone(scope, phone, user.id));
    }
    let mut writes = vec![Write::create(Row::new(key::login(scope, &user.email_index), "Login", &login)?)];
    writes.extend(user.email_guard.as_ref().map(|guard| Write::check(key::login(scope, guard)).when_absent("pk")));
    writes.push(Write::create(row));
    writes.extend(owners::recount(scope, None, Some(user))?);
    Ok(writes)
}

impl Store {
    /// Opens an account together with its login record.
    ///
    /// # Errors
    /// When the table can't be written.
    pub async fn register(
        &self,
        operation: &Operation,
        user: &User,
        password_hash: Option<String>,
    ) -> Result<Registration> {
        let mut writes = opening(operation.scope, user, password_hash)?;
        writes.push(outbox::publish(operation.scope, &operation.envelope(Event::UserRegistered { user: user.id }))?);
        writes.push(audit::record(operation, Action::UserRegistered, &user.id.to_string())?);
        let outcome = self.table.transact(writes).await?;
        Ok(if outcome.is_ok() { Registration::Opened } else { Registration::Taken })
    }

    /// Reads a user.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn user(&self, scope: TenantScope, user: UserId, consistency: Consistency) -> Result<Option<User>> {
        self.table.get(key::user(scope, user), consistency).await
    }
}
