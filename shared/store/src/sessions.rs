//! Sessions: opened at login, refreshed in one conditional update, checked by every authenticated request.

use std::time::Duration;

use domain::clock::Timestamp;
use domain::event::{Event, SecurityChange};
use domain::id::{SessionId, UserId};
use domain::limit::{Level, Rate, micros};
use domain::operation::{Action, Operation};
use domain::session::{Device, IDLE_LIFE, Session};
use domain::tenant::TenantScope;
use domain::user::User;
use serde::Deserialize;

use crate::error::{Error, Result};
use crate::key::Index;
use crate::page::{Page, Position};
use crate::row::{self, Row};
use crate::table::Consistency;
use crate::write::Write;
use crate::{Store, audit, key, outbox};

/// How long an ended session is kept, so that a token used twice after the end is still told from a made-up one.
const KEPT: Duration = Duration::from_secs(24 * 60 * 60);
/// How many sessions are read and ended at a time.
const LISTED: u32 = 50;

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
    /// How often the session may be refreshed.
    pub rate: Rate,
    /// When.
    pub now: Timestamp,
}

/// How an exchange ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rotated {
    /// The successor is the current token now; so much is left of the session's allowance.
    Done(Session, Level),
    /// The session is refreshed too often. Nothing was exchanged.
    TooOften(Level),
    /// The presented token is not the current one, or the session is over; this is the session.
    Refused(Session),
    /// There is no such session.
    Unknown,
}

/// How often a session was refreshed lately, beside the session in its item.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Refreshes {
    refreshes_full_at: Option<u64>,
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

    /// Exchanges a refresh token for its successor if it is the current one of a live session. The session's bucket of
    /// refreshes is in its item, so that counting them costs nothing.
    ///
    /// # Errors
    /// When the table can't be written.
    pub async fn rotate_session(&self, scope: TenantScope, rotation: &Rotation) -> Result<Rotated> {
        let (now, rate) = (micros(rotation.now), rotation.rate);
        // As a bucket is that nobody has drawn from for a while: all but a client that refreshes without need finds it so.
        let mut full_at = None;
        for _ in 0..4 {
            let level = rate.take(full_at, now, 1);
            let update = exchange(scope, rotation)?.set("refreshesFullAt", level.full_at)?;
            let update = match full_at {
                None => update.when_absent_or("refreshesFullAt", "<=", now)?,
                Some(seen) => update.when("refreshesFullAt", "=", seen)?,
            };
            let found = match self.table.update_returning(update).await? {
                Ok(session) => return Ok(Rotated::Done(session, level)),
                Err(refused) => refused.found,
            };
            let Some(found) = found else { return Ok(Rotated::Unknown) };
            let seen = row::value::<Refreshes>(found.clone())?.refreshes_full_at.filter(|seen| *seen > now);
            let session: Session = row::value(found)?;
            let current = session.secret_hash == rotation.hash && session.generation == rotation.generation;
            if !current || !session.is_live(rotation.now) {
                return Ok(Rotated::Refused(session));
            }
            let level = rate.take(seen, now, 1);
            if !level.allowed {
                return Ok(Rotated::TooOften(level));
            }
            full_at = seen;
        }
        Err(Error::Busy("a session is contended".into()))
    }

    /// Ends a session at its user's wish. Ending it twice is ending it once.
    ///
    /// # Errors
    /// When the table can't be written.
    pub async fn end_session(&self, operation: &Operation, session: SessionId) -> Result<()> {
        let audit = audit::record(operation, Action::LoggedOut, &session.to_string())?;
        self.table.transact(vec![revoke(operation, session)?, audit]).await?.or(Ok(()))
    }

    /// Ends a session because one of its refresh tokens was used twice, and lets its user know by mail.
    ///
    /// # Errors
    /// When the table can't be written.
    pub async fn end_reused_session(&self, operation: &Operation, session: &Session) -> Result<()> {
        let (user, change) = (session.user, SecurityChange::RefreshTokenReused);
        let reused = operation.envelope(Event::RefreshTokenReused { user });
        let told = operation.envelope(Event::SecurityChanged { user, change });
        let writes = vec![
            revoke(operation, session.id)?,
            outbox::publish(operation.scope, &reused)?,
            outbox::publish(operation.scope, &told)?,
            audit::record(operation, Action::RefreshTokenReused, &session.id.to_string())?,
        ];
        self.table.transact(writes).await?.or(Ok(()))
    }

    /// Ends one of a user's sessions from another device.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the user has no such session, or it was ended already.
    pub async fn end_session_of(&self, operation: &Operation, user: UserId, session: SessionId) -> Result<()> {
        let writes = vec![
            revoke(operation, session)?.when("user", "=", user)?,
            audit::record(operation, Action::SessionRevoked, &session.to_string())?,
        ];
        self.table.transact(writes).await?.map_err(|_| Error::NotFound)
    }

    /// Ends all sessions of a user, the one that asks among them. From then on the session check refuses each that was
    /// opened before, whether or not its item says so yet.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such user.
    pub async fn end_all_sessions(&self, operation: &Operation, user: UserId) -> Result<()> {
        let ended = end_all(Write::update(key::user(operation.scope, user)), operation.now)?;
        let audit = audit::record(operation, Action::AllSessionsRevoked, &user.to_string())?;
        self.table.transact(vec![ended, audit]).await?.map_err(|_| Error::NotFound)?;
        self.end_listed_sessions(operation, user, None).await
    }

    /// Marks the sessions that a user has as ended, after a change that ended them ([`end_all`]): then their refresh tokens
    /// are refused too and the list of devices is short. Doing it half, or not at all, lets nobody in.
    ///
    /// # Errors
    /// When the table can't be read or written.
    pub async fn end_listed_sessions(
        &self,
        operation: &Operation,
        user: UserId,
        kept: Option<SessionId>,
    ) -> Result<()> {
        let mut from = None;
        loop {
            let page = self.sessions_of(operation.scope, user, LISTED, from).await?;
            let open = page.items.iter().filter(|session| session.is_live(operation.now) && Some(session.id) != kept);
            let ended = open.map(|session| Ok(self.table.write(revoke(operation, session.id)?)));
            // One that is refused was ended by somebody else meanwhile.
            futures_util::future::try_join_all(ended.collect::<Result<Vec<_>>>()?).await?;
            from = page.next;
            if from.is_none() {
                return Ok(());
            }
        }
    }

    /// Lists a user's sessions, newest first, the ended ones among them.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn sessions_of(
        &self,
        scope: TenantScope,
        user: UserId,
        limit: u32,
        from: Option<Position>,
    ) -> Result<Page<Session>> {
        let list = self.table.query(key::sessions_of_list(scope, user)).index(Index::First);
        list.newest_first().limit(limit).from(from).page().await
    }

    /// Reads a session.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn session(&self, scope: TenantScope, session: SessionId) -> Result<Option<Session>> {
        self.table.get(key::session(scope, session), Consistency::Strong).await
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

/// Ends all sessions of a user but one, likewise.
pub(crate) fn end_others(user: Write, now: Timestamp, kept: SessionId) -> Result<Write> {
    user.set("sessionsFrom", now)?.set("sessionKept", kept)
}

/// Ends all sessions of a user as a part of a change of the user: each that was opened before `now` is over.
/// Call [`Store::end_listed_sessions`] afterwards.
pub(crate) fn end_all(user: Write, now: Timestamp) -> Result<Write> {
    Ok(user.set("sessionsFrom", now)?.remove("sessionKept"))
}

/// The exchange of a refresh token, under its conditions.
fn exchange(scope: TenantScope, rotation: &Rotation) -> Result<Write> {
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
    update
        .when("secretHash", "=", &rotation.hash)?
        .when("generation", "=", rotation.generation)?
        .when_absent("revokedAt")
        .when("idleUntil", ">", now)?
        .when("absoluteUntil", ">", now)
}

fn revoke(operation: &Operation, session: SessionId) -> Result<Write> {
    Ok(Write::update(key::session(operation.scope, session)).set("revokedAt", operation.now)?.when_absent("revokedAt"))
}
