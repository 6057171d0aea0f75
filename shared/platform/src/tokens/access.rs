use std::time::Duration;

use domain::access::Role;
use domain::ambient::Ambient;
use domain::clock::Timestamp;
use domain::id::{SessionId, TenantId, UserId};
use serde::{Deserialize, Serialize};

use super::{Jwk, Jwks};
use crate::vault::{Vault, VaultError};

/// What an access token says. Every claim is required, and there is no e-mail among them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessClaims {
    /// Who issued it (`HAAT_ISSUER`).
    pub iss: String,
    /// Whom it is for: the same string.
    pub aud: String,
    /// The user.
    pub sub: UserId,
    /// The tenant.
    pub tid: TenantId,
    /// What the user was when it was issued; the session check tells what the user is now.
    pub roles: Vec<Role>,
    /// The session.
    pub sid: SessionId,
    /// The token's own id.
    pub jti: String,
    /// When it was issued, in seconds.
    pub iat: i64,
    /// When it ends, in seconds.
    pub exp: i64,
}

impl AccessClaims {
    /// How long an access token lives.
    pub const LIFE: Duration = Duration::from_secs(15 * 60);

    /// Fills the claims of a token issued now.
    pub fn issue(issuer: &str, tenant: TenantId, user: UserId, session: SessionId, roles: Vec<Role>, ambient: &Ambient) -> Self {
        let now = ambient.now();
        Self {
            iss: issuer.to_owned(),
            aud: issuer.to_owned(),
            sub: user,
            tid: tenant,
            roles,
            sid: session,
            jti: hex::encode(ambient.bytes::<16>()),
            iat: now.as_seconds(),
            exp: now.plus(Self::LIFE).as_seconds(),
        }
    }
}

/// Why a token is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Signed by a key that we don't have (yet): fetch the keys again, then refuse.
    #[error("the token names an unknown key")]
    UnknownKey,
    /// Over.
    #[error("the token has expired")]
    Expired,
    /// Anything else that is wrong with it.
    #[error("the token is not valid: {0}")]
    Invalid(&'static str),
    /// A token could not be signed.
    #[error("the token could not be signed")]
    Signing,
}

/// The private key that signs access tokens.
pub struct SigningKey {
    jwk: Jwk,
}

impl SigningKey {
    /// Makes a new key.
    pub fn generate() -> Result<Self, TokenError> {
        todo!()
    }

    /// Returns the key wrapped by KMS, for the table.
    pub async fn wrap(&self, vault: &Vault) -> Result<String, VaultError> {
        let _ = vault;
        todo!()
    }

    /// Opens a key from the table.
    pub async fn unwrap(vault: &Vault, wrapped: &str) -> Result<Self, VaultError> {
        let _ = (vault, wrapped);
        todo!()
    }

    /// Returns the key's id.
    pub fn kid(&self) -> &str {
        &self.jwk.kid
    }

    /// Returns the public half.
    pub fn jwk(&self) -> &Jwk {
        &self.jwk
    }

    /// Signs a token.
    pub fn sign(&self, claims: &AccessClaims) -> Result<String, TokenError> {
        let _ = claims;
        todo!()
    }
}

/// Verifies access tokens with a set of published keys.
#[derive(Clone)]
pub struct Verifier {
    issuer: String,
    keys: Jwks,
}

impl Verifier {
    /// Accepts tokens of `issuer` signed by one of `keys`.
    pub fn new(issuer: impl Into<String>, keys: &Jwks) -> Self {
        Self { issuer: issuer.into(), keys: keys.clone() }
    }

    /// Returns the claims of a token that is valid at `now`.
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<AccessClaims, TokenError> {
        let _ = (token, now, &self.issuer, &self.keys);
        todo!()
    }
}
