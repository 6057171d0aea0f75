//! `PATCH /seller/shipments/{shipmentId}`

use axum::extract::State;
use domain::access::Permission;
use domain::id::ShipmentId;
use web::openapi::IfMatchHeader;
use web::{Answer, Bearer, Code, Edge, Envelope, IfMatch, Json, Path, Problem, Reply, refusals};

use crate::shipments::{AdvanceShipment, ShipmentView, step};

/// Hand a parcel of yours over, or call it off
///
/// `SHIPPED` once the carrier has it; `RETURNED` while it is still with you, so that its pieces can be sent otherwise. What
/// comes after the handover is the carrier's and the tenant's to say.
#[utoipa::path(
    patch,
    path = "/seller/shipments/{shipmentId}",
    tag = "Shipments",
    params(
        ("shipmentId" = String, Path, description = "The shipment", example = "shp_01JQZX3N9Q5S0V6T7W8Y9Z0ABC"),
        IfMatchHeader
    ),
    request_body = AdvanceShipment,
    responses(
        (status = 200, description = "The shipment as it is now", body = Envelope<ShipmentView>),
        refusals::Of<(refusals::ShipmentTooLarge, refusals::RuleBroken, refusals::Conflict)>
    ),
    extensions(("x-access" = json!("SellProducts")))
)]
pub(crate) async fn advance_shipment(
    State(edge): State<Edge>,
    bearer: Bearer,
    Path(id): Path<ShipmentId>,
    if_match: IfMatch,
    Json(request): Json<AdvanceShipment>,
) -> Answer<ShipmentView> {
    let (caller, before) = bearer.with(|scope| edge.store().shipment(scope, id)).await?;
    caller.require(Permission::SellProducts)?;
    let before = before.filter(|shipment| caller.sells_as(shipment.seller)).ok_or_else(Problem::not_found)?;
    if !before.status.is_sellers_step(request.status) {
        let words = "A seller hands a parcel over, or calls it off before that";
        return Err(Problem::new(Code::RuleBroken).message(words));
    }
    let after = step(&edge, &caller, &if_match, &before, request).await?;
    Ok(Reply::ok(ShipmentView::from(&after)).etag(after.version))
}
