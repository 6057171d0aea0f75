//! `POST /admin/users/{userId}/restore`

use axum::extract::State;
use axum::response::Response;
use domain::access::Permission;
use domain::id::UserId;
use domain::operation::Action;
use store::table::Consistency;
use web::openapi::OptionalKeyHeader;
use web::{Bearer, Edge, Envelope, IdempotencyKey, Path, Problem, Reply, idempotent, refusals};

use super::{MemberView, target};

/// Let somebody suspended in again
///
/// Opens the account as it was. Sessions that ended with the suspension stay ended.
#[utoipa::path(
    post,
    path = "/admin/users/{userId}/restore",
    tag = "People",
    params(
        ("userId" = String, Path, description = "The user's id", example = "usr_01JB2Z8QW3C4D5E6F7G8H9JKMN"),
        OptionalKeyHeader
    ),
    responses(
        (status = 200, description = "The account as it is now", body = Envelope<MemberView>),
        web::openapi::Of<(refusals::RoleTooHigh, refusals::InvalidTransition, refusals::Conflict)>
    ),
    extensions(("x-access" = json!("ManageUsers")))
)]
pub(crate) async fn restore_user(
    State(edge): State<Edge>,
    bearer: Bearer,
    Path(id): Path<UserId>,
    key: Option<IdempotencyKey>,
) -> Result<Response, Problem> {
    let (caller, found) = bearer.with(|scope| edge.store().user(scope, id, Consistency::Strong)).await?;
    caller.require(Permission::ManageUsers)?;
    let work = async {
        let (operation, user) = (caller.operation(), target(&caller, found)?);
        let after = user.clone().restored().map_err(super::not_allowed)?;
        let changed = edge.store().change_member(&operation, &user, after, Action::UserRestored).await?;
        let user = changed.map_err(super::refused)?;

        Ok(Reply::ok(super::view(edge.vault(), caller.tenant(), &user).await?).etag(user.version))
    };
    idempotent(&edge, caller.tenant(), Some(caller.user), key, work).await
}
