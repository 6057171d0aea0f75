//! `POST /admin/users/{userId}/suspend`

use axum::extract::State;
use axum::response::Response;
use domain::access::Permission;
use domain::id::UserId;
use domain::operation::Action;
use store::table::Consistency;
use web::openapi::OptionalKeyHeader;
use web::{Bearer, Edge, Envelope, IdempotencyKey, Path, Problem, Reply, idempotent, refusals};

use super::{MemberView, target};

/// Suspend somebody
///
/// Closes the account for the time being: from the next request on the person is signed out everywhere, and can't sign in. A tenant
/// keeps an owner.
#[utoipa::path(
    post,
    path = "/admin/users/{userId}/suspend",
    tag = "People",
    params(
        ("userId" = String, Path, description = "The user's id", example = "usr_01JB2Z8QW3C4D5E6F7G8H9JKMN"),
        OptionalKeyHeader
    ),
    responses(
        (status = 200, description = "The account as it is now", body = Envelope<MemberView>),
        web::openapi::Of<(refusals::RoleTooHigh, refusals::LastOwner, refusals::InvalidTransition, refusals::Conflict)>
    ),
    extensions(("x-access" = json!("ManageUsers")))
)]
pub(crate) async fn suspend_user(
    State(edge): State<Edge>,
    bearer: Bearer,
    Path(id): Path<UserId>,
    key: Option<IdempotencyKey>,
) -> Result<Response, Problem> {
    let (caller, found) = bearer.with(|scope| edge.store().user(scope, id, Consistency::Strong)).await?;
    caller.require(Permission::ManageUsers)?;
    let work = async {
        let (operation, user) = (caller.operation(), target(&caller, found)?);
        let after = user.clone().suspended(operation.now).map_err(super::not_allowed)?;
        let changed = edge.store().change_member(&operation, &user, after, Action::UserSuspended).await?;
        let user = changed.map_err(super::refused)?;
        edge.store().end_listed_sessions(&operation, user.id, None).await?;
        Ok(Reply::ok(super::view(edge.vault(), caller.tenant(), &user).await?).etag(user.version))
    };
    idempotent(&edge, caller.tenant(), Some(caller.user), key, work).await
}
