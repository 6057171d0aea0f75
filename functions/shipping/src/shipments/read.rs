//! `GET /admin/shipments/{shipmentId}`

use axum::extract::State;
use domain::access::Permission;
use domain::id::ShipmentId;
use web::{Answer, Bearer, Edge, Envelope, Path, Problem, Reply};

use super::ShipmentView;

/// Read a shipment
#[utoipa::path(
    get,
    path = "/admin/shipments/{shipmentId}",
    tag = "Shipments",
    params(("shipmentId" = String, Path, description = "The shipment", example = "shp_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")),
    responses((status = 200, description = "The shipment", body = Envelope<ShipmentView>)),
    extensions(("x-access" = json!("ReadAllOrders")))
)]
pub(crate) async fn read_shipment(
    State(edge): State<Edge>,
    bearer: Bearer,
    Path(id): Path<ShipmentId>,
) -> Answer<ShipmentView> {
    let (caller, shipment) = bearer.with(|scope| edge.store().shipment(scope, id)).await?;
    caller.require(Permission::ReadAllOrders)?;
    let shipment = shipment.ok_or_else(Problem::not_found)?;
    Ok(Reply::ok(ShipmentView::from(&shipment)).etag(shipment.version))
}
