//! `POST /auth/logout-all`

use axum::extract::State;
use axum::response::Response;
use web::openapi::OptionalKeyHeader;
use web::{Caller, Edge, Envelope, IdempotencyKey, Nothing, Problem, Reply, idempotent};

/// Sign out everywhere
///
/// Ends every session of yours, this one too: their access and refresh tokens are refused from the next request on.
#[utoipa::path(
    post,
    path = "/auth/logout-all",
    tag = "Identity",
    params(OptionalKeyHeader),
    responses((status = 200, description = "All sessions have ended", body = Envelope<Nothing>)),
    extensions(("x-access" = json!("caller")))
)]
pub(crate) async fn logout_all(
    State(edge): State<Edge>,
    caller: Caller,
    key: Option<IdempotencyKey>,
) -> Result<Response, Problem> {
    let work = async {
        edge.store().end_all_sessions(&caller.operation(), caller.user).await?;
        Ok(Reply::done().message("Signed out everywhere."))
    };
    idempotent(&edge, caller.tenant(), Some(caller.user), key, work).await
}
