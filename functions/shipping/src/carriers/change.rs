//! `PUT /admin/carriers/{carrierId}`

use axum::extract::State;
use domain::access::Permission;
use domain::id::CarrierId;
use web::openapi::IfMatchHeader;
use web::{Answer, Bearer, Edge, Envelope, IfMatch, Json, Path, Problem, Reply, refusals};

use super::{CarrierView, ProfileView, SaveCarrier};

/// Say something else of a carrier
///
/// Replaces what was said as a whole. Parcels under way keep the name, the service and the address they were announced with.
#[utoipa::path(
    put,
    path = "/admin/carriers/{carrierId}",
    tag = "Carriers",
    params(
        ("carrierId" = String, Path, description = "The carrier", example = "car_01JQZX3N9Q5S0V6T7W8Y9Z0ABC"),
        IfMatchHeader
    ),
    request_body = ProfileView,
    responses(
        (status = 200, description = "The carrier as it is now", body = Envelope<CarrierView>),
        refusals::Of<(refusals::Conflict,)>
    ),
    extensions(("x-access" = json!("ManageOrders")))
)]
pub(crate) async fn change_carrier(
    State(edge): State<Edge>,
    bearer: Bearer,
    Path(id): Path<CarrierId>,
    if_match: IfMatch,
    Json(request): Json<SaveCarrier>,
) -> Answer<CarrierView> {
    let (caller, before) = bearer.with(|scope| edge.store().carrier(scope, id)).await?;
    caller.require(Permission::ManageOrders)?;
    let before = before.ok_or_else(Problem::not_found)?;
    if_match.check(before.version)?;
    let profile = request.profile(caller.tenant().settings.currency)?;
    let after = edge.store().change_carrier(&caller.operation(), &before, &profile).await?;
    let version = after.version;
    Ok(Reply::ok(CarrierView::from(after)).etag(version))
}
