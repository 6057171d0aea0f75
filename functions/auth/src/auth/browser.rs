//! Browsers: the refresh token in a cookie that no script can read, and the token against requests of other sites.
//!
//! A page that acts by the cookie must repeat the CSRF cookie's value in `X-CSRF-Token` (signed double submit): another site
//! can make a browser send cookies, but can neither read nor plant them.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use domain::id::{Id, SessionId};
use domain::pii::Purpose;
use domain::tenant::Tenant;
use http::request::Parts;
use platform::tokens;
use platform::vault::VaultError;
use serde::Deserialize;
use utoipa::ToSchema;
use web::cookies::{Cookie, Cookies};
use web::{Code, Edge, Problem};

/// The refresh token.
pub(crate) const REFRESH: Cookie = Cookie { name: "__Host-Refresh-Token", scripts_read: false };
/// What a page repeats in [`HEADER`].
pub(crate) const CSRF: Cookie = Cookie { name: "__Host-X-CSRF-Token", scripts_read: true };
/// What shows that somebody has signed in on this browser before.
pub(crate) const DEVICE: Cookie = Cookie { name: "__Host-Device", scripts_read: false };

const HEADER: &str = "x-csrf-token";

/// Where a client keeps its refresh token.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Mode {
    /// In its own store: it comes in the body.
    #[default]
    Body,
    /// In a cookie, for browsers: no script can read it.
    Cookie,
}

/// What a browser brings along.
pub(crate) struct Browser {
    cookies: Cookies,
    header: Option<String>,
}

impl<S: Send + Sync> FromRequestParts<S> for Browser {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let header = parts.headers.get(HEADER).and_then(|value| value.to_str().ok()).map(str::to_owned);
        Ok(Self { cookies: Cookies::of(&parts.headers), header })
    }
}

impl Browser {
    /// Returns the refresh token of the cookie.
    pub(crate) fn refresh_token(&self) -> Option<&str> {
        self.cookies.get(REFRESH)
    }

    /// Returns the device token of the cookie.
    pub(crate) fn device_token(&self) -> Option<&str> {
        self.cookies.get(DEVICE)
    }

    /// Demands that the page has repeated the CSRF cookie, and that it is this session's. Returns it.
    ///
    /// # Errors
    /// With 403.
    pub(crate) async fn csrf_token(&self, edge: &Edge, tenant: &Tenant, session: SessionId) -> Result<&str, Problem> {
        let refused = || Problem::new(Code::CsrfTokenInvalid);
        let token =
            self.cookies.get(CSRF).filter(|token| Some(*token) == self.header.as_deref()).ok_or_else(refused)?;
        let key = match edge.vault().derive_as_of(tenant, Purpose::Session, "csrf", session.made_at()).await {
            // The id is made up: there was no key at that time.
            Err(VaultError::Unreadable) => return Err(refused()),
            key => key?,
        };
        tokens::is_csrf_token(token, &key, session).then_some(token).ok_or_else(refused)
    }
}

/// Makes a CSRF token of a session.
pub(crate) async fn new_csrf_token(edge: &Edge, tenant: &Tenant, session: SessionId) -> Result<String, VaultError> {
    let key = edge.vault().derive_as_of(tenant, Purpose::Session, "csrf", session.made_at()).await?;
    Ok(tokens::issue_csrf_token(&key, session, edge.ambient()))
}

#[cfg(test)]
mod tests;
