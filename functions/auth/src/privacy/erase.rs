//! `DELETE /users/me`

use std::time::Duration;

use axum::extract::State;
use domain::id::Id;
use domain::operation::{Action, Operation};
use domain::user::User;
use garde::Validate;
use platform::passwords::Passwords;
use serde::Deserialize;
use store::privacy::Erasure;
use store::table::Consistency;
use utoipa::ToSchema;
use web::{Answer, Caller, Code, Edge, Envelope, Json, Nothing, Problem, Reply, refusals};

use crate::{mfa, passwords};

/// How often it is tried again when the account is changed at the same moment.
const TRIES: usize = 5;

/// How young the session must be where there is no password to ask for.
const FRESH: Duration = Duration::from_secs(10 * 60);

/// What proves that it is the person who wants to be forgotten.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Erase {
    /// The password. An account that signs in by an identity provider only has none: sign in again, and do this within ten
    /// minutes.
    #[garde(length(bytes, max = 1024))]
    #[schema(format = "password", max_length = 128, example = "correct horse battery staple")]
    password: Option<String>,
    /// The six digits that the app shows now, or a backup code, where a second factor is on.
    #[garde(length(bytes, max = 64))]
    #[schema(max_length = 64, example = "287082")]
    code: Option<String>,
}

/// Erase the own account
///
/// For good: everything about you becomes unreadable at once, all sessions end, and the e-mail address is free. Orders and
/// invoices are kept as the law demands, without your name and address. The last owner can't go.
#[utoipa::path(
    delete,
    path = "/users/me",
    tag = "Profile",
    request_body = Erase,
    responses(
        (status = 200, description = "Nothing about you can be read any more", body = Envelope<Nothing>),
        web::openapi::Of<(
            refusals::InvalidCredentials,
            refusals::InvalidMfaCode,
            refusals::AccountLocked,
            refusals::LastOwner,
            refusals::Conflict
        )>
    ),
    extensions(("x-access" = json!("caller")))
)]
pub(crate) async fn erase_account(
    State(edge): State<Edge>,
    State(hasher): State<Passwords>,
    caller: Caller,
    Json(body): Json<Erase>,
) -> Answer<Nothing> {
    let (operation, mut user) = (caller.operation(), caller.account().clone());
    // First, so that each try counts, and nobody without a code tries passwords.
    let factor = match (user.has_mfa(), &body.code) {
        (true, Some(code)) => Some(mfa::prove(&edge, &operation, caller.tenant(), &user, None, code).await?),
        (true, None) => return Err(Problem::invalid("code", "is required: a second factor is on")),
        (false, _) => None,
    };
    confirm(&edge, &hasher, &operation, &caller, body.password.as_deref()).await?;
    for _ in 0..TRIES {
        match edge.store().erase_user(&operation, &user, factor.as_ref()).await? {
            Erasure::Done => {
                // They are refused anyway; their refresh tokens too from here on, or else when the rest is cleared away.
                if let Err(error) = edge.store().end_listed_sessions(&operation, user.id, None).await {
                    let cause = &error as &dyn std::error::Error;
                    tracing::warn!(error = cause, "sessions of an erased person could not be marked as ended");
                }
                return Ok(Reply::done().message("Your account and everything about you is gone."));
            }
            Erasure::LastOwner => return Err(Problem::new(Code::LastOwner)),
            Erasure::Changed => {}
        }
        // Only what nobody changed on purpose is tried again, such as the place of the login record.
        let now = edge.store().user(operation.scope, user.id, Consistency::Strong).await?;
        let same = |now: &User| now.may_act() && now.version == user.version && now.email_index != user.email_index;
        user = now.filter(same).ok_or_else(|| Problem::new(Code::Conflict))?;
    }
    Err(Problem::new(Code::Conflict))
}

/// Checks that it is the person: by the password, or by a sign-in a moment ago where there is none.
async fn confirm(
    edge: &Edge,
    hasher: &Passwords,
    operation: &Operation,
    caller: &Caller,
    typed: Option<&str>,
) -> Result<(), Problem> {
    let user = caller.account();
    let login = edge.store().login_of(operation.scope, user).await?.ok_or_else(|| Problem::new(Code::Conflict))?;
    if login.password_hash.is_some() {
        return passwords::confirmed(edge, hasher, operation, caller, typed.unwrap_or_default()).await.map(drop);
    }
    // A session's id says when the person signed in.
    if operation.now.since(caller.session.made_at()) <= FRESH {
        return Ok(());
    }
    edge.store().record_audit(operation, Action::LoginFailed, &user.id.to_string()).await?;
    Err(Problem::new(Code::InvalidCredentials).message("Sign in again, and repeat this within ten minutes"))
}
