//! `POST /platform/tenants/{tenantId}/invite-owner`

use axum::extract::State;
use axum::response::Response;
use domain::access::Role;
use domain::id::{TenantId, UserId};
use domain::tenant::TenantStatus;
use domain::ticket::TicketKind;
use domain::user::field;
use platform::{people, tickets};
use serde::Serialize;
use utoipa::ToSchema;
use web::openapi::OptionalKeyHeader;
use web::{Bearer, Code, Edge, Envelope, IdempotencyKey, Json, Path, Problem, Reply, idempotent, refusals};

use super::{NewOwner, superuser};
use crate::users::{not_invited, not_opened, profile};

/// The owner who was invited.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct InvitedView {
    /// The owner's id, within the tenant.
    #[schema(value_type = String, example = "usr_01JB2Z8QW3C4D5E6F7G8H9JKMN")]
    owner_id: UserId,
}

/// Invite an owner of a tenant
///
/// Opens the account of another owner and sends a mail with a link, good for seven days, to set a password. An owner who was
/// invited before and has not set one gets another mail; the older link is void then.
#[utoipa::path(
    post,
    path = "/platform/tenants/{tenantId}/invite-owner",
    tag = "Platform",
    params(
        ("tenantId" = String, Path, description = "The tenant's id", example = "ten_01JB2Z8QW3C4D5E6F7G8H9JKMN"),
        OptionalKeyHeader
    ),
    request_body = NewOwner,
    responses(
        (status = 201, description = "The mail is on its way", body = Envelope<InvitedView>),
        web::openapi::Of<(
            refusals::EmailTaken,
            refusals::InvalidTransition,
            refusals::Conflict,
            refusals::RateLimited
        )>
    ),
    extensions(("x-access" = json!("ManageTenants")))
)]
pub(crate) async fn invite_owner(
    State(edge): State<Edge>,
    bearer: Bearer,
    Path(id): Path<TenantId>,
    key: Option<IdempotencyKey>,
    Json(body): Json<NewOwner>,
) -> Result<Response, Problem> {
    let (caller, tenant) = bearer.with(|_| edge.store().marketplace(id)).await?;
    superuser(&caller)?;
    let work = async {
        let (vault, operation) = (edge.vault(), caller.operation());
        let tenant = tenant.ok_or_else(Problem::not_found)?;
        if tenant.status != TenantStatus::Active {
            return Err(Problem::new(Code::InvalidTransition).message("The tenant is suspended"));
        }
        let person = profile("", &body.email, &body.first_name, &body.last_name, body.phone.as_deref())?;
        let places = vault.index_places(&tenant, field::EMAIL_INDEX, person.email.as_str()).await?;
        let owner_id = match edge.store().owner_with_email(id, places.read()).await? {
            Some((login, owner))
                if login.password_hash.is_none() && owner.is_head() && owner.last_login_at.is_none() =>
            {
                let ticket = tickets::issue_to(vault, &tenant, &operation, TicketKind::Invitation, &owner).await?;
                let invited = edge.store().invite_owner_again(&operation, id, &owner, &ticket).await?;
                invited.map_err(not_invited)?;
                owner.id
            }
            Some(_) => return Err(Problem::new(Code::EmailTaken)),
            None => {
                let owner = people::open_account(vault, &tenant, &operation, &person, vec![Role::Owner]).await?;
                let ticket = tickets::issue_to(vault, &tenant, &operation, TicketKind::Invitation, &owner).await?;
                edge.store().open_owner(&operation, id, &owner, &ticket).await?.map_err(not_opened)?;
                owner.id
            }
        };
        let location = format!("/platform/tenants/{id}");
        Ok(Reply::created(InvitedView { owner_id }, location).message("The mail is on its way."))
    };
    idempotent(&edge, caller.tenant(), Some(caller.user), key, work).await
}
