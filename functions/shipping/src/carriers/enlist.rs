//! `POST /admin/carriers/{carrierId}/people`

use axum::extract::State;
use axum::response::Response;
use domain::access::Permission;
use domain::id::{CarrierId, UserId};
use domain::operation::Action;
use garde::Validate;
use serde::Deserialize;
use store::table::Consistency;
use utoipa::ToSchema;
use web::openapi::OptionalKeyHeader;
use web::{Bearer, Code, Edge, Envelope, IdempotencyKey, Json, Path, Problem, Reply, idempotent, refusals};

use super::{CarrierPerson, not_changed};

/// Who is to work for the carrier.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct EnlistPerson {
    /// The user, who has the role `CARRIER`.
    #[garde(skip)]
    #[schema(value_type = String, example = "usr_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    user_id: UserId,
}

/// Let somebody work for a carrier
///
/// From their next request on they see and move its parcels. Who worked for another carrier works for this one instead.
#[utoipa::path(
    post,
    path = "/admin/carriers/{carrierId}/people",
    tag = "Carriers",
    params(
        ("carrierId" = String, Path, description = "The carrier", example = "car_01JQZX3N9Q5S0V6T7W8Y9Z0ABC"),
        OptionalKeyHeader
    ),
    request_body = EnlistPerson,
    responses(
        (status = 200, description = "The person", body = Envelope<CarrierPerson>),
        refusals::Of<(refusals::RoleTooHigh, refusals::RuleBroken, refusals::Conflict)>
    ),
    extensions(("x-access" = json!("ManageUsers")))
)]
pub(crate) async fn enlist_person(
    State(edge): State<Edge>,
    bearer: Bearer,
    Path(carrier): Path<CarrierId>,
    key: Option<IdempotencyKey>,
    Json(request): Json<EnlistPerson>,
) -> Result<Response, Problem> {
    let read = async |scope| {
        let user = edge.store().user(scope, request.user_id, Consistency::Strong);
        tokio::try_join!(edge.store().carrier(scope, carrier), user)
    };
    let (caller, (carrier, user)) = bearer.with(read).await?;
    caller.require(Permission::ManageUsers)?;
    let (carrier, user) = carrier.zip(user).ok_or_else(Problem::not_found)?;
    if !caller.may_manage(&user.roles) {
        return Err(Problem::new(Code::RoleTooHigh));
    }
    let work = async {
        let after = user.clone().with_carrier(Some(carrier.id)).ok_or_else(|| {
            Problem::new(Code::RuleBroken).field("userId", "must be somebody who has the role CARRIER")
        })?;
        let changed = edge.store().change_member(&caller.operation(), &user, after, Action::CarrierChanged).await?;
        let user = changed.map_err(not_changed)?;
        Ok(Reply::ok(CarrierPerson { user_id: user.id, carrier_id: user.carrier }))
    };
    idempotent(&edge, caller.tenant(), Some(caller.user), key, work).await
}
