//! The published keys that access tokens are checked with.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::clock::Timestamp;
use platform::tokens::{AccessClaims, Jwks, TokenError, Verifier};
use store::Store;

use crate::code::Code;
use crate::problem::Problem;

/// How soon keys may be read again because a token names one that we don't have.
const PATIENCE: Duration = Duration::from_secs(60);
/// How old the keys may be before retired ones must be dropped.
const FRESH: Duration = Duration::from_secs(15 * 60);

pub(crate) struct Keys {
    issuer: String,
    cached: Mutex<Option<Cached>>,
}

#[derive(Clone)]
struct Cached {
    verifier: Verifier,
    read_at: Timestamp,
}

impl Keys {
    pub(crate) fn new(issuer: String) -> Self {
        Self { issuer, cached: Mutex::new(None) }
    }

    fn cached(&self) -> MutexGuard<'_, Option<Cached>> {
        self.cached.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) async fn verify(&self, store: &Store, token: &str, now: Timestamp) -> Result<AccessClaims, Problem> {
        let known = self.cached().clone().filter(|cached| now.since(cached.read_at) < FRESH);
        let (keys, just_read) = match known {
            Some(keys) => (keys, false),
            None => (self.read(store, now).await?, true),
        };
        match keys.verifier.verify(token, now) {
            Err(TokenError::UnknownKey) if !just_read && now.since(keys.read_at) >= PATIENCE => {
                Ok(self.read(store, now).await?.verifier.verify(token, now)?)
            }
            verdict => Ok(verdict?),
        }
    }

    async fn read(&self, store: &Store, now: Timestamp) -> Result<Cached, Problem> {
        let records = store.signing_keys().await?;
        let mut keys = Vec::with_capacity(records.len());
        for record in records.iter().filter(|record| record.verifies_until > now) {
            keys.push(serde_json::from_str(&record.public_jwk).map_err(Problem::internal)?);
        }
        let cached = Cached { verifier: Verifier::new(&self.issuer, &Jwks { keys }), read_at: now };
        *self.cached() = Some(cached.clone());
        Ok(cached)
    }
}

impl From<TokenError> for Problem {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::Expired => Self::new(Code::TokenExpired),
            TokenError::UnknownKey | TokenError::Invalid(_) => Self::new(Code::InvalidToken).because(error),
            TokenError::Signing => Self::internal(error),
        }
    }
}
