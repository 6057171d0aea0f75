//! `POST /admin/users/invite`

use axum::extract::State;
use axum::response::Response;
use domain::access::Permission;
use domain::ticket::TicketKind;
use platform::{people, tickets};
use store::members::OpenedBy;
use web::openapi::OptionalKeyHeader;
use web::{Caller, Edge, Envelope, IdempotencyKey, Json, Problem, Reply, idempotent, refusals};

use super::{MemberView, NewMember};

/// Invite somebody
///
/// Opens an account without a password and sends a mail with a link, good for seven days, by which the person sets one.
#[utoipa::path(
    post,
    path = "/admin/users/invite",
    tag = "People",
    params(OptionalKeyHeader),
    request_body = NewMember,
    responses(
        (status = 201, description = "The account; the mail is on its way", body = Envelope<MemberView>),
        web::openapi::Of<(refusals::EmailTaken, refusals::RoleTooHigh)>
    ),
    extensions(("x-access" = json!("ManageUsers")))
)]
pub(crate) async fn invite_user(
    State(edge): State<Edge>,
    caller: Caller,
    key: Option<IdempotencyKey>,
    Json(body): Json<NewMember>,
) -> Result<Response, Problem> {
    caller.require(Permission::ManageUsers)?;
    let work = async {
        let (vault, tenant) = (edge.vault(), caller.tenant());
        let (profile, roles) = body.into_parts(&caller)?;
        let operation = caller.operation();
        let user = people::open_account(vault, tenant, &operation, &profile, Vec::new()).await?.with_roles(roles);
        let ticket = tickets::issue_to(vault, tenant, &operation, TicketKind::Invitation, &user).await?;
        let opened = edge.store().open_member(&operation, &user, None, OpenedBy::Invitation(&ticket)).await?;
        opened.map_err(super::not_opened)?;
        let view = super::view(vault, tenant, &user).await?;
        Ok(Reply::created(view, format!("/admin/users/{}", user.id)).etag(user.version))
    };
    idempotent(&edge, caller.tenant(), Some(caller.user), key, work).await
}
