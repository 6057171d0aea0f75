//! `GET /admin/payouts`

use std::sync::Arc;

use axum::extract::State;
use domain::access::Permission;
use web::{Bearer, Edge, ListEnvelope, ListQuery, Problem, Query, Reply};

use super::PayoutView;

/// List payouts, newest first
#[utoipa::path(
    get,
    path = "/admin/payouts",
    tag = "Payouts",
    params(ListQuery),
    responses((status = 200, description = "A page of payouts", body = ListEnvelope<PayoutView>)),
    extensions(("x-access" = json!("ManageSellers")))
)]
pub(crate) async fn list_payouts(
    State(edge): State<Edge>,
    bearer: Bearer,
    Query(query): Query<ListQuery>,
) -> Result<Reply<Vec<PayoutView>>, Problem> {
    let limit = query.limit;
    let cursors = edge.cursors(&Arc::clone(bearer.tenant()), "GET /admin/payouts", &())?;
    let from = cursors.open(query.cursor.as_deref()).await?;
    let (caller, page) = bearer.with(async |scope| edge.store().payouts(scope, limit.get(), from).await).await?;
    caller.require(Permission::ManageSellers)?;
    cursors.page(page.map(|payout| PayoutView::from(&payout)), limit).await
}
