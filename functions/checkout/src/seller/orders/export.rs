//! `GET /seller/orders/export`

use axum::extract::State;
use domain::access::Permission;
use store::order_lists::Whose;
use web::{Bearer, Download, Edge, Problem, Query, refusals};

use crate::order::query::ExportQuery;
use crate::order::sheet::sheet;

/// Download the orders that you deliver as a table
///
/// CSV (RFC 4180), one row for each order, newest first; of 31 days at most, and 5000 orders. Amounts are exact, in the
/// currency's major unit. Nobody's name or address is in it.
#[utoipa::path(
    get,
    path = "/seller/orders/export",
    tag = "Orders",
    params(ExportQuery),
    responses(
        (status = 200, description = "The table", content_type = "text/csv", body = String,
            example = json!("orderId,status,total\r\nord_01JQZX3N9Q5S0V6T7W8Y9Z0ABC,PAID,1299.00\r\n")),
        refusals::Of<(refusals::NotFound, refusals::RuleBroken)>
    ),
    extensions(("x-access" = json!("SellProducts")))
)]
pub(crate) async fn export_sold_orders(
    State(edge): State<Edge>,
    bearer: Bearer,
    Query(query): Query<ExportQuery>,
) -> Result<Download, Problem> {
    let filter = query.filter(edge.ambient().now())?;
    let caller = bearer.check().await?;
    caller.require(Permission::SellProducts)?;
    let seller = caller.seller.ok_or_else(Problem::not_found)?;
    sheet(&edge, caller.scope, Whose::Seller(seller), &filter, false).await
}
