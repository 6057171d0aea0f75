use serde::{Deserialize, Serialize};

use crate::{InvalidCredentials, Secret};

/// What a tenant entrusts to us, kept as one sealed document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, try_from = "Unchecked")]
pub struct Credentials {
    publishable_key: String,
    secret_key: Secret,
    account_id: String,
    webhook_secrets: Vec<Secret>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Unchecked {
    publishable_key: String,
    secret_key: Secret,
    account_id: String,
    webhook_secrets: Vec<Secret>,
}

impl Credentials {
    /// Checks and joins the parts. Two webhook secrets are live while one replaces the other.
    ///
    /// # Errors
    /// When a part is empty or there are not one or two webhook secrets.
    pub fn new(
        publishable_key: impl Into<String>,
        secret_key: Secret,
        account_id: impl Into<String>,
        webhook_secrets: Vec<Secret>,
    ) -> Result<Self, InvalidCredentials> {
        let (publishable_key, account_id) = (publishable_key.into(), account_id.into());
        if !(1..=2).contains(&webhook_secrets.len()) {
            return Err(InvalidCredentials::WebhookSecrets);
        }
        let secrets = webhook_secrets.iter().chain([&secret_key]).map(Secret::expose);
        if secrets.chain([publishable_key.as_str(), account_id.as_str()]).any(str::is_empty) {
            return Err(InvalidCredentials::Empty);
        }
        Ok(Self { publishable_key, secret_key, account_id, webhook_secrets })
    }

    /// Returns the public key, which the browser needs too.
    pub fn publishable_key(&self) -> &str {
        &self.publishable_key
    }

    /// Returns the secret key, which authenticates calls.
    pub fn secret_key(&self) -> &Secret {
        &self.secret_key
    }

    /// Returns the account's id, `acct_…`.
    pub fn account_id(&self) -> &str {
        &self.account_id
    }

    /// Returns the live webhook secrets, the newest first, each whole: `whsec_…`.
    pub fn webhook_secrets(&self) -> &[Secret] {
        &self.webhook_secrets
    }

    /// Tells whether the keys move real money.
    pub fn is_live(&self) -> bool {
        self.secret_key.expose().split('_').nth(1) == Some("live")
    }
}

impl TryFrom<Unchecked> for Credentials {
    type Error = InvalidCredentials;

    fn try_from(parts: Unchecked) -> Result<Self, InvalidCredentials> {
        Self::new(parts.publishable_key, parts.secret_key, parts.account_id, parts.webhook_secrets)
    }
}
