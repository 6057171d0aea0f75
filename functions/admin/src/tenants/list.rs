//! `GET /platform/tenants`

use axum::extract::State;
use domain::id::TenantId;
use domain::tenant::{Tenant, TenantStatus};
use serde::Serialize;
use utoipa::ToSchema;
use web::{Answer, Bearer, Edge, ListEnvelope, ListQuery, Query};

use super::superuser;

/// A marketplace in a list.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TenantSummary {
    /// The tenant's id.
    #[schema(value_type = String, example = "ten_01JB2Z8QW3C4D5E6F7G8H9JKMN")]
    id: TenantId,
    /// The name shown to people.
    #[schema(example = "Lotus & Lathe")]
    name: String,
    /// The host name under the base domain.
    #[schema(example = "lotus")]
    subdomain: String,
    /// `ACTIVE` or `SUSPENDED`.
    #[schema(value_type = String, example = "ACTIVE")]
    status: TenantStatus,
    /// When the tenant signed up.
    #[schema(example = "2026-01-31T08:15:30.123Z")]
    created_at: String,
}

impl From<Tenant> for TenantSummary {
    fn from(tenant: Tenant) -> Self {
        Self {
            id: tenant.id,
            name: tenant.name,
            subdomain: tenant.subdomain.to_string(),
            status: tenant.status,
            created_at: tenant.created_at.to_string(),
        }
    }
}

/// List the tenants of the platform, newest first
///
/// At the platform's own host. A tenant that has just signed up or changed may be missing for a moment.
#[utoipa::path(
    get,
    path = "/platform/tenants",
    tag = "Platform",
    params(ListQuery),
    responses((status = 200, description = "A page of tenants", body = ListEnvelope<TenantSummary>)),
    extensions(("x-access" = json!("ManageTenants")))
)]
pub(crate) async fn list_tenants(
    State(edge): State<Edge>,
    bearer: Bearer,
    Query(query): Query<ListQuery>,
) -> Answer<Vec<TenantSummary>> {
    let cursors = edge.cursors(bearer.tenant(), "GET /platform/tenants", &())?;
    let from = cursors.open(query.cursor.as_deref()).await?;
    let (caller, page) = bearer.with(|_| edge.store().marketplaces(query.limit.get(), from)).await?;
    superuser(&caller)?;
    cursors.page(page.map(TenantSummary::from), query.limit).await
}
