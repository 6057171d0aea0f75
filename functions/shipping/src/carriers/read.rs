//! `GET /admin/carriers/{carrierId}`

use axum::extract::State;
use domain::access::Permission;
use domain::id::CarrierId;
use web::{Answer, Bearer, Edge, Envelope, Path, Problem, Reply};

use super::CarrierView;

/// Read a carrier
#[utoipa::path(
    get,
    path = "/admin/carriers/{carrierId}",
    tag = "Carriers",
    params(("carrierId" = String, Path, description = "The carrier", example = "car_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")),
    responses((status = 200, description = "The carrier", body = Envelope<CarrierView>)),
    extensions(("x-access" = json!("ManageOrders")))
)]
pub(crate) async fn read_carrier(
    State(edge): State<Edge>,
    bearer: Bearer,
    Path(id): Path<CarrierId>,
) -> Answer<CarrierView> {
    let (caller, carrier) = bearer.with(|scope| edge.store().carrier(scope, id)).await?;
    caller.require(Permission::ManageOrders)?;
    let carrier = carrier.ok_or_else(Problem::not_found)?;
    let version = carrier.version;
    Ok(Reply::ok(CarrierView::from(carrier)).etag(version))
}
