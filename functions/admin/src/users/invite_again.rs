//! `POST /admin/users/{userId}/invite`

use axum::extract::State;
use axum::response::Response;
use domain::access::Permission;
use domain::id::UserId;
use domain::ticket::TicketKind;
use platform::tickets;
use store::table::Consistency;
use web::openapi::OptionalKeyHeader;
use web::{Bearer, Code, Edge, Envelope, IdempotencyKey, Path, Problem, Reply, idempotent, refusals};

use super::{MemberView, target};

/// Invite somebody again
///
/// Sends another mail with a link, good for seven days, to somebody who has an account and has never signed in: whose mail was lost,
/// whose link has expired, or for whom the account was opened without a mail. The older link is void then. At most one
/// mail goes out in a minute.
#[utoipa::path(
    post,
    path = "/admin/users/{userId}/invite",
    tag = "People",
    params(
        ("userId" = String, Path, description = "The user's id", example = "usr_01JB2Z8QW3C4D5E6F7G8H9JKMN"),
        OptionalKeyHeader
    ),
    responses(
        (status = 202, description = "The mail is on its way", body = Envelope<MemberView>),
        web::openapi::Of<(
            refusals::RoleTooHigh,
            refusals::InvalidTransition,
            refusals::Conflict,
            refusals::RateLimited
        )>
    ),
    extensions(("x-access" = json!("ManageUsers")))
)]
pub(crate) async fn invite_again(
    State(edge): State<Edge>,
    bearer: Bearer,
    Path(id): Path<UserId>,
    key: Option<IdempotencyKey>,
) -> Result<Response, Problem> {
    let (caller, found) = bearer.with(|scope| edge.store().user(scope, id, Consistency::Strong)).await?;
    caller.require(Permission::ManageUsers)?;
    let work = async {
        let (vault, tenant, operation) = (edge.vault(), caller.tenant(), caller.operation());
        let user = target(&caller, found)?;
        if !TicketKind::Invitation.opens(&user) {
            let message = format!("The status is {}", user.status.as_str());
            return Err(Problem::new(Code::InvalidTransition).message(message));
        }
        if user.last_login_at.is_some() {
            return Err(super::accepted());
        }
        let ticket = tickets::issue_to(vault, tenant, &operation, TicketKind::Invitation, &user).await?;
        let invited = edge.store().invite_again(&operation, &user, &ticket).await?;
        invited.map_err(super::not_invited)?;
        let view = super::view(vault, tenant, &user).await?;
        Ok(Reply::accepted(view).message("The mail is on its way."))
    };
    idempotent(&edge, caller.tenant(), Some(caller.user), key, work).await
}
