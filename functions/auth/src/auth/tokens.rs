//! What a device gets to act for its user.

use domain::id::SessionId;
use domain::session::Session;
use domain::tenant::Tenant;
use http::header::SET_COOKIE;
use platform::tokens::{AccessClaims, RefreshToken};
use serde::Serialize;
use utoipa::ToSchema;
use web::{Answer, Edge, Reply, Signer};

use super::browser::{self, CSRF, DEVICE, Mode, REFRESH};
use super::device;

/// What a device needs to act for its user.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Tokens {
    /// Goes into `Authorization: Bearer …`.
    #[schema(example = "eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCJ9.eyJzdWIiOiJ1c3JfMDEifQ.c2lnbmF0dXJl")]
    access_token: String,
    /// How the access token is presented.
    #[schema(example = "Bearer")]
    token_type: &'static str,
    /// How long the access token lives, in seconds.
    #[schema(example = 900)]
    expires_in: u64,
    /// Gets the next tokens, once. Left out where it comes as a cookie.
    #[schema(example = "ses_01JB2Z8QW3C4D5E6F7G8H9JKMN.0.c2VjcmV0LXRoYXQtb25seS10aGUtZGV2aWNlLWtub3dz")]
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    /// When the session ends unless it is refreshed.
    #[schema(example = "2026-02-07T08:15:30.123Z")]
    refresh_expires_at: String,
    /// The session that both belong to.
    #[schema(value_type = String, example = "ses_01JB2Z8QW3C4D5E6F7G8H9JKMN")]
    session_id: SessionId,
    /// What to send along with later sign-ins on this device, so that strangers who guess at the password can't lock it out.
    /// Only at a sign-in, and left out where it comes as a cookie.
    #[schema(example = "dev_01JB2Z8QW3C4D5E6F7G8H9JKMN.dGhlIE1BQyBvZiB0aGUgZGV2aWNlIGFuZCBhZGRyZXNz")]
    #[serde(skip_serializing_if = "Option::is_none")]
    device_token: Option<String>,
}

/// What is given out for a session as it is now.
pub(crate) struct Issued<'a> {
    pub(crate) session: &'a Session,
    pub(crate) refresh: &'a RefreshToken,
    pub(crate) mode: Mode,
    /// The CSRF token that the browser has already; none makes another.
    pub(crate) csrf: Option<&'a str>,
    pub(crate) device: Option<String>,
}

impl Issued<'_> {
    /// Answers tokens, in the body or as cookies.
    pub(crate) async fn reply(self, edge: &Edge, signer: &Signer, tenant: &Tenant) -> Answer<Tokens> {
        let Self { session, refresh, mode, csrf, device } = self;
        let (issuer, roles) = (&edge.config().issuer, session.roles.clone());
        let claims = AccessClaims::issue(issuer, tenant.id, session.user, session.id, roles, edge.ambient());
        let tokens = Tokens {
            access_token: signer.sign(&claims).await?,
            token_type: "Bearer",
            expires_in: AccessClaims::LIFE.as_secs(),
            refresh_token: None,
            refresh_expires_at: session.expires_at().to_string(),
            session_id: session.id,
            device_token: None,
        };
        if mode == Mode::Body {
            let refresh_token = Some(refresh.expose());
            return Ok(Reply::ok(Tokens { refresh_token, device_token: device, ..tokens }));
        }
        let life = session.expires_at().since(edge.ambient().now());
        let csrf = match csrf {
            Some(token) => token.to_owned(),
            None => browser::new_csrf_token(edge, tenant, session.id).await?,
        };
        let cookies = [REFRESH.keep(&refresh.expose(), life), CSRF.keep(&csrf, life)];
        let known = device.map(|token| DEVICE.keep(&token, device::KEPT));
        let reply = Reply::ok(tokens);
        Ok(cookies.into_iter().chain(known).fold(reply, |reply, cookie| reply.header(SET_COOKIE, cookie)))
    }
}
