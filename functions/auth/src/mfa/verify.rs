//! `POST /auth/mfa/verify`

use axum::extract::State;
use axum::response::Response;
use garde::Validate;
use serde::Deserialize;
use store::table::Consistency;
use utoipa::ToSchema;
use web::openapi::OptionalKeyHeader;
use web::{Caller, Code, Edge, Envelope, IdempotencyKey, Json, Problem, Reply, idempotent, refusals};

use super::{BackupCodes, app, wrong};

/// How often it is tried again when the account changes at the same moment.
const TRIES: usize = 3;

/// What the app shows.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Confirm {
    /// The six digits that the app shows now.
    #[garde(length(bytes, max = 64))]
    #[schema(max_length = 64, example = "287082")]
    code: String,
}

/// Turn the second factor on
///
/// Confirms that the app has the secret of `POST /auth/mfa/setup`. From now on sign-in asks for a code. The backup codes
/// of the answer are shown this once.
#[utoipa::path(
    post,
    path = "/auth/mfa/verify",
    tag = "Identity",
    params(OptionalKeyHeader),
    request_body = Confirm,
    responses(
        (status = 200, description = "The second factor is on", body = Envelope<BackupCodes>),
        web::openapi::Of<(refusals::InvalidMfaCode, refusals::MfaAlreadyEnabled, refusals::MfaNotEnabled, refusals::Conflict)>
    ),
    extensions(("x-access" = json!("caller")))
)]
pub(crate) async fn turn_on(
    State(edge): State<Edge>,
    caller: Caller,
    key: Option<IdempotencyKey>,
    Json(body): Json<Confirm>,
) -> Result<Response, Problem> {
    let work = async {
        let operation = caller.operation();
        let mut account = caller.account().clone();
        for _ in 0..TRIES {
            let mfa = match &account.mfa {
                Some(mfa) if mfa.is_on() => return Err(Problem::new(Code::MfaAlreadyEnabled)),
                Some(mfa) => mfa,
                None => return Err(Problem::new(Code::MfaNotEnabled)),
            };
            let app = app(edge.vault(), caller.tenant(), &account, mfa).await?;
            // No count of tries: the secret is the caller's own, who has just been told it.
            let Some(step) = app.check(&body.code, operation.now) else {
                return Err(wrong(&edge, &operation, &account).await?);
            };
            let (codes, hashes) = BackupCodes::renew(&operation, &account);
            match edge.store().enable_mfa(&operation, &account, &mfa.secret, step, &hashes).await {
                Ok(()) => return Ok(Reply::ok(codes).message("Sign-in asks for a code of your app from now on.")),
                // Another request was first, or the data were sealed anew.
                Err(store::Error::Conflict) => {
                    let found = edge.store().user(operation.scope, account.id, Consistency::Strong).await?;
                    account = found.ok_or_else(|| Problem::new(Code::SessionEnded))?;
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(Problem::new(Code::Conflict))
    };
    idempotent(&edge, caller.tenant(), Some(caller.user), key, work).await
}
