//! `GET /seller/orders`

use std::sync::Arc;

use axum::extract::State;
use domain::access::Permission;
use store::order_lists::Whose;
use store::page::Page;
use web::{Bearer, Edge, ListEnvelope, Problem, Query, Reply};

use crate::order::query::OrdersQuery;
use crate::order::view::OrderSummary;

/// List the orders that you deliver, newest first
///
/// With a status, a page looks at no more than 500 orders: it may show fewer than asked for, or none, and have a next page all
/// the same.
#[utoipa::path(
    get,
    path = "/seller/orders",
    tag = "Orders",
    params(OrdersQuery),
    responses((status = 200, description = "A page of orders", body = ListEnvelope<OrderSummary>)),
    extensions(("x-access" = json!("SellProducts")))
)]
pub(crate) async fn list_sold_orders(
    State(edge): State<Edge>,
    bearer: Bearer,
    Query(query): Query<OrdersQuery>,
) -> Result<Reply<Vec<OrderSummary>>, Problem> {
    let (filter, limit) = (query.filter()?, query.limit);
    let cursors = edge.cursors(&Arc::clone(bearer.tenant()), "GET /seller/orders", &(bearer.user(), filter))?;
    let from = cursors.open(query.cursor.as_deref()).await?;
    let caller = bearer.check().await?;
    caller.require(Permission::SellProducts)?;
    let page = match caller.seller {
        Some(seller) => {
            edge.store().find_orders(caller.scope, Whose::Seller(seller), &filter, limit.get(), from).await?
        }
        None => Page { items: Vec::new(), next: None },
    };
    cursors.page(page.map(|order| OrderSummary::from(&order)), limit).await
}
