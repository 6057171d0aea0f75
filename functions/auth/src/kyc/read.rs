//! `GET /users/me/kyc`

use axum::extract::State;
use platform::people;
use web::{Answer, Caller, Edge, Envelope, Reply};

use super::OwnPapersView;

/// Read how far one's own papers have come
#[utoipa::path(
    get,
    path = "/users/me/kyc",
    tag = "Identity",
    responses((status = 200, description = "The papers", body = Envelope<OwnPapersView>)),
    extensions(("x-access" = json!("caller")))
)]
pub(crate) async fn read_own_papers(State(edge): State<Edge>, caller: Caller) -> Answer<OwnPapersView> {
    let account = caller.account();
    let papers = people::open_papers(edge.vault(), caller.tenant(), account).await?;
    Ok(Reply::ok(OwnPapersView::new(account, papers)).etag(account.version))
}
