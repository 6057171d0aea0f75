use serde::{Deserialize, Serialize};

use crate::{InvalidCredentials, Secret};

/// What a tenant entrusts to us, kept as one sealed document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, try_from = "Unchecked")]
pub struct Credentials {
    tmn_code: String,
    hash_secrets: Vec<Secret>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Unchecked {
    tmn_code: String,
    hash_secrets: Vec<Secret>,
}

impl Credentials {
    /// Checks and joins the parts. Two hash secrets are live while one replaces the other: the first signs, both
    /// verify.
    ///
    /// # Errors
    /// When a part is empty or there are not one or two secrets.
    pub fn new(tmn_code: impl Into<String>, hash_secrets: Vec<Secret>) -> Result<Self, InvalidCredentials> {
        let tmn_code = tmn_code.into();
        if !(1..=2).contains(&hash_secrets.len()) {
            return Err(InvalidCredentials::WebhookSecrets);
        }
        if tmn_code.is_empty() || hash_secrets.iter().any(|secret| secret.expose().is_empty()) {
            return Err(InvalidCredentials::Empty);
        }
        Ok(Self { tmn_code, hash_secrets })
    }

    /// Returns the terminal's code.
    pub fn tmn_code(&self) -> &str {
        &self.tmn_code
    }

    /// Returns the live secrets, the newest first.
    pub fn hash_secrets(&self) -> &[Secret] {
        &self.hash_secrets
    }

    /// Signs fields of a call with the newest secret.
    pub(super) fn sign_fields(&self, fields: &[&str]) -> String {
        self.hash_secrets.first().map(|secret| super::signature::sign_fields(secret, fields)).unwrap_or_default()
    }
}

impl TryFrom<Unchecked> for Credentials {
    type Error = InvalidCredentials;

    fn try_from(parts: Unchecked) -> Result<Self, InvalidCredentials> {
        Self::new(parts.tmn_code, parts.hash_secrets)
    }
}
