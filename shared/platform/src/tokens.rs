//! Who a caller is: access tokens (JWT, ES256, 15 minutes) and refresh tokens (opaque, rotated).
//!
//! Architecture invariant: there is one algorithm, and a key is found only by its id in the given [`Jwks`], never
//! through anything that a token brings along. Time comes from the caller's clock.

mod access;
mod csrf;
mod device;
mod jwks;
mod keyed;
mod refresh;

pub use access::{AccessClaims, SigningKey, TokenError, Verifier};
pub use csrf::{is_csrf_token, issue_csrf_token};
pub use device::DeviceToken;
pub use jwks::{Jwk, Jwks};
pub use keyed::{CartToken, KeyedToken, MalformedToken, TicketToken};
pub use refresh::{MalformedRefreshToken, RefreshSecret, RefreshToken};
