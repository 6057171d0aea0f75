//! ID tokens of Google and Microsoft (OpenID Connect Core 1.0): who a person is there, and what the provider vouches for.
//!
//! Architecture invariant: one algorithm, RS256; a key is found only by its id among those that the provider publishes at
//! a configured address, never through anything that a token brings along (`jku`, `x5u`, `jwk`). An identity is what the
//! provider says never changes (`sub`, or `tid` and `oid`), never an e-mail address.
//!
//! Nonces are the client's: it makes one for each sign-in, keeps it, and sends it along with the token that must carry it.

mod claims;
mod keys;

use std::fmt;
use std::sync::Arc;

use domain::ambient::Ambient;
use domain::user::Email;
use jsonwebtoken::{Algorithm, Validation};

use self::claims::Claims;
use self::keys::KeySet;
use crate::config::Env;

/// Somebody else who knows people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Provider {
    /// Google (source: "Verify the Google ID token on your server side").
    Google,
    /// Microsoft's identity platform, v2.0 (source: "Microsoft identity platform ID tokens").
    Microsoft,
}

/// What an ID token has proved.
#[derive(Clone, PartialEq, Eq)]
pub struct Vouched {
    /// The fingerprint of the person's identity at the provider, in hexadecimal.
    pub identity: String,
    /// The address that the provider has for the person: good for mails, not for telling who it is.
    pub email: Option<Email>,
    /// Whether the provider vouches that the address is the person's. Microsoft never does.
    pub email_verified: bool,
    /// The first name, as the provider has it.
    pub given_name: Option<String>,
    /// The last name.
    pub family_name: Option<String>,
    /// The whole name.
    pub name: Option<String>,
}

impl fmt::Debug for Vouched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vouched")
    }
}

/// Why an ID token proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdTokenError {
    /// It is forged, over, or made for somebody else.
    #[error("the ID token is not valid: {0}")]
    Invalid(&'static str),
    /// The provider's keys can't be had; a later attempt may succeed.
    #[error("the keys of the identity provider can't be read: {0}")]
    Unavailable(String),
}

/// Verifies ID tokens. Cheap to clone; clones share the providers' keys.
#[derive(Clone)]
pub struct IdTokens {
    google: Arc<KeySet>,
    microsoft: Arc<KeySet>,
    ambient: Ambient,
}

impl IdTokens {
    /// Where Google publishes its keys (`jwks_uri` of its discovery document).
    pub const GOOGLE_JWKS_URL: &'static str = "https://www.googleapis.com/oauth2/v3/certs";
    /// Where Microsoft publishes the keys of all its tenants.
    pub const MICROSOFT_JWKS_URL: &'static str = "https://login.microsoftonline.com/common/discovery/v2.0/keys";

    /// Takes the addresses of the keys from `HAAT_GOOGLE_JWKS_URL` and `HAAT_MICROSOFT_JWKS_URL`, or the providers' own.
    pub fn from_env(env: &Env, ambient: Ambient) -> Self {
        Self::new(
            &env.text_or("HAAT_GOOGLE_JWKS_URL", Self::GOOGLE_JWKS_URL),
            &env.text_or("HAAT_MICROSOFT_JWKS_URL", Self::MICROSOFT_JWKS_URL),
            ambient,
        )
    }

    /// Points at the providers' keys. Nothing is read before the first token.
    pub fn new(google_jwks_url: &str, microsoft_jwks_url: &str, ambient: Ambient) -> Self {
        let keys = |url: &str| Arc::new(KeySet::at(url));
        Self { google: keys(google_jwks_url), microsoft: keys(microsoft_jwks_url), ambient }
    }

    /// Returns what a token proves that was made for one of `audiences`, the client ids, and carries `nonce`.
    ///
    /// # Errors
    /// See [`IdTokenError`].
    pub async fn verify(
        &self,
        provider: Provider,
        token: &str,
        audiences: &[String],
        nonce: &str,
    ) -> Result<Vouched, IdTokenError> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| IdTokenError::Invalid("header"))?;
        if header.alg != Algorithm::RS256 {
            return Err(IdTokenError::Invalid("alg"));
        }
        // An access token, ours or another's, is no ID token.
        if header.typ.as_deref().is_some_and(|typ| !typ.eq_ignore_ascii_case("jwt")) {
            return Err(IdTokenError::Invalid("typ"));
        }
        if header.crit.is_some() {
            return Err(IdTokenError::Invalid("crit"));
        }
        let keys = match provider {
            Provider::Google => &self.google,
            Provider::Microsoft => &self.microsoft,
        };
        let now = self.ambient.now();
        let key = keys.find(&header.kid.ok_or(IdTokenError::Invalid("kid"))?, now).await?;
        let mut only_the_signature = Validation::new(Algorithm::RS256);
        // What the library checks is checked below, with the given clock and with nothing left out.
        only_the_signature.required_spec_claims.clear();
        only_the_signature.validate_exp = false;
        only_the_signature.validate_aud = false;
        let claims = jsonwebtoken::decode::<Claims>(token, &key.decoding, &only_the_signature)
            .map_err(|_| IdTokenError::Invalid("signature or claims"))?
            .claims;
        claims.check(audiences, nonce, now)?;
        match provider {
            Provider::Google => claims.of_google(),
            Provider::Microsoft => claims.of_microsoft(key.issuer.as_deref()),
        }
    }
}
