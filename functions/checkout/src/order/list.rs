//! `GET /orders`

use axum::extract::State;
use domain::access::Permission;
use store::order_lists::Whose;
use web::{Bearer, Edge, ListEnvelope, Problem, Query, Reply};

use super::query::OrdersQuery;
use super::view::OrderSummary;

/// List your orders, newest first
///
/// With a status, a page looks at no more than 500 orders: it may show fewer than asked for, or none, and have a next page all
/// the same.
#[utoipa::path(
    get,
    path = "/orders",
    tag = "Orders",
    params(OrdersQuery),
    responses((status = 200, description = "A page of orders", body = ListEnvelope<OrderSummary>)),
    extensions(("x-access" = json!("Shop")))
)]
pub(crate) async fn list_orders(
    State(edge): State<Edge>,
    bearer: Bearer,
    Query(query): Query<OrdersQuery>,
) -> Result<Reply<Vec<OrderSummary>>, Problem> {
    let (whose, filter, limit) = (Whose::Buyer(bearer.user()), query.filter()?, query.limit);
    let cursors = edge.cursors(bearer.tenant(), "GET /orders", &(whose, filter))?;
    let from = cursors.open(query.cursor.as_deref()).await?;
    let read = async |scope| edge.store().find_orders(scope, whose, &filter, limit.get(), from).await;
    let (caller, page) = bearer.with(read).await?;
    caller.require(Permission::Shop)?;
    cursors.page(page.map(|order| OrderSummary::from(&order)), limit).await
}
