//! Payment providers for the demo: test keys, sealed; known to the stand-ins where there are any. VNPay is not among them: the
//! demo trades in rupees, and VNPay takes đồng only.

use domain::tenant::Tenant;
use payments::{Credentials, Secret, manual, razorpay, stripe};
use serde_json::{Value, json};

use super::Seeding;
use crate::Failure;

/// Gives the tenant credentials where it has none, and makes them known to local stand-ins.
///
/// A stand-in forgets when it stops, so this happens in every run.
pub async fn set_up(seeding: &Seeding<'_>, tenant: Tenant) -> Result<Tenant, Failure> {
    let Some(url) = seeding.settings.optional("HAAT_RAZORPAY_URL").filter(|url| is_local(url)) else {
        eprintln!(
            "No local payment stand-ins (HAAT_RAZORPAY_URL): give the tenant its own test keys to take payments."
        );
        return Ok(tenant);
    };
    let random = || hex::encode(seeding.ambient.bytes::<12>());
    let (secret, secrets) = (|| Secret::new(random()), || vec![Secret::new(random())]);
    let all = [
        Credentials::Razorpay(razorpay::Credentials::new(
            format!("rzp_test_{}", random()),
            secret(),
            format!("acc_{}", random()),
            secrets(),
        )?),
        Credentials::Stripe(stripe::Credentials::new(
            format!("pk_test_{}", random()),
            Secret::new(format!("sk_test_{}", random())),
            format!("acct_{}", random()),
            vec![Secret::new(format!("whsec_{}", random()))],
        )?),
        Credentials::Manual(manual::Credentials::new("State Bank, account 0012345678, IFSC SBIN0000001")?),
    ];
    let mut tenant = tenant;
    for wanted in all {
        let entrusted;
        (tenant, entrusted) = entrust(seeding, tenant, wanted).await?;
        let (place, account) = match &entrusted {
            Credentials::Razorpay(own) => ("accounts", account_at_razorpay(&tenant, own)),
            Credentials::Stripe(own) => ("stripe/accounts", account_at_stripe(&tenant, own)),
            // Nobody is to be told.
            Credentials::Manual(_) | Credentials::Vnpay(_) => continue,
        };
        let place = format!("{}/_standin/{place}", url.trim_end_matches('/'));
        let request = reqwest::Client::new().post(place).header("content-type", "application/json");
        let answer = request.body(account.to_string()).send().await?;
        if !answer.status().is_success() {
            let (provider, status) = (entrusted.provider(), answer.status());
            return Err(format!("the stand-in of {provider} refused the account: {status}").into());
        }
    }
    Ok(tenant)
}

fn account_at_razorpay(tenant: &Tenant, own: &razorpay::Credentials) -> Value {
    json!({
        "keyId": own.key_id(), "keySecret": own.key_secret().expose(), "accountId": own.account_id(),
        "webhookSecret": newest(own.webhook_secrets()), "tenant": tenant.id,
    })
}

fn account_at_stripe(tenant: &Tenant, own: &stripe::Credentials) -> Value {
    json!({
        "secretKey": own.secret_key().expose(), "webhookSecret": newest(own.webhook_secrets()), "tenant": tenant.id,
    })
}

fn newest(secrets: &[Secret]) -> &str {
    secrets.first().map(Secret::expose).unwrap_or_default()
}

/// Seals what is wanted, unless the tenant has credentials of that provider; returns what it has then.
async fn entrust(
    seeding: &Seeding<'_>,
    mut tenant: Tenant,
    wanted: Credentials,
) -> Result<(Tenant, Credentials), Failure> {
    let name = wanted.provider().as_str();
    if let Some(known) = seeding.vault.open_credentials(&tenant, name).await? {
        return Ok((tenant, known));
    }
    let sealed = seeding.vault.seal_credentials(&tenant, name, &wanted).await?;
    tenant.providers.insert(name.to_owned(), sealed);
    seeding.store.update_tenant(&tenant).await?;
    tenant.version = tenant.version.saturating_add(1);
    Ok((tenant, wanted))
}

/// Tells whether an address is on this machine.
fn is_local(url: &str) -> bool {
    let host = url.strip_prefix("http://").and_then(|rest| rest.split(['/', ':']).next());
    matches!(host, Some("127.0.0.1" | "localhost"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_local() {
        assert!(is_local("http://127.0.0.1:9000") && is_local("http://localhost/x"));
        for url in ["https://api.razorpay.com", "http://127.0.0.1.evil.example", "http://localhost@evil.example/"] {
            assert!(!is_local(url), "{url}");
        }
    }
}
