use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use domain::access::Role;
use domain::ambient::Ambient;
use domain::clock::Timestamp;
use domain::id::{SessionId, TenantId, UserId};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

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
    pub fn issue(
        issuer: &str,
        tenant: TenantId,
        user: UserId,
        session: SessionId,
        roles: Vec<Role>,
        ambient: &Ambient,
    ) -> Self {
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
    /// Signed by a key that is not among ours (yet): fetch the keys again once, then refuse.
    #[error("the token names an unknown key")]
    UnknownKey,
    /// Its time is over.
    #[error("the token has expired")]
    Expired,
    /// Anything else that is wrong with it.
    #[error("the token is not valid: {0}")]
    Invalid(&'static str),
    /// A key can't be made or read, or won't sign.
    #[error("the signing key is not usable")]
    Signing,
}

/// The type of our access tokens (RFC 9068): an id token or anything else that is signed can't stand in for one.
const TYPE: &str = "at+jwt";

/// How far clocks may be apart, in seconds.
const LEEWAY: i64 = 5;

/// The private key that signs access tokens. It can't be printed.
pub struct SigningKey {
    pkcs8: Zeroizing<Vec<u8>>,
    key: EncodingKey,
    jwk: Jwk,
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.jwk.kid)
    }
}

impl SigningKey {
    /// Makes a new key.
    ///
    /// # Errors
    ///
    /// Fails only when the system gives no randomness.
    pub fn generate() -> Result<Self, TokenError> {
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())
            .map_err(|_| TokenError::Signing)?;
        Self::from_pkcs8(Zeroizing::new(pkcs8.as_ref().to_vec()))
    }

    fn from_pkcs8(pkcs8: Zeroizing<Vec<u8>>) -> Result<Self, TokenError> {
        let pair =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &pkcs8).map_err(|_| TokenError::Signing)?;
        let jwk = Jwk::of_point(pair.public_key().as_ref()).ok_or(TokenError::Signing)?;
        Ok(Self { key: EncodingKey::from_ec_der(&pkcs8), pkcs8, jwk })
    }

    /// Returns the key wrapped by KMS, for the table.
    pub async fn wrap(&self, vault: &Vault) -> Result<String, VaultError> {
        vault.wrap_secret(&self.pkcs8).await
    }

    /// Opens a key from the table. Every call goes to KMS: keep the key.
    pub async fn unwrap(vault: &Vault, wrapped: &str) -> Result<Self, VaultError> {
        Self::from_pkcs8(vault.unwrap_secret(wrapped).await?).map_err(|_| VaultError::Unreadable)
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
        let mut header = Header::new(Algorithm::ES256);
        header.typ = Some(TYPE.to_owned());
        header.kid = Some(self.jwk.kid.clone());
        jsonwebtoken::encode(&header, claims, &self.key).map_err(|_| TokenError::Signing)
    }
}

/// Verifies access tokens with a set of published keys. Cheap to clone.
#[derive(Clone)]
pub struct Verifier {
    keys: Arc<HashMap<String, DecodingKey>>,
    validation: Arc<Validation>,
}

impl Verifier {
    /// Accepts tokens of `issuer` signed by one of `keys`. A key of another kind than ours is left out.
    pub fn new(issuer: &str, keys: &Jwks) -> Self {
        let usable = |jwk: &&Jwk| jwk.kty == "EC" && jwk.crv == "P-256" && jwk.alg == "ES256" && jwk.usage == "sig";
        let decoding = |jwk: &Jwk| Some((jwk.kid.clone(), DecodingKey::from_ec_components(&jwk.x, &jwk.y).ok()?));
        let mut validation = Validation::new(Algorithm::ES256);
        validation.set_issuer(&[issuer]);
        validation.set_audience(&[issuer]);
        validation.set_required_spec_claims(&["iss", "aud", "sub", "exp"]);
        // The library would ask the system clock; the times are compared with the given one below.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        Self {
            keys: Arc::new(keys.keys.iter().filter(usable).filter_map(decoding).collect()),
            validation: Arc::new(validation),
        }
    }

    /// Returns the claims of a token that is valid at `now`.
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<AccessClaims, TokenError> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| TokenError::Invalid("header"))?;
        if header.alg != Algorithm::ES256 {
            return Err(TokenError::Invalid("alg"));
        }
        if header.typ.as_deref() != Some(TYPE) {
            return Err(TokenError::Invalid("typ"));
        }
        // Ours never carry a key or a place to get one from, nor extensions that must be understood.
        if header.jku.is_some()
            || header.jwk.is_some()
            || header.x5u.is_some()
            || header.x5c.is_some()
            || header.crit.is_some()
        {
            return Err(TokenError::Invalid("header"));
        }
        let kid = header.kid.ok_or(TokenError::Invalid("kid"))?;
        let key = self.keys.get(&kid).ok_or(TokenError::UnknownKey)?;
        let received = jsonwebtoken::decode::<Received>(token, key, &self.validation)
            .map_err(|error| match error.kind() {
                ErrorKind::InvalidSignature => TokenError::Invalid("signature"),
                ErrorKind::InvalidIssuer => TokenError::Invalid("iss"),
                ErrorKind::InvalidAudience => TokenError::Invalid("aud"),
                _ => TokenError::Invalid("claims"),
            })?
            .claims;
        let now = now.as_seconds();
        let claims = received.claims;
        if claims.exp.saturating_add(LEEWAY) <= now {
            return Err(TokenError::Expired);
        }
        if claims.iat.saturating_sub(LEEWAY) > now || claims.exp <= claims.iat {
            return Err(TokenError::Invalid("iat"));
        }
        if received.nbf.is_some_and(|nbf| nbf.saturating_sub(LEEWAY) > now) {
            return Err(TokenError::Invalid("nbf"));
        }
        Ok(claims)
    }
}

#[derive(Deserialize)]
struct Received {
    #[serde(flatten)]
    claims: AccessClaims,
    nbf: Option<i64>,
}

#[cfg(test)]
#[path = "access_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "access_forgery_tests.rs"]
mod forgery_tests;
