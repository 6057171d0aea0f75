//! `PATCH /carrier/shipments/{shipmentId}`

use axum::extract::State;
use domain::access::Permission;
use domain::id::ShipmentId;
use web::openapi::IfMatchHeader;
use web::{Answer, Bearer, Edge, Envelope, IfMatch, Json, Path, Problem, Reply, refusals};

use crate::shipments::{AdvanceShipment, ShipmentView, step};

/// Say how far a parcel of your carrier has come
///
/// The order follows, and its buyer is told by mail when the parcel is handed over and when it has arrived.
#[utoipa::path(
    patch,
    path = "/carrier/shipments/{shipmentId}",
    tag = "Shipments",
    params(
        ("shipmentId" = String, Path, description = "The shipment", example = "shp_01JQZX3N9Q5S0V6T7W8Y9Z0ABC"),
        IfMatchHeader
    ),
    request_body = AdvanceShipment,
    responses(
        (status = 200, description = "The shipment as it is now", body = Envelope<ShipmentView>),
        refusals::Of<(
            refusals::InvalidTransition,
            refusals::ShipmentTooLarge,
            refusals::RuleBroken,
            refusals::Conflict
        )>
    ),
    extensions(("x-access" = json!("Carry")))
)]
pub(crate) async fn advance_shipment(
    State(edge): State<Edge>,
    bearer: Bearer,
    Path(id): Path<ShipmentId>,
    if_match: IfMatch,
    Json(request): Json<AdvanceShipment>,
) -> Answer<ShipmentView> {
    let (caller, before) = bearer.with(|scope| edge.store().shipment(scope, id)).await?;
    caller.require(Permission::Carry)?;
    let before = before.filter(|shipment| caller.carries_for(shipment.carrier)).ok_or_else(Problem::not_found)?;
    let after = step(&edge, &caller, &if_match, &before, request).await?;
    Ok(Reply::ok(ShipmentView::from(&after)).etag(after.version))
}
