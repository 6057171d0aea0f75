//! `GET /seller/shipments/{shipmentId}`

use axum::extract::State;
use domain::access::Permission;
use domain::id::ShipmentId;
use web::{Answer, Bearer, Edge, Envelope, Path, Problem, Reply};

use crate::shipments::ShipmentView;

/// Read a parcel of yours
#[utoipa::path(
    get,
    path = "/seller/shipments/{shipmentId}",
    tag = "Shipments",
    params(("shipmentId" = String, Path, description = "The shipment", example = "shp_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")),
    responses((status = 200, description = "The shipment", body = Envelope<ShipmentView>)),
    extensions(("x-access" = json!("SellProducts")))
)]
pub(crate) async fn read_shipment(
    State(edge): State<Edge>,
    bearer: Bearer,
    Path(id): Path<ShipmentId>,
) -> Answer<ShipmentView> {
    let (caller, shipment) = bearer.with(|scope| edge.store().shipment(scope, id)).await?;
    caller.require(Permission::SellProducts)?;
    let shipment = shipment.filter(|shipment| caller.sells_as(shipment.seller)).ok_or_else(Problem::not_found)?;
    Ok(Reply::ok(ShipmentView::from(&shipment)).etag(shipment.version))
}
