//! `GET /auth/me`

use axum::extract::State;
use web::{Answer, Caller, Edge, Envelope, Reply};

use crate::account::{self, AccountView};

/// Read the own account
#[utoipa::path(
    get,
    path = "/auth/me",
    tag = "Identity",
    responses((status = 200, description = "The account", body = Envelope<AccountView>)),
    extensions(("x-access" = json!("caller")))
)]
pub(crate) async fn me(State(edge): State<Edge>, caller: Caller) -> Answer<AccountView> {
    // The session check has read the account already.
    let account = caller.account();
    Ok(Reply::ok(account::view(edge.vault(), caller.tenant(), account).await?).etag(account.version))
}

#[cfg(test)]
mod tests;
