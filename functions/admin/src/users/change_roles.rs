//! `PUT /admin/users/{userId}/roles`

use axum::extract::State;
use domain::access::{Permission, Role};
use domain::id::UserId;
use domain::operation::Action;
use garde::Validate;
use serde::Deserialize;
use store::table::Consistency;
use utoipa::ToSchema;
use web::openapi::IfMatchHeader;
use web::{Answer, Bearer, Edge, Envelope, IfMatch, Json, Path, Reply, refusals};

use super::{MemberView, granted, target};

/// What somebody is from now on.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ChangeRoles {
    /// All the roles: those that are left out are taken.
    #[garde(length(min = 1, max = 10))]
    #[schema(value_type = Vec<String>, min_items = 1, max_items = 10, example = json!(["SELLER", "CUSTOMER"]))]
    roles: Vec<Role>,
}

/// Change somebody's roles
///
/// Takes effect on their next request. Nobody gives a role above their own, or takes one from somebody above them, and a
/// tenant keeps an owner.
#[utoipa::path(
    put,
    path = "/admin/users/{userId}/roles",
    tag = "People",
    params(
        ("userId" = String, Path, description = "The user's id", example = "usr_01JB2Z8QW3C4D5E6F7G8H9JKMN"),
        IfMatchHeader
    ),
    request_body = ChangeRoles,
    responses(
        (status = 200, description = "The account as it is now", body = Envelope<MemberView>),
        web::openapi::Of<(refusals::RoleTooHigh, refusals::LastOwner)>
    ),
    extensions(("x-access" = json!("ManageUsers")))
)]
pub(crate) async fn change_roles(
    State(edge): State<Edge>,
    bearer: Bearer,
    Path(id): Path<UserId>,
    if_match: IfMatch,
    Json(change): Json<ChangeRoles>,
) -> Answer<MemberView> {
    let (caller, user) = bearer.with(|scope| edge.store().user(scope, id, Consistency::Strong)).await?;
    caller.require(Permission::ManageUsers)?;
    let user = target(&caller, user)?;
    if_match.check(user.version)?;
    let roles = granted(&caller, change.roles)?;
    let after = user.clone().with_roles(roles);
    let changed = edge.store().change_member(&caller.operation(), &user, after, Action::RolesChanged).await?;
    let user = changed.map_err(super::refused)?;
    Ok(Reply::ok(super::view(edge.vault(), caller.tenant(), &user).await?).etag(user.version))
}
