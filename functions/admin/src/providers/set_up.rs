//! `PUT /admin/payment-providers/{provider}`

use axum::extract::State;
use domain::access::Permission;
use garde::Validate;
use payments::{Credentials, Provider, Secret, manual, razorpay, stripe, vnpay};
use serde::Deserialize;
use store::table::Consistency;
use utoipa::ToSchema;
use web::openapi::IfMatchHeader;
use web::{Answer, Bearer, Edge, Envelope, IfMatch, Json, Path, Problem, Reply, refusals};

use super::ProviderView;

/// What a tenant entrusts to us. Which fields there must be follows from the provider; others are refused.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct SetUpProvider {
    /// Razorpay's key id, VNPay's terminal code, Stripe's publishable key.
    #[garde(length(bytes, min = 1, max = 255), ascii)]
    #[schema(example = "rzp_test_1DP5mmOlF5G5ag")]
    public_key: Option<String>,
    /// The key's secret: of Razorpay and Stripe.
    #[garde(inner(custom(is_secret)))]
    #[schema(value_type = Option<String>, example = "EnLs21M47BllR3X8PSFtjtbd")]
    secret_key: Option<Secret>,
    /// The account that events must be of: of Razorpay and Stripe.
    #[garde(length(bytes, min = 1, max = 64), ascii)]
    #[schema(example = "acc_BFQ7uQEaa7j2z7")]
    account_id: Option<String>,
    /// What the provider signs with: the webhook secret of Razorpay and Stripe, the hash secret of VNPay.
    #[garde(inner(custom(is_secret)))]
    #[schema(value_type = Option<String>, example = "whsec_8f3b1c0d5e7a9f2c")]
    webhook_secret: Option<Secret>,
    /// What a payer who transfers the money is told: of `manual`.
    #[garde(length(chars, min = 1, max = 1000))]
    #[schema(example = "State Bank, account 0012345678")]
    instructions: Option<String>,
}

/// Checks a secret's length.
pub(super) fn is_secret(secret: &Secret, (): &()) -> garde::Result {
    let visible = (8..=255).contains(&secret.expose().len()) && secret.expose().bytes().all(|b| b.is_ascii_graphic());
    visible.then_some(()).ok_or_else(|| garde::Error::new("must be 8 to 255 visible characters"))
}

fn needed<T>(name: &str, provider: Provider, value: Option<T>) -> Result<T, Problem> {
    value.ok_or_else(|| Problem::invalid(name, format!("is needed for {provider}")))
}

impl SetUpProvider {
    fn credentials(self, provider: Provider) -> Result<Credentials, Problem> {
        let Self { public_key, secret_key, account_id, webhook_secret, instructions } = self;
        let called = |name: &'static str, used: bool, given: bool| (!used && given).then_some(name);
        let (by_key, signs) = (matches!(provider, Provider::Razorpay | Provider::Stripe), provider != Provider::Manual);
        let superfluous = [
            called("publicKey", signs, public_key.is_some()),
            called("secretKey", by_key, secret_key.is_some()),
            called("accountId", by_key, account_id.is_some()),
            called("webhookSecret", signs, webhook_secret.is_some()),
            called("instructions", !signs, instructions.is_some()),
        ];
        if let Some(name) = superfluous.into_iter().flatten().next() {
            return Err(Problem::invalid(name, format!("is not known to {provider}")));
        }
        let public_key = || needed("publicKey", provider, public_key);
        let secret_key = || needed("secretKey", provider, secret_key);
        let account_id = || needed("accountId", provider, account_id);
        let webhook_secret = || needed("webhookSecret", provider, webhook_secret).map(|secret| vec![secret]);
        let credentials = match provider {
            Provider::Razorpay => {
                razorpay::Credentials::new(public_key()?, secret_key()?, account_id()?, webhook_secret()?)
                    .map(Credentials::Razorpay)
            }
            Provider::Vnpay => vnpay::Credentials::new(public_key()?, webhook_secret()?).map(Credentials::Vnpay),
            Provider::Stripe => {
                stripe::Credentials::new(public_key()?, secret_key()?, account_id()?, webhook_secret()?)
                    .map(Credentials::Stripe)
            }
            Provider::Manual => {
                manual::Credentials::new(needed("instructions", provider, instructions)?).map(Credentials::Manual)
            }
        };
        credentials.map_err(Problem::internal)
    }
}

/// Set up a payment provider
///
/// Replaces everything that was entrusted for it before, at once; to change the webhook secret alone, rotate it. Kept
/// encrypted under the tenant's own key.
#[utoipa::path(
    put,
    path = "/admin/payment-providers/{provider}",
    tag = "Administration",
    params(
        ("provider" = String, Path, description = "`razorpay`, `vnpay`, `stripe` or `manual`", example = "razorpay"),
        IfMatchHeader
    ),
    request_body = SetUpProvider,
    responses(
        (status = 200, description = "The provider as it is now", body = Envelope<ProviderView>),
        refusals::Of<(refusals::NotFound, refusals::Conflict)>
    ),
    extensions(("x-access" = json!("ManageProviders")))
)]
pub(crate) async fn set_up_provider(
    State(edge): State<Edge>,
    bearer: Bearer,
    Path(provider): Path<Provider>,
    if_match: IfMatch,
    Json(request): Json<SetUpProvider>,
) -> Answer<ProviderView> {
    let read = async |scope| edge.store().tenant(scope, Consistency::Strong).await;
    let (caller, tenant) = bearer.with(read).await?;
    caller.require(Permission::ManageProviders)?;
    let mut tenant = tenant.ok_or_else(Problem::not_found)?;
    if_match.check(tenant.version)?;
    let credentials = request.credentials(provider)?;
    let sealed = edge.vault().seal_credentials(&tenant, provider.as_str(), &credentials).await?;
    tenant.providers.insert(provider.as_str().to_owned(), sealed);
    edge.store().change_providers(&caller.operation(), &tenant.providers, tenant.version, provider.as_str()).await?;
    edge.forget_tenant(tenant.id);
    let version = tenant.version.saturating_add(1);
    Ok(Reply::ok(ProviderView::new(&credentials, version)).etag(version))
}
