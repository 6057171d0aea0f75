use serde::{Deserialize, Serialize};

use crate::{InvalidCredentials, Secret};

/// What a tenant entrusts to us, kept as one sealed document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, try_from = "Unchecked")]
pub struct Credentials {
    key_id: String,
    key_secret: Secret,
    account_id: String,
    webhook_secrets: Vec<Secret>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Unchecked {
    key_id: String,
    key_secret: Secret,
    account_id: String,
    webhook_secrets: Vec<Secret>,
}

impl Credentials {
    /// Checks and joins the parts. Two webhook secrets are live while one replaces the other: Razorpay signs
    /// retries of old events with the old secret for up to 24 hours.
    ///
    /// # Errors
    /// When a part is empty or there are not one or two webhook secrets.
    pub fn new(
        key_id: impl Into<String>,
        key_secret: Secret,
        account_id: impl Into<String>,
        webhook_secrets: Vec<Secret>,
    ) -> Result<Self, InvalidCredentials> {
        let (key_id, account_id) = (key_id.into(), account_id.into());
        if !(1..=2).contains(&webhook_secrets.len()) {
            return Err(InvalidCredentials::WebhookSecrets);
        }
        let secrets = webhook_secrets.iter().chain([&key_secret]).map(Secret::expose);
        if secrets.chain([key_id.as_str(), account_id.as_str()]).any(str::is_empty) {
            return Err(InvalidCredentials::Empty);
        }
        Ok(Self { key_id, key_secret, account_id, webhook_secrets })
    }

    /// Returns the public key id, which the browser's checkout needs too.
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// Returns the secret of the key, which signs checkouts and authenticates calls.
    pub fn key_secret(&self) -> &Secret {
        &self.key_secret
    }

    /// Returns the account's id, `acc_…`.
    pub fn account_id(&self) -> &str {
        &self.account_id
    }

    /// Returns the live webhook secrets, the newest first.
    pub fn webhook_secrets(&self) -> &[Secret] {
        &self.webhook_secrets
    }
}

impl TryFrom<Unchecked> for Credentials {
    type Error = InvalidCredentials;

    fn try_from(parts: Unchecked) -> Result<Self, InvalidCredentials> {
        Self::new(parts.key_id, parts.key_secret, parts.account_id, parts.webhook_secrets)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_secrets(secrets: &[&str]) -> Result<Credentials, InvalidCredentials> {
        let secrets = secrets.iter().copied().map(Secret::new).collect();
        Credentials::new("rzp_test_key", Secret::new("hidden-key"), "acc_1", secrets)
    }

    #[test]
    fn one_or_two_webhook_secrets_are_live() {
        assert!(with_secrets(&["new"]).is_ok());
        assert!(with_secrets(&["new", "old"]).is_ok());
        assert_eq!(with_secrets(&[]), Err(InvalidCredentials::WebhookSecrets));
        assert_eq!(with_secrets(&["a", "b", "c"]), Err(InvalidCredentials::WebhookSecrets));
        assert_eq!(with_secrets(&["a", ""]), Err(InvalidCredentials::Empty));
    }

    #[test]
    fn credentials_read_back_from_their_document_and_never_print_a_secret() {
        let credentials = with_secrets(&["hidden-hook"]).unwrap();
        let document = serde_json::to_string(&credentials).unwrap();
        assert_eq!(serde_json::from_str::<Credentials>(&document).unwrap(), credentials);
        assert!(!format!("{credentials:?}").contains("hidden"));
        let empty = document.replace("hidden-key", "");
        assert!(serde_json::from_str::<Credentials>(&empty).is_err());
    }
}
