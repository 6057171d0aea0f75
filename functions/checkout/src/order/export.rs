//! `GET /orders/export`

use axum::extract::State;
use domain::access::Permission;
use store::order_lists::Whose;
use web::{Bearer, Download, Edge, Problem, Query, refusals};

use super::query::ExportQuery;
use super::sheet::sheet;

/// Download your orders as a table
///
/// CSV (RFC 4180), one row for each order, newest first; of 31 days at most, and 5000 orders. Amounts are exact, in the
/// currency's major unit.
#[utoipa::path(
    get,
    path = "/orders/export",
    tag = "Orders",
    params(ExportQuery),
    responses(
        (status = 200, description = "The table", content_type = "text/csv", body = String,
            example = json!("orderId,status,total\r\nord_01JQZX3N9Q5S0V6T7W8Y9Z0ABC,PAID,1299.00\r\n")),
        refusals::Of<(refusals::RuleBroken,)>
    ),
    extensions(("x-access" = json!("Shop")))
)]
pub(crate) async fn export_orders(
    State(edge): State<Edge>,
    bearer: Bearer,
    Query(query): Query<ExportQuery>,
) -> Result<Download, Problem> {
    let filter = query.filter(edge.ambient().now())?;
    let caller = bearer.check().await?;
    caller.require(Permission::Shop)?;
    sheet(&edge, caller.scope, Whose::Buyer(caller.user), &filter, false).await
}
