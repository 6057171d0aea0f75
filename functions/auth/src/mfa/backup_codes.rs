//! `POST /auth/mfa/backup-codes`

use axum::extract::State;
use axum::response::Response;
use garde::Validate;
use serde::Deserialize;
use utoipa::ToSchema;
use web::openapi::OptionalKeyHeader;
use web::{Caller, Edge, Envelope, IdempotencyKey, Json, Problem, Reply, idempotent, refusals};

use super::{BackupCodes, prove, wrong};

/// What proves that the second factor is at hand.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Renew {
    /// The six digits that the app shows now, or a backup code.
    #[garde(length(bytes, max = 64))]
    #[schema(max_length = 64, example = "287082")]
    code: String,
}

/// Renew the backup codes
///
/// The old ones are void. The new ones are shown this once.
#[utoipa::path(
    post,
    path = "/auth/mfa/backup-codes",
    tag = "Identity",
    params(OptionalKeyHeader),
    request_body = Renew,
    responses(
        (status = 200, description = "The new codes", body = Envelope<BackupCodes>),
        web::openapi::Of<(refusals::InvalidMfaCode, refusals::MfaNotEnabled, refusals::AccountLocked)>
    ),
    extensions(("x-access" = json!("caller")))
)]
pub(crate) async fn renew_backup_codes(
    State(edge): State<Edge>,
    caller: Caller,
    key: Option<IdempotencyKey>,
    Json(body): Json<Renew>,
) -> Result<Response, Problem> {
    let work = async {
        let (user, operation) = (caller.account(), caller.operation());
        let factor = prove(&edge, &operation, caller.tenant(), user, None, &body.code).await?;
        let (codes, hashes) = BackupCodes::renew(&operation, user);
        match edge.store().renew_backup_codes(&operation, user, &factor, &hashes).await {
            Ok(()) => Ok(Reply::ok(codes)),
            // The code was used by another request meanwhile.
            Err(store::Error::Conflict) => Err(wrong(&edge, &operation, user).await?),
            Err(error) => Err(error.into()),
        }
    };
    idempotent(&edge, caller.tenant(), Some(caller.user), key, work).await
}
