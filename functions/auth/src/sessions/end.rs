//! `DELETE /auth/sessions/{sessionId}`

use axum::extract::State;
use domain::id::SessionId;
use web::{Answer, Caller, Edge, Envelope, Nothing, Path, Reply};

/// Sign out another device
///
/// Its access and refresh tokens are refused from the next request on.
#[utoipa::path(
    delete,
    path = "/auth/sessions/{sessionId}",
    tag = "Identity",
    params(("sessionId" = String, Path, description = "The session", example = "ses_01JB2Z8QW3C4D5E6F7G8H9JKMN")),
    responses((status = 200, description = "The session has ended", body = Envelope<Nothing>)),
    extensions(("x-access" = json!("caller")))
)]
pub(crate) async fn end_session(
    State(edge): State<Edge>,
    caller: Caller,
    Path(session): Path<SessionId>,
) -> Answer<Nothing> {
    edge.store().end_session_of(&caller.operation(), caller.user, session).await?;
    Ok(Reply::done().message("The device is signed out."))
}
