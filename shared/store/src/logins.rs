//! Login records: what a sign-in needs, in one read.
//!
//! A record's place is the blind index of the e-mail, so its existence is also what makes the e-mail unique.

use domain::access::Role;
use domain::id::UserId;
use domain::operation::{Action, Operation};
use domain::pii::BlindIndex;
use domain::session::Session;
use domain::tenant::TenantScope;
use domain::user::{User, UserStatus};
use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::row;
use crate::table::Consistency;
use crate::write::Write;
use crate::{Store, audit, key, sessions};

/// What stands at an e-mail's place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Login {
    /// Whose e-mail it is.
    pub user: UserId,
    /// The hash of the password, if the user signs in with one.
    pub password_hash: Option<String>,
    /// What the user is, copied from the user so that signing in reads nothing else.
    pub roles: Vec<Role>,
    /// Whether the account may be used, copied likewise.
    pub status: UserStatus,
    /// Whether signing in takes a second factor, copied likewise.
    #[serde(default)]
    pub mfa: bool,
}

/// How a sign-in ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignIn {
    /// The session is open.
    Done,
    /// The account may not be used, or is no more.
    Closed,
    /// The user's roles are not those of the session any more: open another with these.
    RolesChanged(Vec<Role>),
}

impl Store {
    /// Finds who has an e-mail.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn login(&self, scope: TenantScope, email: &BlindIndex) -> Result<Option<Login>> {
        // Strong, so that somebody who has just registered can sign in.
        self.table.get(key::login(scope, email), Consistency::Strong).await
    }

    /// Opens a session for a user who has proved who they are, and replaces an outdated password hash
    /// (`(old, new)`) on the way.
    ///
    /// # Errors
    /// When the table can't be written.
    pub async fn sign_in(
        &self,
        operation: &Operation,
        email: &BlindIndex,
        session: &Session,
        rehashed: Option<(&str, &str)>,
    ) -> Result<SignIn> {
        let scope = operation.scope;
        let user = Write::update(key::user(scope, session.user))
            .set("lastLoginAt", operation.now)?
            .when("status", "=", UserStatus::Active)?
            .when("roles", "=", &session.roles)?;
        let mut writes = vec![
            user,
            sessions::create(scope, session)?,
            audit::record(operation, Action::LoginSucceeded, &session.user.to_string())?,
        ];
        if let Some((old, new)) = rehashed {
            // Somebody who changed the password meanwhile wins, and this sign-in fails with the old one.
            let update = Write::update(key::login(scope, email));
            writes.push(update.set("passwordHash", new)?.when("passwordHash", "=", old)?);
        }
        match self.table.transact(writes).await? {
            Ok(()) => Ok(SignIn::Done),
            Err(refused) => match refused.found.filter(|_| refused.index == 0).map(row::value::<User>).transpose()? {
                Some(user) if user.may_act() => Ok(SignIn::RolesChanged(user.roles)),
                _ => Ok(SignIn::Closed),
            },
        }
    }
}
