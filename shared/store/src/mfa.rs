//! The second factor of a user: set up, turned on and off, tried, used up.
//!
//! Each code counts once. A try is counted before the code is looked at, so that many tries at once are no more than
//! many one after the other; what the code was is used up in the transaction of what it opens.

use domain::clock::Timestamp;
use domain::event::{Event, SecurityChange};
use domain::id::UserId;
use domain::operation::{Action, Operation};
use domain::pii::Sealed;
use domain::tenant::TenantScope;
use domain::user::{CHALLENGE_TRIES, Challenge, Mfa, Try, User, UserStatus};

use crate::error::{Error, Result};
use crate::lockouts;
use crate::logins::{Proof, Rehashed};
use crate::row::{self, Row};
use crate::table::Consistency;
use crate::write::Write;
use crate::{Store, audit, key, outbox};

/// A second factor that was given, and found right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecondFactor {
    /// Since when the app is in use whose code it is: another one is in use since another instant. Not its secret, which
    /// is sealed anew when the data key is rotated.
    pub enabled_at: Timestamp,
    /// What is used up.
    pub code: UsedCode,
}

/// The code of a second factor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UsedCode {
    /// A code of the authenticator app, by its time step: no code of that step or an earlier one counts again.
    Step(u64),
    /// A backup code, by the hashes that there were and those that are left without it.
    Backup {
        /// All that there were.
        before: Vec<String>,
        /// Those that are left.
        left: Vec<String>,
    },
}

/// How a try was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tried {
    /// The code may be looked at.
    Counted,
    /// The challenge is used, expired, or was tried too often; or there is no second factor any more.
    Closed,
    /// Too many codes were tried: none is looked at before this instant.
    LockedUntil(Timestamp),
}

/// How often a count is tried again when other tries come first.
const COLLISIONS: usize = 12;

impl SecondFactor {
    /// Makes using the code up a part of a change of the user; it fails when it was used before, or is another's.
    pub(crate) fn use_up(&self, user: Write) -> Result<Write> {
        let user = user.when("mfa.enabledAt", "=", self.enabled_at)?;
        match &self.code {
            UsedCode::Step(step) => user.when_absent_or("mfa.lastStep", "<", step),
            UsedCode::Backup { before, .. } => user.when("mfa.backupCodes", "=", before),
        }
    }

    /// Makes the traces of the code a part of a change of a user who keeps the second factor.
    pub(crate) fn leave(&self, user: Write) -> Result<Write> {
        let user = user.set("mfa.tries", 0)?.remove("mfa.triesFrom");
        match &self.code {
            UsedCode::Step(step) => user.set("mfa.lastStep", step),
            UsedCode::Backup { left, .. } => user.set("mfa.backupCodes", left),
        }
    }

    /// Records that a backup code was used.
    pub(crate) fn record(&self, operation: &Operation, user: UserId) -> Result<Option<Write>> {
        match &self.code {
            UsedCode::Step(_) => Ok(None),
            UsedCode::Backup { .. } => audit::record(operation, Action::BackupCodeUsed, &user.to_string()).map(Some),
        }
    }
}

/// Ends a challenge with the sign-in that it was for; fails when it was used, or is closed.
pub(crate) fn close(operation: &Operation, user: UserId, challenge: &str) -> Result<Write> {
    let write = Write::delete(key::challenge(operation.scope, user, challenge)).when_present("pk");
    write.when("expiresAt", ">", operation.now)
}

impl Store {
    /// Keeps the secret of an app that is yet to be confirmed, in place of an earlier one of that kind.
    ///
    /// # Errors
    /// [`Error::Conflict`] when a second factor is on already.
    pub async fn set_up_mfa(&self, operation: &Operation, user: &User, secret: &Sealed) -> Result<()> {
        let change = changed(operation, user)?
            .set("mfa", Mfa::set_up(secret.clone()))?
            .when("status", "=", UserStatus::Active)?
            .when_absent("mfa.enabledAt");
        let audit = audit::record(operation, Action::MfaSetUp, &user.id.to_string())?;
        self.table.transact(vec![change, audit]).await?.map_err(|_| Error::Conflict)
    }

    /// Turns the second factor on whose app has shown the code of `step`, with these hashes of backup codes.
    ///
    /// # Errors
    /// [`Error::Conflict`] when it is on already, or another secret was set up meanwhile.
    pub async fn enable_mfa(
        &self,
        operation: &Operation,
        user: &User,
        secret: &Sealed,
        step: u64,
        backup_codes: &[String],
    ) -> Result<()> {
        let change = changed(operation, user)?
            .set("mfa.enabledAt", operation.now)?
            .set("mfa.lastStep", step)?
            .set("mfa.backupCodes", backup_codes)?
            .when("mfa.secret", "=", secret)?
            .when_absent("mfa.enabledAt");
        self.switch(operation, user, change, true).await
    }

    /// Turns the second factor off.
    ///
    /// # Errors
    /// [`Error::Conflict`] when it is off already, or the code was used meanwhile.
    pub async fn disable_mfa(&self, operation: &Operation, user: &User, factor: &SecondFactor) -> Result<()> {
        let change = factor.use_up(changed(operation, user)?.remove("mfa"))?;
        self.switch(operation, user, change, false).await
    }

    /// Changes user and login record alike, and tells the user.
    async fn switch(&self, operation: &Operation, user: &User, change: Write, on: bool) -> Result<()> {
        let (action, told) = if on {
            (Action::MfaEnabled, SecurityChange::MfaEnabled)
        } else {
            (Action::MfaDisabled, SecurityChange::MfaDisabled)
        };
        let login = Write::update(key::login(operation.scope, &user.email_index));
        let event = Event::SecurityChanged { user: user.id, change: told };
        let writes = vec![
            change.when("emailIndex", "=", &user.email_index)?,
            login.set("mfa", on)?.when("user", "=", user.id)?,
            outbox::publish(operation.scope, &operation.envelope(event))?,
            audit::record(operation, action, &user.id.to_string())?,
        ];
        self.table.transact(writes).await?.map_err(|_| Error::Conflict)
    }

    /// Replaces the backup codes by these hashes.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the second factor is off, or the code was used meanwhile.
    pub async fn renew_backup_codes(
        &self,
        operation: &Operation,
        user: &User,
        factor: &SecondFactor,
        hashes: &[String],
    ) -> Result<()> {
        let change = factor.use_up(changed(operation, user)?)?.set("mfa.backupCodes", hashes)?;
        let change = change.set("mfa.tries", 0)?.remove("mfa.triesFrom");
        let change = match &factor.code {
            UsedCode::Step(step) => change.set("mfa.lastStep", step)?,
            // The one that was used goes with the others.
            UsedCode::Backup { .. } => change,
        };
        let event = Event::SecurityChanged { user: user.id, change: SecurityChange::BackupCodes };
        let mut writes = vec![
            change,
            outbox::publish(operation.scope, &operation.envelope(event))?,
            audit::record(operation, Action::BackupCodesRenewed, &user.id.to_string())?,
        ];
        writes.extend(factor.record(operation, user.id)?);
        self.table.transact(writes).await?.map_err(|_| Error::Conflict)
    }

    /// Opens a challenge for somebody whose first proof was right, found by the hash of its secret. What the proof
    /// renews and forgets is done on the way. False when the account may not be used, everything was ended since, or it has
    /// no second factor any more.
    ///
    /// # Errors
    /// When the table can't be written.
    pub async fn open_challenge(
        &self,
        operation: &Operation,
        hash: &str,
        challenge: &Challenge,
        proof: &Proof,
    ) -> Result<bool> {
        let scope = operation.scope;
        let user = Write::check(key::user(scope, challenge.user))
            .when("status", "=", UserStatus::Active)?
            .when_present("mfa.enabledAt")
            .when_absent_or("sessionsFrom", "<=", challenge.since)?;
        let row = Row::new(key::challenge(scope, challenge.user, hash), "Challenge", challenge)?;
        let mut writes = vec![user, Write::create(row.until(challenge.expires_at))];
        writes.extend(proof.tries.as_ref().map(|counter| lockouts::clear(scope, counter)));
        if let Some(Rehashed { email, old, new }) = &proof.rehashed {
            let login = Write::update(key::login(scope, email));
            writes.push(login.set("passwordHash", new)?.when("passwordHash", "=", old)?);
        }
        match self.table.transact(writes).await? {
            Ok(()) => Ok(true),
            // The record moved to another place: the hash can be renewed another time.
            Err(refused) if proof.rehashed.is_some() && refused.index > 1 && refused.found.is_none() => {
                let proof = Proof { rehashed: None, ..proof.clone() };
                Box::pin(self.open_challenge(operation, hash, challenge, &proof)).await
            }
            Err(_) => Ok(false),
        }
    }

    /// Reads a challenge and its user at once.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn challenge(&self, scope: TenantScope, user: UserId, hash: &str) -> Result<Option<(Challenge, User)>> {
        let (challenge, user) = (key::challenge(scope, user, hash), key::user(scope, user));
        let mut found = self.table.get_many([challenge.clone(), user.clone()], Consistency::Strong).await?;
        Ok(found.take::<Challenge>(&challenge)?.zip(found.take::<User>(&user)?))
    }

    /// Counts a try of a code before the code is looked at: for the person, and for the challenge where there is one.
    ///
    /// # Errors
    /// When the table can't be written.
    pub async fn count_mfa_try(&self, operation: &Operation, user: &User, challenge: Option<&str>) -> Result<Tried> {
        let scope = operation.scope;
        let mut mfa = user.mfa.clone();
        for _ in 0..COLLISIONS {
            let Some(known) = mfa.filter(Mfa::is_on) else { return Ok(Tried::Closed) };
            let count = Write::update(key::user(scope, user.id)).when_present("mfa.enabledAt");
            let count = match known.try_at(operation.now) {
                Try::LockedUntil(until) => return Ok(Tried::LockedUntil(until)),
                Try::Begins => {
                    let count = count.set("mfa.tries", 1)?.set("mfa.triesFrom", operation.now)?;
                    match known.tries_from {
                        Some(from) => count.when("mfa.triesFrom", "=", from)?,
                        None => count.when_absent("mfa.triesFrom"),
                    }
                }
                Try::Counts(from) => count.add("mfa.tries", 1)?.when("mfa.triesFrom", "=", from)?.when(
                    "mfa.tries",
                    "<",
                    domain::user::TRIES,
                )?,
            };
            let mut writes = vec![count];
            if let Some(hash) = challenge {
                let challenge = Write::update(key::challenge(scope, user.id, hash)).add("wrong", 1)?;
                writes.push(challenge.when("wrong", "<", CHALLENGE_TRIES)?.when("expiresAt", ">", operation.now)?);
            }
            match self.table.transact(writes).await? {
                Ok(()) => return Ok(Tried::Counted),
                Err(refused) if refused.index == 0 => {
                    mfa = refused.found.map(row::value::<User>).transpose()?.and_then(|user| user.mfa);
                }
                Err(_) => return Ok(Tried::Closed),
            }
        }
        Err(Error::Busy("tries of one second factor keep colliding".into()))
    }
}

fn changed(operation: &Operation, user: &User) -> Result<Write> {
    Write::update(key::user(operation.scope, user.id))
        .set("updatedAt", operation.now)?
        .set("updatedBy", user.id)?
        .add("version", 1)
}
