//! Who a caller is: access tokens (JWT, ES256, 15 minutes) and refresh tokens (opaque, rotated).
//!
//! Architecture invariant: there is one algorithm, and a key is found only by its id in the given [`Jwks`], never
//! through anything that a token brings along. Time comes from the caller's clock.

mod access;
mod jwks;
mod refresh;
mod ticket;

pub use access::{AccessClaims, SigningKey, TokenError, Verifier};
pub use jwks::{Jwk, Jwks};
pub use refresh::{MalformedRefreshToken, RefreshSecret, RefreshToken};
pub use ticket::{MalformedTicketToken, TicketToken};
