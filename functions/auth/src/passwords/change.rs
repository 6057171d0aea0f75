//! `POST /auth/change-password`

use axum::extract::State;
use axum::response::Response;
use garde::Validate;
use platform::passwords::Passwords;
use serde::Deserialize;
use store::passwords::{PasswordSet, Right};
use store::table::Consistency;
use utoipa::ToSchema;
use web::openapi::OptionalKeyHeader;
use web::{Caller, Code, Edge, Envelope, IdempotencyKey, Json, Nothing, Problem, Reply, idempotent, refusals};

use super::{TRIES, accepted, confirmed, end_sessions, is_strong};
use crate::auth::register;

/// The old password and the new one.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ChangePassword {
    /// The password as it is.
    #[garde(length(bytes, max = 1024))]
    #[schema(format = "password", max_length = 128, example = "correct horse battery staple")]
    current_password: String,
    /// 8 to 128 characters, or from as many on as the tenant wants, and not one of the most common passwords.
    #[garde(custom(is_strong))]
    #[schema(format = "password", min_length = 8, max_length = 128, example = "a new horse with another battery")]
    new_password: String,
}

/// Change the own password
///
/// This session goes on; all others end, and links to set a password that are still in the mail stop working.
#[utoipa::path(
    post,
    path = "/auth/change-password",
    tag = "Identity",
    params(OptionalKeyHeader),
    request_body = ChangePassword,
    responses(
        (status = 200, description = "The password is the new one", body = Envelope<Nothing>),
        web::openapi::Of<(refusals::InvalidCredentials, refusals::AccountLocked, refusals::Conflict)>
    ),
    extensions(("x-access" = json!("caller")))
)]
pub(crate) async fn change_password(
    State(edge): State<Edge>,
    State(passwords): State<Passwords>,
    caller: Caller,
    key: Option<IdempotencyKey>,
    Json(body): Json<ChangePassword>,
) -> Result<Response, Problem> {
    let password = accepted(caller.tenant(), "newPassword", &body.new_password)?;
    if body.new_password == body.current_password {
        return Err(Problem::invalid("newPassword", "must differ from the password as it is"));
    }
    let work = async {
        let (operation, mut user) = (caller.operation(), caller.account().clone());
        let mut login = confirmed(&edge, &passwords, &operation, &caller, &body.current_password).await?;
        let hash = passwords.hash(password).await.map_err(register::unavailable)?;
        for _ in 0..TRIES {
            let right = Right::Old(caller.session);
            if edge.store().set_password(&operation, &user, &login, &hash, right).await? == PasswordSet::Done {
                end_sessions(&edge, &operation, user.id, Some(caller.session)).await;
                return Ok(Reply::done().message("The password is changed. All other devices are signed out."));
            }
            let now = edge.store().user(operation.scope, user.id, Consistency::Strong).await?;
            user = now.filter(|user| user.may_act()).ok_or_else(|| Problem::new(Code::SessionEnded))?;
            let now = edge.store().login_of(operation.scope, &user).await?;
            // Whoever changed the password meanwhile wins: what was confirmed is the old one no more.
            let same = |now: &store::logins::Login| now.password_hash == login.password_hash;
            login = now.filter(same).ok_or_else(|| Problem::new(Code::Conflict))?;
        }
        Err::<Reply<Nothing>, _>(Problem::new(Code::Conflict))
    };
    idempotent(&edge, caller.tenant(), Some(caller.user), key, work).await
}
