//! `DELETE /admin/payment-providers/{provider}`

use axum::extract::State;
use domain::access::Permission;
use payments::Provider;
use store::table::Consistency;
use web::openapi::IfMatchHeader;
use web::{Answer, Bearer, Edge, Envelope, IfMatch, Nothing, Path, Problem, Reply, refusals};

/// Remove a payment provider
///
/// What was entrusted is destroyed. Payments that are open there can't be confirmed any more: its messages find nobody.
#[utoipa::path(
    delete,
    path = "/admin/payment-providers/{provider}",
    tag = "Administration",
    params(
        ("provider" = String, Path, description = "`razorpay`, `vnpay`, `stripe` or `manual`", example = "razorpay"),
        IfMatchHeader
    ),
    responses((status = 200, description = "Removed", body = Envelope<Nothing>), refusals::Of<(refusals::NotFound, refusals::Conflict)>),
    extensions(("x-access" = json!("ManageProviders")))
)]
pub(crate) async fn remove_provider(
    State(edge): State<Edge>,
    bearer: Bearer,
    Path(provider): Path<Provider>,
    if_match: IfMatch,
) -> Answer<Nothing> {
    let read = async |scope| edge.store().tenant(scope, Consistency::Strong).await;
    let (caller, tenant) = bearer.with(read).await?;
    caller.require(Permission::ManageProviders)?;
    let mut tenant = tenant.ok_or_else(Problem::not_found)?;
    if_match.check(tenant.version)?;
    tenant.providers.remove(provider.as_str()).ok_or_else(Problem::not_found)?;
    edge.store().change_providers(&caller.operation(), &tenant.providers, tenant.version, provider.as_str()).await?;
    edge.forget_tenant(tenant.id);
    Ok(Reply::done())
}
