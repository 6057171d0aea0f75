//! `PATCH /admin/users/{userId}`

use axum::extract::State;
use domain::access::Permission;
use domain::id::UserId;
use domain::user::User;
use garde::Validate;
use serde::Deserialize;
use store::members::TiesRefused;
use store::table::Consistency;
use utoipa::ToSchema;
use web::openapi::IfMatchHeader;
use web::{Answer, Bearer, Edge, Envelope, IfMatch, Json, Path, Problem, Reply, refusals};

use super::{MemberView, target};

/// Who stands by somebody; what is left out stays as it is, and null takes it away.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ChangeUser {
    /// Who of the tenant advises the person.
    #[serde(default, deserialize_with = "web::json::given")]
    #[garde(skip)]
    #[schema(value_type = Option<String>, example = "usr_01JB2Z8QW3C4D5E6F7G8H9JKMP")]
    advisor_id: Option<Option<UserId>>,
    /// Who of the tenant brought the person in.
    #[serde(default, deserialize_with = "web::json::given")]
    #[garde(skip)]
    #[schema(value_type = Option<String>, example = "usr_01JB2Z8QW3C4D5E6F7G8H9JKMQ")]
    sponsor_id: Option<Option<UserId>>,
}

/// Say who advises somebody and who brought them in
///
/// Both must be other people of the tenant whose accounts are open. What people tell of themselves they change
/// themselves, with `PATCH /users/me`.
#[utoipa::path(
    patch,
    path = "/admin/users/{userId}",
    tag = "People",
    params(
        ("userId" = String, Path, description = "The user's id", example = "usr_01JB2Z8QW3C4D5E6F7G8H9JKMN"),
        IfMatchHeader
    ),
    request_body = ChangeUser,
    responses(
        (status = 200, description = "The account as it is now", body = Envelope<MemberView>),
        web::openapi::Of<(refusals::RoleTooHigh,)>
    ),
    extensions(("x-access" = json!("ManageUsers")))
)]
pub(crate) async fn change_user(
    State(edge): State<Edge>,
    bearer: Bearer,
    Path(id): Path<UserId>,
    if_match: IfMatch,
    Json(change): Json<ChangeUser>,
) -> Answer<MemberView> {
    let (caller, user) = bearer.with(|scope| edge.store().user(scope, id, Consistency::Strong)).await?;
    caller.require(Permission::ManageUsers)?;
    let user = target(&caller, user)?;
    if_match.check(user.version)?;
    let (advisor, sponsor) = (change.advisor_id.unwrap_or(user.advisor), change.sponsor_id.unwrap_or(user.sponsor));
    for (field, named) in [("advisorId", advisor), ("sponsorId", sponsor)] {
        if named == Some(user.id) {
            return Err(Problem::invalid(field, "must be somebody else"));
        }
    }
    let after = User { advisor, sponsor, ..user.clone() };
    let changed = edge.store().change_ties(&caller.operation(), &user, after).await?;
    let user = changed.map_err(|refused| match refused {
        TiesRefused::Stranger(id) => {
            let field = if advisor == Some(id) { "advisorId" } else { "sponsorId" };
            Problem::invalid(field, "must be the id of somebody of the tenant whose account is open")
        }
        TiesRefused::Member(refused) => super::refused(refused),
    })?;
    Ok(Reply::ok(super::view(edge.vault(), caller.tenant(), &user).await?).etag(user.version))
}
