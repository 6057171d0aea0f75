//! `GET /users/me`

use axum::extract::State;
use web::{Answer, Caller, Edge, Envelope, Reply};

use crate::account::{self, AccountView};

/// Read the own profile
///
/// The same as `GET /auth/me`. Its `ETag` is what `If-Match` of a change must name.
#[utoipa::path(
    get,
    path = "/users/me",
    tag = "Profile",
    responses((status = 200, description = "The account", body = Envelope<AccountView>)),
    extensions(("x-access" = json!("caller")))
)]
pub(crate) async fn read_profile(State(edge): State<Edge>, caller: Caller) -> Answer<AccountView> {
    let account = caller.account();
    Ok(Reply::ok(account::view(edge.vault(), caller.tenant(), account).await?).etag(account.version))
}
