//! Passwords: changed, forgotten, set anew by a mailed link.

pub(crate) mod accept;
pub(crate) mod change;
pub(crate) mod forgot;
pub(crate) mod reset;

use domain::id::{DeviceId, Id, SessionId, UserId};
use domain::operation::{Action, Operation};
use domain::tenant::Tenant;
use domain::ticket::TicketKind;
use domain::user::{User, field};
use platform::passwords::{Password, Passwords, Verdict};
use platform::people;
use store::lockouts::{Counted, Counter};
use store::logins::Login;
use store::passwords::{PasswordSet, Right};
use store::table::Consistency;
use web::{Caller, Code, Edge, Problem, RequestInfo, TenantOf};

use crate::auth::register;
use crate::tickets;

/// How often a change is tried again when the account is changed at the same moment.
const TRIES: usize = 5;

/// Accepts a new password as the tenant wants them.
fn accepted(tenant: &Tenant, field: &'static str, text: &str) -> Result<Password, Problem> {
    let least = tenant.settings.min_password_length;
    Password::of_length(text, least).map_err(|error| Problem::invalid(field, error.to_string()))
}

fn is_strong(text: &str, (): &()) -> garde::Result {
    Password::new(text).map(drop).map_err(garde::Error::new)
}

/// Checks that somebody who is signed in knows their password, and returns the login record that says so. Tries are
/// counted for each session as those of a sign-in are, so that who found an unlocked device can't go on guessing.
///
/// # Errors
/// With 401 when it is wrong, or the account signs in without one; with 429 after too many wrong ones.
pub(crate) async fn confirmed(
    edge: &Edge,
    hasher: &Passwords,
    operation: &Operation,
    caller: &Caller,
    typed: &str,
) -> Result<Login, Problem> {
    let (store, scope, user) = (edge.store(), operation.scope, caller.account());
    let device = DeviceId::from_parts(caller.session.made_at(), caller.session.ulid().random());
    let counter = Counter { email: user.email_index.clone(), device: Some(device) };
    let tries = store.count_sign_in(scope, &counter, operation.now);
    let (login, tries) = tokio::join!(store.login_of(scope, user), tries);
    if let Counted::LockedUntil(until) = tries? {
        return Err(Problem::new(Code::AccountLocked).retry_after(until.since(operation.now)));
    }
    let login = login?;
    let hash = login.as_ref().and_then(|login| login.password_hash.clone());
    let verdict = hasher.verify(Password::typed(typed), hash).await.map_err(register::unavailable)?;
    match login.filter(|_| verdict != Verdict::Wrong) {
        Some(login) => {
            store.forget_tries(scope, &counter).await?;
            Ok(login)
        }
        None => {
            store.record_audit(operation, Action::LoginFailed, &user.id.to_string()).await?;
            Err(Problem::new(Code::InvalidCredentials))
        }
    }
}

/// What a mailed link brought along.
struct Link<'a> {
    kind: TicketKind,
    token: &'a str,
}

/// Sets a password by a mailed link. Whoever has opened it reads the mailbox, so tries to sign in that failed before, theirs or a
/// stranger's, keep them out no longer.
async fn set_by_link(
    edge: &Edge,
    hasher: &Passwords,
    info: &RequestInfo,
    tenant: &TenantOf,
    link: Link<'_>,
    password: Password,
) -> Result<(), Problem> {
    let scope = tenant.scope();
    let (ticket, mut user) = tickets::presented(edge, scope, link.kind, link.token).await?;
    if !ticket.kind.opens(&user) {
        return Err(tickets::refused());
    }
    // Only now, so that made-up tokens cost nothing.
    let hash = hasher.hash(password).await.map_err(register::unavailable)?;
    let operation = tickets::operation(edge, info, scope, &user);
    for _ in 0..TRIES {
        if let Some(login) = edge.store().login_of(scope, &user).await? {
            match edge.store().set_password(&operation, &user, &login, &hash, Right::Ticket(&ticket)).await? {
                PasswordSet::Done => {
                    let sessions = end_sessions(edge, &operation, user.id, None);
                    tokio::join!(sessions, forget_tries(edge, tenant, &user));
                    return Ok(());
                }
                PasswordSet::TicketSpent => return Err(tickets::refused()),
                PasswordSet::Changed => {}
            }
        }
        let now = edge.store().user(scope, user.id, Consistency::Strong).await?;
        user = now.filter(|now| ticket.kind.opens(now)).ok_or_else(tickets::refused)?;
    }
    Err(Problem::new(Code::Conflict))
}

/// Ends the lock of an address and forgets the tries that led to it, wherever they are counted while index keys follow each other.
/// The password is set by then and a lock ends by itself, so a failure is no failure of the request.
async fn forget_tries(edge: &Edge, tenant: &TenantOf, user: &User) {
    if let Err(problem) = forget_all_tries(edge, tenant, user).await {
        tracing::warn!(error = ?problem, "failed sign-ins of an address could not be forgotten; its lock ends by itself");
    }
}

async fn forget_all_tries(edge: &Edge, tenant: &TenantOf, user: &User) -> Result<(), Problem> {
    let email = people::open_field(edge.vault(), tenant, user, field::EMAIL, &user.email).await?;
    let places = edge.vault().index_places(tenant, field::EMAIL_INDEX, &email).await?;
    for place in places.read() {
        edge.store().forget_all_tries(tenant.scope(), place).await?;
    }
    Ok(())
}

/// Marks the sessions of an account as ended, which the new password has ended already. So a failure is no failure of the request.
async fn end_sessions(edge: &Edge, operation: &Operation, user: UserId, kept: Option<SessionId>) {
    if let Err(error) = edge.store().end_listed_sessions(operation, user, kept).await {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "ended sessions could not be marked; they are refused anyway"
        );
    }
}

#[cfg(test)]
mod tests;
