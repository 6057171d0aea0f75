//! `GET /admin/orders`

use axum::extract::State;
use domain::access::Permission;
use domain::clock::Timestamp;
use domain::id::{SellerId, UserId};
use domain::order::OrderStatus;
use garde::Validate;
use serde::Deserialize;
use store::order_lists::{OrderFilter, Whose};
use utoipa::IntoParams;
use web::{Bearer, Edge, Limit, ListEnvelope, Problem, Query, Reply};

use crate::order::query;
use crate::order::view::ListedOrder;

/// Which orders to show, and where to read on.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AllOrdersQuery {
    /// Only those in this status, such as `PAID`.
    #[garde(skip)]
    #[param(value_type = Option<String>, example = "PAID")]
    status: Option<OrderStatus>,
    /// Only those of this buyer.
    #[garde(skip)]
    #[param(value_type = Option<String>, example = "usr_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    user_id: Option<UserId>,
    /// Only those of this seller.
    #[garde(skip)]
    #[param(value_type = Option<String>, example = "sel_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    seller_id: Option<SellerId>,
    /// Only those placed at this instant or later.
    #[garde(skip)]
    #[param(value_type = Option<String>, format = DateTime, example = "2026-01-01T00:00:00Z")]
    from: Option<Timestamp>,
    /// Only those placed before this instant.
    #[garde(skip)]
    #[param(value_type = Option<String>, format = DateTime, example = "2026-02-01T00:00:00Z")]
    to: Option<Timestamp>,
    /// How many objects a page holds.
    #[serde(default)]
    #[garde(skip)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100, default = 10)]
    limit: Limit,
    /// Where to read on: `nextCursor` of the page before.
    #[serde(default)]
    #[garde(length(bytes, max = 2048))]
    cursor: Option<String>,
}

/// Finds the list that is narrow enough: of one buyer, of one seller, or of everybody.
pub(crate) fn of(user: Option<UserId>, seller: Option<SellerId>, filter: OrderFilter) -> (Whose, OrderFilter) {
    match (user, seller) {
        (Some(user), seller) => (Whose::Buyer(user), OrderFilter { seller, ..filter }),
        (None, Some(seller)) => (Whose::Seller(seller), filter),
        (None, None) => (Whose::Everybody, filter),
    }
}

/// List everybody's orders, newest first
///
/// With a status, or with buyer and seller together, a page looks at no more than 500 orders: it may show fewer than asked for,
/// or none, and have a next page all the same.
#[utoipa::path(
    get,
    path = "/admin/orders",
    tag = "Orders",
    params(AllOrdersQuery),
    responses((status = 200, description = "A page of orders", body = ListEnvelope<ListedOrder>)),
    extensions(("x-access" = json!("ReadAllOrders")))
)]
pub(crate) async fn list_all_orders(
    State(edge): State<Edge>,
    bearer: Bearer,
    Query(query): Query<AllOrdersQuery>,
) -> Result<Reply<Vec<ListedOrder>>, Problem> {
    let filter = query::filter(query.status, query.from, query.to)?;
    let ((whose, filter), limit) = (of(query.user_id, query.seller_id, filter), query.limit);
    let cursors = edge.cursors(bearer.tenant(), "GET /admin/orders", &(whose, filter))?;
    let from = cursors.open(query.cursor.as_deref()).await?;
    let read = async |scope| edge.store().find_orders(scope, whose, &filter, limit.get(), from).await;
    let (caller, page) = bearer.with(read).await?;
    caller.require(Permission::ReadAllOrders)?;
    cursors.page(page.map(|order| ListedOrder::from(&order)), limit).await
}
