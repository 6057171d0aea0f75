//! `GET /auth/sessions`

use std::sync::Arc;

use axum::extract::State;
use store::page::Page;
use web::{Bearer, Edge, ListEnvelope, ListQuery, Problem, Query, Reply};

use super::SessionView;

/// List the devices on which you are signed in, newest first
///
/// A page may be shorter than `limit`: sessions that have ended are left out of it.
#[utoipa::path(
    get,
    path = "/auth/sessions",
    tag = "Identity",
    params(ListQuery),
    responses((status = 200, description = "A page of sessions", body = ListEnvelope<SessionView>)),
    extensions(("x-access" = json!("caller")))
)]
pub(crate) async fn list_sessions(
    State(edge): State<Edge>,
    bearer: Bearer,
    Query(query): Query<ListQuery>,
) -> Result<Reply<Vec<SessionView>>, Problem> {
    let (user, asks, limit) = (bearer.user(), bearer.session(), query.limit);
    let cursors = edge.cursors(&Arc::clone(bearer.tenant()), "GET /auth/sessions", &user)?;
    let from = cursors.open(query.cursor.as_deref()).await?;
    let (caller, page) =
        bearer.with(async |scope| edge.store().sessions_of(scope, user, limit.get(), from).await).await?;
    let (account, now) = (caller.account(), edge.ambient().now());
    let open = page.items.into_iter().filter(|session| session.is_live(now) && !account.has_ended(session));
    let items = open.map(|session| SessionView::of(session, asks)).collect();
    cursors.page(Page { items, next: page.next }, limit).await
}
