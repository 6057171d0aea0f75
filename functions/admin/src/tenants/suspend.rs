//! `POST /platform/tenants/{tenantId}/suspend`

use axum::extract::State;
use axum::response::Response;
use domain::id::TenantId;
use domain::operation::Action;
use web::openapi::OptionalKeyHeader;
use web::{Bearer, Edge, Envelope, IdempotencyKey, Path, Problem, idempotent, refusals};

use super::{TenantView, changed, superuser};
use crate::users::not_allowed;

/// Suspend a tenant
///
/// Within a minute every request to it answers as if it did not exist. Nothing of it is lost.
#[utoipa::path(
    post,
    path = "/platform/tenants/{tenantId}/suspend",
    tag = "Platform",
    params(
        ("tenantId" = String, Path, description = "The tenant's id", example = "ten_01JB2Z8QW3C4D5E6F7G8H9JKMN"),
        OptionalKeyHeader
    ),
    responses(
        (status = 200, description = "The tenant as it is now", body = Envelope<TenantView>),
        web::openapi::Of<(refusals::InvalidTransition, refusals::Conflict)>
    ),
    extensions(("x-access" = json!("ManageTenants")))
)]
pub(crate) async fn suspend_tenant(
    State(edge): State<Edge>,
    bearer: Bearer,
    Path(id): Path<TenantId>,
    key: Option<IdempotencyKey>,
) -> Result<Response, Problem> {
    let (caller, tenant) = bearer.with(|_| edge.store().marketplace(id)).await?;
    superuser(&caller)?;
    let work = async {
        let before = tenant.ok_or_else(Problem::not_found)?;
        let after = before.clone().suspended().map_err(not_allowed)?;
        changed(&edge, &caller, &before, after, Action::TenantSuspended).await
    };
    idempotent(&edge, caller.tenant(), Some(caller.user), key, work).await
}
