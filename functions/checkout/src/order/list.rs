//! `GET /orders`

use std::sync::Arc;

use axum::extract::State;
use domain::access::Permission;
use web::{Bearer, Edge, ListEnvelope, ListQuery, Problem, Query, Reply};

use super::view::OrderSummary;

/// List your orders, newest first
#[utoipa::path(
    get,
    path = "/orders",
    tag = "Orders",
    params(ListQuery),
    responses((status = 200, description = "A page of orders", body = ListEnvelope<OrderSummary>)),
    extensions(("x-access" = json!("Shop")))
)]
pub(crate) async fn list_orders(
    State(edge): State<Edge>,
    bearer: Bearer,
    Query(query): Query<ListQuery>,
) -> Result<Reply<Vec<OrderSummary>>, Problem> {
    let (user, limit) = (bearer.user(), query.limit);
    let cursors = edge.cursors(&Arc::clone(bearer.tenant()), "GET /orders", &user)?;
    let from = cursors.open(query.cursor.as_deref()).await?;
    let (caller, page) =
        bearer.with(async |scope| edge.store().orders_of(scope, user, limit.get(), from).await).await?;
    caller.require(Permission::Shop)?;
    cursors.page(page.map(|order| OrderSummary::from(&order)), limit).await
}
