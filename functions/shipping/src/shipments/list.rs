//! `GET /admin/shipments`

use axum::extract::State;
use domain::access::Permission;
use domain::shipment::ShipmentStatus;
use garde::Validate;
use serde::Deserialize;
use utoipa::IntoParams;
use web::{Answer, Bearer, Edge, Limit, ListEnvelope, Query};

use super::ShipmentSummary;

/// Which shipments to list.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ShipmentQuery {
    /// Those that have come so far and no further.
    #[garde(skip)]
    #[param(value_type = Option<String>, example = "EXCEPTION")]
    status: Option<ShipmentStatus>,
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

/// List shipments, newest first
#[utoipa::path(
    get,
    path = "/admin/shipments",
    tag = "Shipments",
    params(ShipmentQuery),
    responses((status = 200, description = "A page of shipments", body = ListEnvelope<ShipmentSummary>)),
    extensions(("x-access" = json!("ReadAllOrders")))
)]
pub(crate) async fn list_shipments(
    State(edge): State<Edge>,
    bearer: Bearer,
    Query(query): Query<ShipmentQuery>,
) -> Answer<Vec<ShipmentSummary>> {
    let cursors = edge.cursors(bearer.tenant(), "GET /admin/shipments", &query.status)?;
    let from = cursors.open(query.cursor.as_deref()).await?;
    let read = |scope| edge.store().shipments(scope, query.status, query.limit.get(), from);
    let (caller, page) = bearer.with(read).await?;
    caller.require(Permission::ReadAllOrders)?;
    cursors.page(page.map(|shipment| ShipmentSummary::from(&shipment)), query.limit).await
}
