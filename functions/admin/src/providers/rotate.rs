//! `POST /admin/payment-providers/{provider}/rotate-secret`

use axum::extract::State;
use axum::response::Response;
use domain::access::Permission;
use garde::Validate;
use payments::{Credentials, InvalidCredentials, Provider, Secret, razorpay, stripe, vnpay};
use serde::Deserialize;
use store::table::Consistency;
use utoipa::ToSchema;
use web::openapi::OptionalKeyHeader;
use web::{Bearer, Code, Edge, Envelope, IdempotencyKey, Json, Path, Problem, Reply, idempotent, refusals};

use super::set_up::is_secret;
use super::{ProviderView, entrusted};

/// The secret that follows.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct RotateSecret {
    /// What the provider signs with from now on.
    #[garde(custom(is_secret))]
    #[schema(value_type = String, example = "whsec_8f3b1c0d5e7a9f2c")]
    webhook_secret: Secret,
}

/// Rotate the webhook secret of a payment provider
///
/// The new secret counts at once, and the one before it goes on to count until the next rotation: providers sign what they
/// send again with the old one for up to a day. The one before that ends.
#[utoipa::path(
    post,
    path = "/admin/payment-providers/{provider}/rotate-secret",
    tag = "Administration",
    params(
        ("provider" = String, Path, description = "`razorpay`, `vnpay` or `stripe`", example = "razorpay"),
        OptionalKeyHeader
    ),
    request_body = RotateSecret,
    responses(
        (status = 200, description = "The provider as it is now", body = Envelope<ProviderView>),
        refusals::Of<(refusals::NotFound, refusals::RuleBroken, refusals::Conflict)>
    ),
    extensions(("x-access" = json!("ManageProviders")))
)]
pub(crate) async fn rotate_secret(
    State(edge): State<Edge>,
    bearer: Bearer,
    Path(provider): Path<Provider>,
    key: Option<IdempotencyKey>,
    Json(request): Json<RotateSecret>,
) -> Result<Response, Problem> {
    let read = async |scope| edge.store().tenant(scope, Consistency::Strong).await;
    let (caller, tenant) = bearer.with(read).await?;
    caller.require(Permission::ManageProviders)?;
    let mut tenant = tenant.ok_or_else(Problem::not_found)?;
    let work = async {
        let credentials = rotated(entrusted(&edge, &tenant, provider).await?, request.webhook_secret)?;
        let sealed = edge.vault().seal_credentials(&tenant, provider.as_str(), &credentials).await?;
        tenant.providers.insert(provider.as_str().to_owned(), sealed);
        let operation = caller.operation();
        edge.store().change_providers(&operation, &tenant.providers, tenant.version, provider.as_str()).await?;
        edge.forget_tenant(tenant.id);
        let version = tenant.version.saturating_add(1);
        Ok(Reply::ok(ProviderView::new(&credentials, version)).etag(version))
    };
    idempotent(&edge, caller.tenant(), Some(caller.user), key, work).await
}

fn rotated(credentials: Credentials, new: Secret) -> Result<Credentials, Problem> {
    // A rotation that is asked for twice must not push the old secret out.
    let both = |old: &[Secret]| match old.first() {
        Some(first) if *first != new => vec![new.clone(), first.clone()],
        _ => old.to_vec(),
    };
    let rotated: Result<Credentials, InvalidCredentials> = match credentials {
        Credentials::Razorpay(own) => {
            let secrets = both(own.webhook_secrets());
            razorpay::Credentials::new(own.key_id(), own.key_secret().clone(), own.account_id(), secrets)
                .map(Credentials::Razorpay)
        }
        Credentials::Vnpay(own) => {
            vnpay::Credentials::new(own.tmn_code(), both(own.hash_secrets())).map(Credentials::Vnpay)
        }
        Credentials::Stripe(own) => {
            let secrets = both(own.webhook_secrets());
            stripe::Credentials::new(own.publishable_key(), own.secret_key().clone(), own.account_id(), secrets)
                .map(Credentials::Stripe)
        }
        Credentials::Manual(_) => {
            return Err(Problem::new(Code::RuleBroken).message("Transfers are not signed by anybody"));
        }
    };
    rotated.map_err(Problem::internal)
}
