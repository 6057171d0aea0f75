//! Cursors: where a list goes on, in a form that clients can only hand back.
//!
//! A cursor is a table position, encrypted and authenticated with AES-256-GCM (NIST SP 800-38D) under a key of its
//! own, derived from the tenant's cursor key and a random salt. The tenant, the route and the filter are
//! additional data, so a cursor opens nowhere else. It lives 24 hours.

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::clock::Timestamp;
use domain::pii::Purpose;
use domain::tenant::Tenant;
use platform::vault::VaultError;
use serde::Serialize;
use store::page::{Page, Position};

use crate::code::Code;
use crate::edge::Edge;
use crate::problem::Problem;
use crate::query::Limit;
use crate::reply::{Pagination, Reply};

/// How long a cursor can be used.
const LIFE: Duration = Duration::from_secs(24 * 60 * 60);
/// The format of what we make; the first byte of a cursor.
const FORMAT: u8 = 1;
const SALT: usize = 16;
const TIME: usize = 8;

/// Seals and opens the cursors of one list of one tenant. Made by [`Edge::cursors`].
#[derive(Debug, Clone)]
pub struct Cursors {
    edge: Edge,
    tenant: Arc<Tenant>,
    bound_to: Vec<u8>,
}

impl Cursors {
    pub(crate) fn new(
        edge: &Edge,
        tenant: &Arc<Tenant>,
        route: &'static str,
        filter: &impl Serialize,
    ) -> Result<Self, Problem> {
        let filter = serde_json::to_vec(filter).map_err(Problem::internal)?;
        let bound_to = binding(&tenant.id.to_string(), route, &filter);
        Ok(Self { edge: edge.clone(), tenant: Arc::clone(tenant), bound_to })
    }

    /// Opens what the client handed back.
    ///
    /// # Errors
    /// With 400 naming `cursor` when it was altered, has expired or belongs to another list.
    pub async fn open(&self, cursor: Option<&str>) -> Result<Option<Position>, Problem> {
        let Some(cursor) = cursor else { return Ok(None) };
        let parts = Parts::read(cursor).ok_or_else(invalid)?;
        let (keys, now) = (self.keys(&parts.salt).await?, self.edge.ambient().now());
        let plain = keys.iter().find_map(|key| open(key, &self.bound_to, parts.clone(), now)).ok_or_else(invalid)?;
        serde_json::from_slice(&plain).map(Some).map_err(|_| invalid())
    }

    /// Seals where the next page starts.
    ///
    /// # Errors
    /// When the key can't be had.
    pub async fn seal(&self, next: &Position) -> Result<String, Problem> {
        let ambient = self.edge.ambient();
        let (salt, nonce) = (ambient.bytes(), ambient.bytes());
        let plain = serde_json::to_vec(next).map_err(Problem::internal)?;
        let keys = self.keys(&salt).await?;
        let key = keys.first().ok_or_else(|| Problem::internal("there is no key for cursors"))?;
        seal(key, &self.bound_to, salt, nonce, ambient.now().plus(LIFE), &plain)
            .ok_or_else(|| Problem::internal("a cursor could not be sealed"))
    }

    /// Answers a page of the list.
    ///
    /// # Errors
    /// When the cursor of the next page can't be sealed.
    pub async fn page<T>(&self, page: Page<T>, limit: Limit) -> Result<Reply<Vec<T>>, Problem> {
        let next_cursor = match &page.next {
            Some(next) => Some(self.seal(next).await?),
            None => None,
        };
        let pagination = Pagination { limit: limit.get(), has_more: next_cursor.is_some(), next_cursor };
        Ok(Reply::list(page.items, pagination))
    }

    /// The key of new cursors, and after it the one before while its cursors live.
    async fn keys(&self, salt: &[u8; SALT]) -> Result<Vec<[u8; 32]>, VaultError> {
        let info = format!("cursor:v1:{}", hex::encode(salt));
        let keys = self.edge.vault().derive_each(&self.tenant, Purpose::Cursor, &info).await?;
        Ok(keys.into_iter().map(|key| *key).collect())
    }
}

fn invalid() -> Problem {
    Problem::new(Code::InvalidCursor).field("cursor", "is not valid here, or has expired: start from the first page")
}

/// Names what a cursor belongs to. Lengths go first, so that no two lists have the same name.
fn binding(tenant: &str, route: &str, filter: &[u8]) -> Vec<u8> {
    let mut name = b"cursor".to_vec();
    for part in [tenant.as_bytes(), route.as_bytes(), filter] {
        name.extend_from_slice(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        name.extend_from_slice(part);
    }
    digest::digest(&digest::SHA256, &name).as_ref().to_vec()
}

/// A cursor as received.
#[derive(Clone)]
struct Parts {
    salt: [u8; SALT],
    nonce: [u8; NONCE_LEN],
    sealed: Vec<u8>,
}

impl Parts {
    fn read(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (format, rest) = bytes.split_first()?;
        let (salt, rest) = rest.split_first_chunk()?;
        let (nonce, sealed) = rest.split_first_chunk()?;
        (*format == FORMAT).then(|| Self { salt: *salt, nonce: *nonce, sealed: sealed.to_vec() })
    }
}

fn cipher(key: &[u8; 32]) -> Option<LessSafeKey> {
    UnboundKey::new(&AES_256_GCM, key).ok().map(LessSafeKey::new)
}

fn seal(
    key: &[u8; 32],
    bound_to: &[u8],
    salt: [u8; SALT],
    nonce: [u8; NONCE_LEN],
    until: Timestamp,
    plain: &[u8],
) -> Option<String> {
    let mut sealed = until.as_millis().to_be_bytes().to_vec();
    sealed.extend_from_slice(plain);
    cipher(key)?
        .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(bound_to), &mut sealed)
        .ok()?;
    Some(URL_SAFE_NO_PAD.encode([&[FORMAT][..], &salt, &nonce, &sealed].concat()))
}

fn open(key: &[u8; 32], bound_to: &[u8], parts: Parts, now: Timestamp) -> Option<Vec<u8>> {
    let mut sealed = parts.sealed;
    let nonce = Nonce::assume_unique_for_key(parts.nonce);
    let plain = cipher(key)?.open_in_place(nonce, Aad::from(bound_to), &mut sealed).ok()?;
    let (until, plain) = plain.split_first_chunk::<TIME>()?;
    (now < Timestamp::from_millis(i64::from_be_bytes(*until))).then(|| plain.to_vec())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: i64 = 1_800_000_000_000;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn try_open(key: &[u8; 32], bound_to: &[u8], cursor: &str, now: i64) -> Option<Vec<u8>> {
        open(key, bound_to, Parts::read(cursor)?, at(now))
    }

    proptest! {
        #[test]
        fn a_cursor_opens_where_it_belongs_until_it_expires(key: [u8; 32], salt: [u8; 16], nonce: [u8; 12], plain: Vec<u8>) {
            let bound_to = binding("ten_a", "GET /products", b"{}");
            let cursor = seal(&key, &bound_to, salt, nonce, at(NOW), &plain).unwrap();
            prop_assert_eq!(try_open(&key, &bound_to, &cursor, NOW - 1), Some(plain));
            prop_assert_eq!(try_open(&key, &bound_to, &cursor, NOW), None);
        }

        #[test]
        fn an_altered_cursor_is_refused(key: [u8; 32], plain: Vec<u8>, place: prop::sample::Index, flip in 1u8..) {
            let bound_to = binding("ten_a", "GET /products", b"{}");
            let cursor = seal(&key, &bound_to, [1; 16], [2; 12], at(NOW), &plain).unwrap();
            let mut bytes = URL_SAFE_NO_PAD.decode(&cursor).unwrap();
            // The salt is not authenticated itself: it makes another key, as the test below shows.
            let place = place.index(bytes.len());
            prop_assume!(!(1..=16).contains(&place));
            bytes[place] ^= flip;
            prop_assert_eq!(try_open(&key, &bound_to, &URL_SAFE_NO_PAD.encode(bytes), NOW - 1), None);
        }

        #[test]
        fn another_key_or_list_or_filter_is_refused(key: [u8; 32], other: [u8; 32], filter: Vec<u8>) {
            prop_assume!(key != other && filter != b"{}");
            let bound_to = binding("ten_a", "GET /products", b"{}");
            let cursor = seal(&key, &bound_to, [1; 16], [2; 12], at(NOW), b"position").unwrap();
            prop_assert_eq!(try_open(&other, &bound_to, &cursor, NOW - 1), None);
            for foreign in [
                binding("ten_b", "GET /products", b"{}"),
                binding("ten_a", "GET /orders", b"{}"),
                binding("ten_a", "GET /products", &filter),
                binding("ten_aGET /", "products", b"{}"),
            ] {
                prop_assert_eq!(try_open(&key, &foreign, &cursor, NOW - 1), None);
            }
        }

        #[test]
        fn any_text_is_refused_without_harm(text: String) {
            prop_assert_eq!(try_open(&[7; 32], b"", &text, NOW), None);
        }
    }
}
