//! The payment providers that a tenant has set up.

pub(crate) mod read;
pub(crate) mod remove;
pub(crate) mod rotate;
pub(crate) mod set_up;
#[cfg(test)]
mod tests;

use domain::tenant::Tenant;
use payments::{Credentials, Provider, Secret};
use serde::Serialize;
use utoipa::ToSchema;
use web::{Edge, Problem};

/// A provider as it is set up. Secrets are never shown, only how they end.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProviderView {
    /// Which one.
    #[schema(value_type = String, example = "razorpay")]
    provider: Provider,
    /// Razorpay's key id, VNPay's terminal code, Stripe's publishable key.
    #[schema(example = "rzp_test_1DP5mmOlF5G5ag")]
    public_key: Option<String>,
    /// How the key's secret ends, of Razorpay and Stripe.
    #[schema(example = "…jtbd")]
    secret_key: Option<String>,
    /// The account, of Razorpay and Stripe.
    #[schema(example = "acc_BFQ7uQEaa7j2z7")]
    account_id: Option<String>,
    /// How the live webhook secrets end, the newest first: one, or two while one replaces the other.
    #[schema(example = json!(["…9f2c"]))]
    webhook_secrets: Vec<String>,
    /// What a payer who transfers the money is told.
    #[schema(example = "State Bank, account 0012345678")]
    instructions: Option<String>,
    /// The tenant's version; also in `ETag`.
    #[schema(example = 3)]
    version: u64,
}

impl ProviderView {
    fn new(credentials: &Credentials, version: u64) -> Self {
        let bare = Self {
            provider: credentials.provider(),
            public_key: None,
            secret_key: None,
            account_id: None,
            webhook_secrets: Vec::new(),
            instructions: None,
            version,
        };
        let masked = |secrets: &[Secret]| secrets.iter().map(masked).collect();
        match credentials {
            Credentials::Razorpay(own) => Self {
                public_key: Some(own.key_id().to_owned()),
                secret_key: Some(self::masked(own.key_secret())),
                account_id: Some(own.account_id().to_owned()),
                webhook_secrets: masked(own.webhook_secrets()),
                ..bare
            },
            Credentials::Vnpay(own) => Self {
                public_key: Some(own.tmn_code().to_owned()),
                webhook_secrets: masked(own.hash_secrets()),
                ..bare
            },
            Credentials::Stripe(own) => Self {
                public_key: Some(own.publishable_key().to_owned()),
                secret_key: Some(self::masked(own.secret_key())),
                account_id: Some(own.account_id().to_owned()),
                webhook_secrets: masked(own.webhook_secrets()),
                ..bare
            },
            Credentials::Manual(own) => Self { instructions: Some(own.instructions().to_owned()), ..bare },
        }
    }
}

/// Shows how a secret ends, if it is long enough to keep the rest from being guessed.
fn masked(secret: &Secret) -> String {
    let letters: Vec<char> = secret.expose().chars().collect();
    let end = letters.len().checked_sub(4).filter(|_| letters.len() >= 16).and_then(|from| letters.get(from..));
    format!("…{}", end.unwrap_or_default().iter().collect::<String>())
}

/// Opens what a tenant has entrusted for a provider.
///
/// # Errors
/// With 404 when that is nothing.
async fn entrusted(edge: &Edge, tenant: &Tenant, provider: Provider) -> Result<Credentials, Problem> {
    let found: Option<Credentials> = edge.vault().open_credentials(tenant, provider.as_str()).await?;
    found.ok_or_else(Problem::not_found)
}
