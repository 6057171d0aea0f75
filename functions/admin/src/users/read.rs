//! `GET /admin/users/{userId}`

use axum::extract::State;
use domain::access::Permission;
use domain::id::UserId;
use store::table::Consistency;
use web::{Answer, Bearer, Edge, Envelope, Path, Problem, Reply};

use super::MemberView;

/// Read somebody's account
#[utoipa::path(
    get,
    path = "/admin/users/{userId}",
    tag = "People",
    params(("userId" = String, Path, description = "The user's id", example = "usr_01JB2Z8QW3C4D5E6F7G8H9JKMN")),
    responses((status = 200, description = "The account", body = Envelope<MemberView>)),
    extensions(("x-access" = json!("ReadUsers")))
)]
pub(crate) async fn read_user(State(edge): State<Edge>, bearer: Bearer, Path(id): Path<UserId>) -> Answer<MemberView> {
    let (caller, user) = bearer.with(|scope| edge.store().user(scope, id, Consistency::Strong)).await?;
    caller.require(Permission::ReadUsers)?;
    let user = user.ok_or_else(Problem::not_found)?;
    Ok(Reply::ok(super::view(edge.vault(), caller.tenant(), &user).await?).etag(user.version))
}
