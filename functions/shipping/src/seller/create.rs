//! `POST /seller/shipments`

use axum::extract::State;
use axum::response::Response;
use domain::access::Permission;
use web::openapi::KeyHeader;
use web::{Bearer, Edge, Envelope, IdempotencyKey, Json, Problem, refusals};

use crate::shipments::{CreateShipment, ShipmentView, announce};

/// Announce a parcel of an order of yours
///
/// An order may be sent in parts. All its parcels together never hold more than was ordered and not given back, however many
/// are announced at once.
#[utoipa::path(
    post,
    path = "/seller/shipments",
    tag = "Shipments",
    params(KeyHeader),
    request_body = CreateShipment,
    responses(
        (status = 201, description = "The parcel, still with you", body = Envelope<ShipmentView>),
        refusals::Of<(
            refusals::NotFound,
            refusals::InvalidTransition,
            refusals::ShipmentTooLarge,
            refusals::TrackingNumberTaken,
            refusals::RuleBroken,
            refusals::Conflict
        )>
    ),
    extensions(("x-access" = json!("SellProducts")))
)]
pub(crate) async fn create_shipment(
    State(edge): State<Edge>,
    bearer: Bearer,
    key: IdempotencyKey,
    Json(request): Json<CreateShipment>,
) -> Result<Response, Problem> {
    let read = async |scope| edge.store().order(scope, request.order_id).await;
    let (caller, order) = bearer.with(read).await?;
    caller.require(Permission::SellProducts)?;
    let order = order.filter(|order| caller.sells_as(order.seller)).ok_or_else(Problem::not_found)?;
    announce(&edge, &caller, key, &order, request, "/seller/shipments").await
}
