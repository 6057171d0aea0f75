//! Login records: what a sign-in needs, in one read.
//!
//! A record's place is the blind index of the e-mail, so its existence is also what makes the e-mail unique.

use domain::access::Role;
use domain::clock::Timestamp;
use domain::id::UserId;
use domain::operation::{Action, Operation};
use domain::pii::BlindIndex;
use domain::session::Session;
use domain::tenant::TenantScope;
use domain::user::{User, UserStatus};
use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::lockouts::{self, Counter};
use crate::mfa::{self, SecondFactor};
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

/// What proved who somebody is, and what of it is used up or renewed when their session opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// When the first of it was read: what was ended later than that is not opened again by it.
    pub since: Timestamp,
    /// A password hash that is replaced on the way, because it is outdated.
    pub rehashed: Option<Rehashed>,
    /// The tries that are forgotten with this success.
    pub tries: Option<Counter>,
    /// The second factor, which is good for one sign-in; an account that has one can't be opened without.
    pub second: Option<Answered>,
}

/// A password hash in the place of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rehashed {
    /// Whose login record.
    pub email: BlindIndex,
    /// The hash that was compared.
    pub old: String,
    /// The one to store.
    pub new: String,
}

/// The end of a challenge by a second factor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// The hash of the challenge's secret.
    pub challenge: String,
    /// What answered it.
    pub factor: SecondFactor,
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
    /// The second factor was used by another sign-in meanwhile, or was turned on after the password was compared.
    FactorUsed,
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

    /// Finds the login record of a user as read. One that moved to its place under the next index key since then is found
    /// there, so none means that the account was closed or moved to another address.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn login_of(&self, scope: TenantScope, user: &User) -> Result<Option<Login>> {
        let is_theirs = |login: &Login| login.user == user.id;
        if let Some(login) = self.login(scope, &user.email_index).await?.filter(is_theirs) {
            return Ok(Some(login));
        }
        match self.user(scope, user.id, Consistency::Strong).await? {
            Some(now) if now.email_index != user.email_index => {
                Ok(self.login(scope, &now.email_index).await?.filter(is_theirs))
            }
            _ => Ok(None),
        }
    }

    /// Finds who has an e-mail, and where: at one of the places where it may stand. There are two of them while one index
    /// key follows another, and both are read, one after the other, whether or not the first has something.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn login_at<'a>(
        &self,
        scope: TenantScope,
        places: impl IntoIterator<Item = &'a BlindIndex>,
    ) -> Result<Option<(BlindIndex, Login)>> {
        let mut found = None;
        for place in places {
            let login = self.login(scope, place).await?;
            found = login.map(|login| (place.clone(), login)).or(found);
        }
        Ok(found)
    }

    /// Opens a session for a user who has proved who they are, and uses up or renews what proved it, all at once.
    ///
    /// # Errors
    /// When the table can't be written.
    pub async fn sign_in(&self, operation: &Operation, session: &Session, proof: &Proof) -> Result<SignIn> {
        let scope = operation.scope;
        // What was proved before everything was ended proves nothing now: a password may have been changed meanwhile.
        let mut user = Write::update(key::user(scope, session.user))
            .set("lastLoginAt", operation.now)?
            .when("status", "=", UserStatus::Active)?
            .when("roles", "=", &session.roles)?
            .when_absent_or("sessionsFrom", "<=", proof.since)?;
        user = match &proof.second {
            None => user.when_absent("mfa.enabledAt"),
            Some(Answered { factor, .. }) => factor.use_up(factor.leave(user)?)?,
        };
        let mut writes = vec![
            user,
            sessions::create(scope, session)?,
            audit::record(operation, Action::LoginSucceeded, &session.user.to_string())?,
        ];
        if let Some(Answered { challenge, factor }) = &proof.second {
            writes.push(mfa::close(operation, session.user, challenge)?);
            writes.extend(factor.record(operation, session.user)?);
        }
        writes.extend(proof.tries.as_ref().map(|counter| lockouts::clear(scope, counter)));
        if let Some(Rehashed { email, old, new }) = &proof.rehashed {
            // Somebody who changed the password meanwhile wins, and this sign-in fails with the old one.
            let update = Write::update(key::login(scope, email));
            writes.push(update.set("passwordHash", new)?.when("passwordHash", "=", old)?);
        }
        let Err(refused) = self.table.transact(writes).await? else { return Ok(SignIn::Done) };
        if proof.rehashed.is_some() && refused.index > 2 && refused.found.is_none() {
            // The record moved to its place under the next index key: the hash can be renewed another time.
            let proof = Proof { rehashed: None, ..proof.clone() };
            return Box::pin(self.sign_in(operation, session, &proof)).await;
        }
        let user = refused.found.filter(|_| refused.index == 0).map(row::value::<User>).transpose()?;
        Ok(match user {
            Some(user) if !user.may_act() || user.sessions_from.is_some_and(|from| from > proof.since) => {
                SignIn::Closed
            }
            Some(user) if user.roles != session.roles => SignIn::RolesChanged(user.roles),
            Some(_) => SignIn::FactorUsed,
            None => SignIn::Closed,
        })
    }
}
