//! Access tokens (JWT, ES256) and refresh tokens (opaque).

mod access;
mod jwks;
mod refresh;

pub use access::{AccessClaims, SigningKey, TokenError, Verifier};
pub use jwks::{Jwk, Jwks};
pub use refresh::{MalformedRefreshToken, RefreshSecret, RefreshToken};
