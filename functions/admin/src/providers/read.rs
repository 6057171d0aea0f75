//! `GET /admin/payment-providers/{provider}`

use axum::extract::State;
use domain::access::Permission;
use payments::Provider;
use store::table::Consistency;
use web::{Answer, Bearer, Edge, Envelope, Path, Problem, Reply, refusals};

use super::{ProviderView, entrusted};

/// Read how a payment provider is set up
///
/// Secrets are not shown, only how they end.
#[utoipa::path(
    get,
    path = "/admin/payment-providers/{provider}",
    tag = "Administration",
    params(("provider" = String, Path, description = "`razorpay`, `vnpay`, `stripe` or `manual`", example = "razorpay")),
    responses(
        (status = 200, description = "The provider", body = Envelope<ProviderView>),
        refusals::Of<(refusals::NotFound,)>
    ),
    extensions(("x-access" = json!("ManageProviders")))
)]
pub(crate) async fn read_provider(
    State(edge): State<Edge>,
    bearer: Bearer,
    Path(provider): Path<Provider>,
) -> Answer<ProviderView> {
    let read = async |scope| edge.store().tenant(scope, Consistency::Strong).await;
    let (caller, tenant) = bearer.with(read).await?;
    caller.require(Permission::ManageProviders)?;
    let tenant = tenant.ok_or_else(Problem::not_found)?;
    let credentials = entrusted(&edge, &tenant, provider).await?;
    Ok(Reply::ok(ProviderView::new(&credentials, tenant.version)).etag(tenant.version))
}
