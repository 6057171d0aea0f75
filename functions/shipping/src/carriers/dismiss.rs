//! `DELETE /admin/carriers/{carrierId}/people/{userId}`

use axum::extract::State;
use domain::access::Permission;
use domain::id::{CarrierId, UserId};
use domain::operation::Action;
use store::table::Consistency;
use web::{Answer, Bearer, Code, Edge, Envelope, Path, Problem, Reply, refusals};

use super::{CarrierPerson, not_changed};

/// Let somebody work for a carrier no more
///
/// From their next request on they see nothing of its parcels.
#[utoipa::path(
    delete,
    path = "/admin/carriers/{carrierId}/people/{userId}",
    tag = "Carriers",
    params(
        ("carrierId" = String, Path, description = "The carrier", example = "car_01JQZX3N9Q5S0V6T7W8Y9Z0ABC"),
        ("userId" = String, Path, description = "The user", example = "usr_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")
    ),
    responses(
        (status = 200, description = "The person", body = Envelope<CarrierPerson>),
        refusals::Of<(refusals::RoleTooHigh, refusals::Conflict)>
    ),
    extensions(("x-access" = json!("ManageUsers")))
)]
pub(crate) async fn dismiss_person(
    State(edge): State<Edge>,
    bearer: Bearer,
    Path((carrier, user)): Path<(CarrierId, UserId)>,
) -> Answer<CarrierPerson> {
    let read = async |scope| edge.store().user(scope, user, Consistency::Strong).await;
    let (caller, user) = bearer.with(read).await?;
    caller.require(Permission::ManageUsers)?;
    let user = user.filter(|user| user.carrier == Some(carrier)).ok_or_else(Problem::not_found)?;
    if !caller.may_manage(&user.roles) {
        return Err(Problem::new(Code::RoleTooHigh));
    }
    let after = user.clone().with_carrier(None).ok_or_else(Problem::not_found)?;
    let changed = edge.store().change_member(&caller.operation(), &user, after, Action::CarrierChanged).await?;
    let user = changed.map_err(not_changed)?;
    Ok(Reply::ok(CarrierPerson { user_id: user.id, carrier_id: user.carrier }))
}
