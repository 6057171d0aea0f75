//! `GET /platform/tenants/{tenantId}`

use axum::extract::State;
use domain::id::TenantId;
use web::{Answer, Bearer, Edge, Envelope, Path, Problem, Reply};

use super::{TenantView, superuser, view};

/// Read a tenant
#[utoipa::path(
    get,
    path = "/platform/tenants/{tenantId}",
    tag = "Platform",
    params(("tenantId" = String, Path, description = "The tenant's id", example = "ten_01JB2Z8QW3C4D5E6F7G8H9JKMN")),
    responses((status = 200, description = "The tenant", body = Envelope<TenantView>)),
    extensions(("x-access" = json!("ManageTenants")))
)]
pub(crate) async fn read_tenant(
    State(edge): State<Edge>,
    bearer: Bearer,
    Path(id): Path<TenantId>,
) -> Answer<TenantView> {
    let (caller, tenant) = bearer.with(|_| edge.store().marketplace(id)).await?;
    superuser(&caller)?;
    let tenant = tenant.ok_or_else(Problem::not_found)?;
    Ok(Reply::ok(view(edge.vault(), &tenant).await?).etag(tenant.version))
}
