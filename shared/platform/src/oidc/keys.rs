use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use domain::clock::Timestamp;
use jsonwebtoken::DecodingKey;
use reqwest::header::{AGE, CACHE_CONTROL, HeaderMap, HeaderName};
use reqwest::redirect::Policy;
use serde::Deserialize;
use serde_json::Value;

use super::IdTokenError;

/// How soon keys may be read again because a token names one that we don't have: anybody can make up tokens.
const PATIENCE: Duration = Duration::from_secs(60);
/// How soon after a failure.
const PAUSE: Duration = Duration::from_secs(5);
/// How long keys are good at least and at most, whatever the provider says.
const LEAST_LIFE: Duration = PATIENCE;
const LONGEST_LIFE: Duration = Duration::from_secs(24 * 60 * 60);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
const CALL_TIMEOUT: Duration = Duration::from_secs(4);
/// The largest document that is read, in bytes. Google's has 2 KiB, Microsoft's 15.
const LARGEST: usize = 256 * 1024;

/// A provider's key.
#[derive(Clone)]
pub(super) struct ProviderKey {
    pub(super) decoding: DecodingKey,
    /// Whose tokens it may sign, as Microsoft says with each key.
    pub(super) issuer: Option<String>,
}

/// The keys that a provider publishes at one address.
pub(super) struct KeySet {
    url: String,
    client: OnceLock<reqwest::Client>,
    known: Mutex<Known>,
    /// Whoever reads the keys holds it; the others wait, and use what was read.
    reading: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Known {
    keys: HashMap<String, Arc<ProviderKey>>,
    fresh_until: Option<Timestamp>,
    /// When they were last asked for, with or without success.
    asked_at: Option<Timestamp>,
    /// Whether that was without.
    failed: bool,
}

impl KeySet {
    pub(super) fn at(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            client: OnceLock::new(),
            known: Mutex::default(),
            reading: tokio::sync::Mutex::default(),
        }
    }

    /// Finds a key by its id. Keys are read when those that we have are too old, and at most once a minute because one is
    /// unknown.
    pub(super) async fn find(&self, kid: &str, now: Timestamp) -> Result<Arc<ProviderKey>, IdTokenError> {
        if let Some(verdict) = self.recall(kid, now) {
            return verdict;
        }
        let _turn = self.reading.lock().await;
        if let Some(verdict) = self.recall(kid, now) {
            return verdict;
        }
        let read = self.read().await;
        let mut known = self.known();
        known.asked_at = Some(now);
        // Kept in mind, so that a provider that is down is not asked by every request.
        known.failed = read.is_err();
        let (keys, life) = read?;
        known.keys = keys;
        known.fresh_until = Some(now.plus(life));
        known.keys.get(kid).cloned().ok_or(IdTokenError::Invalid("unknown key"))
    }

    /// Answers from memory, if that is allowed to.
    fn recall(&self, kid: &str, now: Timestamp) -> Option<Result<Arc<ProviderKey>, IdTokenError>> {
        let known = self.known();
        let since = known.asked_at.map(|at| now.since(at));
        if known.fresh_until.is_none_or(|until| until <= now) {
            let pause = since.filter(|since| known.failed && *since < PAUSE);
            return pause.map(|_| Err(IdTokenError::Unavailable("the last attempt failed".to_owned())));
        }
        match known.keys.get(kid) {
            Some(key) => Some(Ok(key.clone())),
            None => since.filter(|since| *since < PATIENCE).map(|_| Err(IdTokenError::Invalid("unknown key"))),
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn read(&self) -> Result<(HashMap<String, Arc<ProviderKey>>, Duration), IdTokenError> {
        let unavailable = |error: reqwest::Error| IdTokenError::Unavailable(error.without_url().to_string());
        let mut answer = self.client()?.get(&self.url).send().await.map_err(unavailable)?;
        if answer.status() != reqwest::StatusCode::OK {
            return Err(IdTokenError::Unavailable(format!("status {}", answer.status().as_u16())));
        }
        let life = life(answer.headers());
        let mut body = Vec::new();
        while let Some(part) = answer.chunk().await.map_err(unavailable)? {
            if body.len().saturating_add(part.len()) > LARGEST {
                return Err(IdTokenError::Unavailable("the document is too large".to_owned()));
            }
            body.extend_from_slice(&part);
        }
        let set: PublishedSet = serde_json::from_slice(&body)
            .map_err(|_| IdTokenError::Unavailable("the document is no set of keys".to_owned()))?;
        let keys: HashMap<_, _> = set.keys.into_iter().filter_map(usable).collect();
        if keys.is_empty() {
            return Err(IdTokenError::Unavailable("the document has no usable key".to_owned()));
        }
        Ok((keys, life))
    }

    fn client(&self) -> Result<&reqwest::Client, IdTokenError> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let client = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(CALL_TIMEOUT)
            .redirect(Policy::none())
            .build()
            .map_err(|error| IdTokenError::Unavailable(error.to_string()))?;
        Ok(self.client.get_or_init(|| client))
    }
}

/// A JWK set (RFC 7517, section 5), of which unknown kinds of keys are left out.
#[derive(Deserialize)]
struct PublishedSet {
    keys: Vec<Value>,
}

#[derive(Deserialize)]
struct PublishedKey {
    kty: String,
    kid: String,
    #[serde(rename = "use")]
    usage: Option<String>,
    alg: Option<String>,
    n: String,
    e: String,
    issuer: Option<String>,
}

fn usable(value: Value) -> Option<(String, Arc<ProviderKey>)> {
    let key: PublishedKey = serde_json::from_value(value).ok()?;
    let signs = key.usage.is_none_or(|usage| usage == "sig") && key.alg.is_none_or(|alg| alg == "RS256");
    let decoding = (key.kty == "RSA" && signs).then(|| DecodingKey::from_rsa_components(&key.n, &key.e).ok())??;
    Some((key.kid, Arc::new(ProviderKey { decoding, issuer: key.issuer })))
}

/// Returns how long an answer stays fresh (RFC 9111, section 4.2), within our own bounds.
fn life(headers: &HeaderMap) -> Duration {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let directives = text(CACHE_CONTROL).split(',').map(|directive| directive.trim().to_ascii_lowercase());
    let told = directives.filter_map(|directive| directive.strip_prefix("max-age=")?.trim_matches('"').parse().ok());
    let seconds: u64 = told.min().unwrap_or(0);
    let age: u64 = text(AGE).trim().parse().unwrap_or(0);
    Duration::from_secs(seconds.saturating_sub(age)).clamp(LEAST_LIFE, LONGEST_LIFE)
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    #[test]
    fn keys_live_as_long_as_the_provider_says_within_bounds() {
        let life = |control: &'static str, age: &'static str| {
            let headers = [(CACHE_CONTROL, HeaderValue::from_static(control)), (AGE, HeaderValue::from_static(age))];
            life(&headers.into_iter().collect()).as_secs()
        };
        assert_eq!(life("public, max-age=19845, must-revalidate, no-transform", "0"), 19_845);
        assert_eq!(life("max-age=19845", "845"), 19_000);
        assert_eq!(life("Max-Age=600", "x"), 600);
        assert_eq!(life("max-age=600", "599"), 60);
        assert_eq!(life("no-store", "0"), 60);
        assert_eq!(life("", ""), 60);
        assert_eq!(life("max-age=99999999", "0"), 86_400);
    }

    #[test]
    fn only_rsa_keys_for_signatures_are_used() {
        let key = serde_json::json!({"kty": "RSA", "use": "sig", "kid": "1", "alg": "RS256", "n": "AQAB", "e": "AQAB"});
        let with = |name: &str, value: &str| {
            let mut key = key.clone();
            key[name] = value.into();
            usable(key)
        };
        assert!(usable(key.clone()).is_some());
        assert!(with("kty", "EC").is_none() && with("use", "enc").is_none() && with("alg", "RS512").is_none());
        assert!(with("n", "!").is_none());
    }
}
