//! The key that signs access tokens: made when there is none, replaced in good time, and published before it is used.

use std::cmp::max;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::ambient::Ambient;
use domain::clock::Timestamp;
use platform::tokens::{AccessClaims, Jwks, SigningKey};
use platform::vault::Vault;
use store::Store;
use store::platform::SigningKeyRecord;

use crate::edge::Edge;
use crate::problem::Problem;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// How long a key signs.
const SIGNS: Duration = DAY.saturating_mul(90);
/// How long before that ends the next key is made and published.
const AHEAD: Duration = DAY.saturating_mul(7);
/// How long a key's last tokens are accepted: much longer than they live.
const AFTER: Duration = DAY;
/// How old what we know of the keys may be. Far less than [`AHEAD`].
const FRESH: Duration = Duration::from_secs(60 * 60);

/// Signs access tokens with the platform's current key. Only a function that may unwrap it has one. Cheap to clone.
#[derive(Clone)]
pub struct Signer {
    store: Store,
    vault: Vault,
    ambient: Ambient,
    current: Arc<Mutex<Option<Current>>>,
}

#[derive(Clone)]
struct Current {
    key: Arc<SigningKey>,
    number: u32,
    read_at: Timestamp,
}

impl Signer {
    /// Signs with the keys in the edge's table. Nothing is read yet.
    pub fn new(edge: &Edge) -> Self {
        Self {
            store: edge.store().clone(),
            vault: edge.vault().clone(),
            ambient: edge.ambient().clone(),
            current: Arc::default(),
        }
    }

    /// Signs a token.
    ///
    /// # Errors
    /// With 503 when the key can't be read.
    pub async fn sign(&self, claims: &AccessClaims) -> Result<String, Problem> {
        Ok(self.key().await?.sign(claims)?)
    }

    /// Returns the keys whose tokens are accepted now, for everybody to read.
    ///
    /// # Errors
    /// With 503 when the keys can't be read.
    pub async fn published(&self) -> Result<Jwks, Problem> {
        let now = self.ambient.now();
        let records = self.records(now).await?;
        let valid = records.iter().filter(|record| record.verifies_until > now);
        let keys = valid.map(|record| serde_json::from_str(&record.public_jwk)).collect::<Result<_, _>>();
        Ok(Jwks { keys: keys.map_err(Problem::internal)? })
    }

    fn current(&self) -> MutexGuard<'_, Option<Current>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn key(&self) -> Result<Arc<SigningKey>, Problem> {
        let now = self.ambient.now();
        let known = self.current().clone();
        if let Some(known) = known.as_ref().filter(|known| now.since(known.read_at) < FRESH) {
            return Ok(known.key.clone());
        }
        let records = self.records(now).await?;
        let record = current(&records, now).ok_or_else(|| Problem::internal("no key signs yet"))?;
        let key = match known.filter(|known| known.number == record.number) {
            Some(known) => known.key,
            None => Arc::new(SigningKey::unwrap(&self.vault, &record.wrapped_private).await?),
        };
        *self.current() = Some(Current { key: key.clone(), number: record.number, read_at: now });
        Ok(key)
    }

    /// Lists the keys, after adding the next one when it is time.
    async fn records(&self, now: Timestamp) -> Result<Vec<SigningKeyRecord>, Problem> {
        let records = self.store.signing_keys().await?;
        let Some((number, signs_from)) = next(records.last(), now) else { return Ok(records) };
        let key = SigningKey::generate()?;
        let record = SigningKeyRecord {
            number,
            kid: key.kid().to_owned(),
            public_jwk: serde_json::to_string(key.jwk()).map_err(Problem::internal)?,
            wrapped_private: key.wrap(&self.vault).await?,
            created_at: now,
            signs_from,
            verifies_until: signs_from.plus(SIGNS).plus(AFTER),
        };
        match self.store.create_signing_key(&record).await {
            // Another process was first: its key is the next one.
            Ok(()) | Err(store::Error::Conflict) => Ok(self.store.signing_keys().await?),
            Err(error) => Err(error.into()),
        }
    }
}

/// Finds the key that signs. Of the very first one, another process may have said that it signs from a moment after our `now`.
fn current(records: &[SigningKeyRecord], now: Timestamp) -> Option<&SigningKeyRecord> {
    records.iter().rev().find(|record| record.signs_from <= now).or_else(|| records.first())
}

/// Tells whether a key must be added: its number, and from when it signs.
fn next(newest: Option<&SigningKeyRecord>, now: Timestamp) -> Option<(u32, Timestamp)> {
    let Some(newest) = newest else { return Some((1, now)) };
    let ends = newest.signs_from.plus(SIGNS);
    (ends.minus(AHEAD) <= now).then(|| (newest.number.saturating_add(1), max(ends, now)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(number: u32, signs_from: Timestamp) -> SigningKeyRecord {
        SigningKeyRecord {
            number,
            kid: String::new(),
            public_jwk: String::new(),
            wrapped_private: String::new(),
            created_at: signs_from,
            signs_from,
            verifies_until: signs_from.plus(SIGNS).plus(AFTER),
        }
    }

    #[test]
    fn a_first_key_that_another_process_made_a_moment_later_signs_too() {
        let start: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let number = |records: &[SigningKeyRecord], now| current(records, now).map(|record| record.number);
        let first = record(1, start.plus(Duration::from_millis(3)));
        assert_eq!(number(std::slice::from_ref(&first), start), Some(1));
        let both = [first, record(2, start.plus(DAY))];
        assert_eq!(number(&both, start.plus(DAY).minus(Duration::from_millis(1))), Some(1));
        assert_eq!(number(&both, start.plus(DAY)), Some(2));
        assert_eq!(number(&[], start), None);
    }

    #[test]
    fn the_first_key_signs_at_once_and_the_next_is_published_a_week_before_it_signs() {
        let start: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let day = |n: u32| start.plus(DAY.saturating_mul(n));
        assert_eq!(next(None, start), Some((1, start)));
        let first = record(1, start);
        assert_eq!(next(Some(&first), day(82)), None);
        assert_eq!(next(Some(&first), day(83)), Some((2, day(90))));
        assert_eq!(next(Some(&record(2, day(90))), day(84)), None);
        // After a long silence there is nothing to wait for.
        assert_eq!(next(Some(&first), day(200)), Some((2, day(200))));
        // The last token of the first key dies before the key does.
        assert!(first.verifies_until > day(90).plus(AccessClaims::LIFE));
    }
}
