//! Razorpay for the demo: test keys, sealed; known to the stand-in where there is one.

use domain::tenant::Tenant;
use payments::Secret;
use payments::razorpay::Credentials;
use serde_json::json;

use super::Seeding;
use crate::Failure;

const NAME: &str = "razorpay";

/// Gives the tenant credentials if it has none, and makes them known to a local stand-in.
///
/// A stand-in forgets when it stops, so this happens in every run.
pub async fn set_up(seeding: &Seeding<'_>, tenant: Tenant) -> Result<Tenant, Failure> {
    let Some(url) = seeding.settings.optional("HAAT_RAZORPAY_URL").filter(|url| is_local(url)) else {
        eprintln!(
            "No local Razorpay stand-in (HAAT_RAZORPAY_URL): give the tenant its own test keys to take payments."
        );
        return Ok(tenant);
    };
    let (tenant, credentials) = credentials(seeding, tenant).await?;
    let secret = credentials.webhook_secrets().first().map(Secret::expose).unwrap_or_default();
    let account = json!({
        "keyId": credentials.key_id(),
        "keySecret": credentials.key_secret().expose(),
        "accountId": credentials.account_id(),
        "webhookSecret": secret,
        "tenant": tenant.id,
    });
    let place = format!("{}/_standin/accounts", url.trim_end_matches('/'));
    let request = reqwest::Client::new().post(place).header("content-type", "application/json");
    let answer = request.body(account.to_string()).send().await?;
    if !answer.status().is_success() {
        return Err(format!("the Razorpay stand-in refused the account: {}", answer.status()).into());
    }
    Ok(tenant)
}

async fn credentials(seeding: &Seeding<'_>, tenant: Tenant) -> Result<(Tenant, Credentials), Failure> {
    if let Some(credentials) = seeding.vault.open_credentials(&tenant, NAME).await? {
        return Ok((tenant, credentials));
    }
    let random = || hex::encode(seeding.ambient.bytes::<12>());
    let credentials = Credentials::new(
        format!("rzp_test_{}", random()),
        Secret::new(random()),
        format!("acc_{}", random()),
        vec![Secret::new(random())],
    )?;
    let sealed = seeding.vault.seal_credentials(&tenant, NAME, &credentials).await?;
    let mut next = tenant;
    next.providers.insert(NAME.to_owned(), sealed);
    seeding.store.update_tenant(&next).await?;
    next.version = next.version.saturating_add(1);
    Ok((next, credentials))
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
