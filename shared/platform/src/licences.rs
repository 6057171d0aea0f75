//! By what a licence key is found.

use aws_lc_rs::digest::{SHA256, digest};

/// Returns the SHA-256 of a key in hexadecimal. It has 125 random bits, so a fast hash without salt is enough.
pub fn hash(key: &str) -> String {
    hex::encode(digest(&SHA256, key.as_bytes()))
}
