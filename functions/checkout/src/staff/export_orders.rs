//! `GET /admin/orders/export`

use axum::extract::State;
use domain::access::Permission;
use domain::clock::Timestamp;
use domain::id::{SellerId, UserId};
use domain::order::OrderStatus;
use garde::Validate;
use serde::Deserialize;
use utoipa::IntoParams;
use web::{Bearer, Download, Edge, Problem, Query, refusals};

use super::list_orders::of;
use crate::order::query::span;
use crate::order::sheet::sheet;

/// Which orders to write into the table.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AllExportQuery {
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
    /// Only those placed at this instant or later; 31 days before `to` when not given.
    #[garde(skip)]
    #[param(value_type = Option<String>, format = DateTime, example = "2026-01-01T00:00:00Z")]
    from: Option<Timestamp>,
    /// Only those placed before this instant; now when not given.
    #[garde(skip)]
    #[param(value_type = Option<String>, format = DateTime, example = "2026-02-01T00:00:00Z")]
    to: Option<Timestamp>,
}

/// Download everybody's orders as a table
///
/// CSV (RFC 4180), one row for each order, newest first; of 31 days at most, and 5000 orders. Amounts are exact, in the
/// currency's major unit. Buyers are named by their ids alone.
#[utoipa::path(
    get,
    path = "/admin/orders/export",
    tag = "Orders",
    params(AllExportQuery),
    responses(
        (status = 200, description = "The table", content_type = "text/csv", body = String,
            example = json!("orderId,status,total\r\nord_01JQZX3N9Q5S0V6T7W8Y9Z0ABC,PAID,1299.00\r\n")),
        refusals::Of<(refusals::RuleBroken,)>
    ),
    extensions(("x-access" = json!("ReadAllOrders")))
)]
pub(crate) async fn export_all_orders(
    State(edge): State<Edge>,
    bearer: Bearer,
    Query(query): Query<AllExportQuery>,
) -> Result<Download, Problem> {
    let filter = span(query.status, query.from, query.to, edge.ambient().now())?;
    let (whose, filter) = of(query.user_id, query.seller_id, filter);
    let caller = bearer.check().await?;
    caller.require(Permission::ReadAllOrders)?;
    sheet(&edge, caller.scope, whose, &filter, true).await
}
