//! `POST /auth/mfa/disable`

use axum::extract::State;
use axum::response::Response;
use domain::operation::Action;
use garde::Validate;
use platform::passwords::{Password, Passwords, Verdict};
use serde::Deserialize;
use utoipa::ToSchema;
use web::openapi::OptionalKeyHeader;
use web::{Caller, Code, Edge, Envelope, IdempotencyKey, Json, Nothing, Problem, Reply, idempotent, refusals};

use super::{prove, wrong};
use crate::auth::register;

/// What proves that it is the person who turns the second factor off.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Disable {
    /// The password. An account that signs in by an identity provider only has none.
    #[garde(length(bytes, max = 1024))]
    #[schema(format = "password", max_length = 128, example = "correct horse battery staple")]
    password: Option<String>,
    /// The six digits that the app shows now, or a backup code.
    #[garde(length(bytes, max = 64))]
    #[schema(max_length = 64, example = "287082")]
    code: String,
}

/// Turn the second factor off
///
/// Takes the password and a code. The backup codes are void, and sign-in asks for the password alone.
#[utoipa::path(
    post,
    path = "/auth/mfa/disable",
    tag = "Identity",
    params(OptionalKeyHeader),
    request_body = Disable,
    responses(
        (status = 200, description = "The second factor is off", body = Envelope<Nothing>),
        web::openapi::Of<(
            refusals::InvalidCredentials,
            refusals::InvalidMfaCode,
            refusals::MfaNotEnabled,
            refusals::AccountLocked,
            refusals::Conflict
        )>
    ),
    extensions(("x-access" = json!("caller")))
)]
pub(crate) async fn turn_off(
    State(edge): State<Edge>,
    State(passwords): State<Passwords>,
    caller: Caller,
    key: Option<IdempotencyKey>,
    Json(body): Json<Disable>,
) -> Result<Response, Problem> {
    let work = async {
        let (user, operation) = (caller.account(), caller.operation());
        if !user.has_mfa() {
            return Err(Problem::new(Code::MfaNotEnabled));
        }
        // First, so that each try counts, and nobody without a code tries passwords.
        let factor = prove(&edge, &operation, caller.tenant(), user, None, &body.code).await?;
        // No record is not the same as a record without a password.
        let login = edge.store().login_of(operation.scope, user).await?.ok_or_else(|| Problem::new(Code::Conflict))?;
        let hash = login.password_hash;
        if hash.is_some() {
            let password = Password::typed(body.password.as_deref().unwrap_or_default());
            let verdict = passwords.verify(password, hash).await.map_err(register::unavailable)?;
            if verdict == Verdict::Wrong {
                edge.store().record_audit(&operation, Action::LoginFailed, &user.id.to_string()).await?;
                return Err(Problem::new(Code::InvalidCredentials).message("The password is wrong"));
            }
        }
        match edge.store().disable_mfa(&operation, user, &factor).await {
            Ok(()) => Ok(Reply::done().message("Sign-in asks for no code any more.")),
            // The code was used by another request meanwhile.
            Err(store::Error::Conflict) => Err(wrong(&edge, &operation, user).await?),
            Err(error) => Err(error.into()),
        }
    };
    idempotent(&edge, caller.tenant(), Some(caller.user), key, work).await
}
