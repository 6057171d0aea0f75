//! Sessions: opened at login, refreshed in one conditional update, checked by every authenticated request.

use std::time::Duration;

use domain::clock::Timestamp;
use domain::event::Event;
use domain::id::{SessionId, UserId};
use domain::operation::{Action, Operation};
use domain::session::{Device, IDLE_LIFE, Session};
use domain::tenant::TenantScope;
use domain::user::User;

use crate::error::{Error, Result};
use crate::row::{self, Row};
use crate::table::Consistency;
use crate::write::Write;
use crate::{Store, audit, key, outbox};

/// How long an ended session is kept, so that a token used twice after the end is still told from a made-up one.
const KEPT: Duration = Duration::from_secs(24 * 60 * 60);

/// One exchange of a refresh token for its successor.
#[derive(Debug, Clone)]
pub struct Rotation {
    /// The session.
    pub session: SessionId,
    /// The generation of the presented token.
    pub generation: u32,
    /// The hash of the presented secret.
    pub hash: String,
    /// The hash of the successor's secret.
    pub next_hash: String,
    /// Where the session is used from now.
    pub device: Device,
    /// When.
    pub now: Timestamp,
}

/// How an exchange ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rotated {
    /// The successor is the current token now.
    Done(Session),
    /// The presented token is not the current one, or the session is over; this is the session.
    Refused(Session),
    /// There is no such session.
    Unknown,
}

/// Opens a session as a part of a transaction.
pub(crate) fn create(scope: TenantScope, session: &Session) -> Result<Write> {
    let row = Row::new(key::session(scope, session.id), "Session", session)?
        .indexed(key::sessions_of(scope, session.user, session.created_at))
        .until(session.absolute_until.plus(KEPT));
    Ok(Write::create(row))
}

impl Store {
    /// Opens a session for a user who has proved who they are by other means than a password.
    ///
    /// # Errors
    /// [`Error::Conflict`] when there is one of that id.
    pub async fn create_session(&self, operation: &Operation, session: &Session) -> Result<()> {
        let audit = audit::record(operation, Action::LoginSucceeded, &session.user.to_string())?;
        let writes = vec![create(operation.scope, session)?, audit];
        self.table.transact(writes).await?.map_err(|_| Error::Conflict)
    }

    /// Exchanges a refresh token for its successor if it is the current one of a live session.
    ///
    /// # Errors
    /// When the table can't be written.
    pub async fn rotate_session(&self, scope: TenantScope, rotation: &Rotation) -> Result<Rotated> {
        let now = rotation.now;
        let mut update = Write::update(key::session(scope, rotation.session))
            .set("secretHash", &rotation.next_hash)?
            .set("generation", rotation.generation.saturating_add(1))?
            .set("rotatedAt", now)?
            .set("lastUsedAt", now)?
            .set("idleUntil", now.plus(IDLE_LIFE))?;
        for (attribute, value) in [("ip", &rotation.device.ip), ("userAgent", &rotation.device.user_agent)] {
            update = match value {
                Some(value) => update.set(attribute, value)?,
                None => update.remove(attribute),
            };
        }
        let update = update
            .when("secretHash", "=", &rotation.hash)?
            .when("generation", "=", rotation.generation)?
            .when_absent("revokedAt")
            .when("idleUntil", ">", now)?
            .when("absoluteUntil", ">", now)?;
        Ok(match self.table.update_returning(update).await? {
            Ok(session) => Rotated::Done(session),
            Err(refused) => match refused.found {
                Some(found) => Rotated::Refused(row::value(found)?),
                None => Rotated::Unknown,
            },
        })
    }

    /// Ends a session at its user's wish. Ending it twice is ending it once.
    ///
    /// # Errors
    /// When the table can't be written.
    pub async fn end_session(&self, operation: &Operation, session: SessionId) -> Result<()> {
        let audit = audit::record(operation, Action::LoggedOut, &session.to_string())?;
        self.table.transact(vec![revoke(operation, session)?, audit]).await?.or(Ok(()))
    }

    /// Ends a session because one of its refresh tokens was used twice.
    ///
    /// # Errors
    /// When the table can't be written.
    pub async fn end_reused_session(&self, operation: &Operation, session: &Session) -> Result<()> {
        let event = operation.envelope(Event::RefreshTokenReused { user: session.user });
        let writes = vec![
            revoke(operation, session.id)?,
            outbox::publish(operation.scope, &event)?,
            audit::record(operation, Action::RefreshTokenReused, &session.id.to_string())?,
        ];
        self.table.transact(writes).await?.or(Ok(()))
    }

    /// Reads a session and its user at once: the check of every authenticated request.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn session_with_user(
        &self,
        scope: TenantScope,
        session: SessionId,
        user: UserId,
        consistency: Consistency,
    ) -> Result<Option<(Session, User)>> {
        let (session, user) = (key::session(scope, session), key::user(scope, user));
        let mut found = self.table.get_many([session.clone(), user.clone()], consistency).await?;
        let both = found.take::<Session>(&session)?.zip(found.take::<User>(&user)?);
        // A session never opens another user's account, whatever a token pairs.
        Ok(both.filter(|(session, user)| session.user == user.id))
    }
}

fn revoke(operation: &Operation, session: SessionId) -> Result<Write> {
    Ok(Write::update(key::session(operation.scope, session)).set("revokedAt", operation.now)?.when_absent("revokedAt"))
}
