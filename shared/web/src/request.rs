//! What the edge knows of a request before anything reads it.

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use aws_lc_rs::{constant_time, digest};
use axum::extract::FromRequestParts;
use domain::ambient::Ambient;
use domain::id::{RequestId, TenantId, UserId};
use domain::operation::{Actor, Operation};
use domain::tenant::TenantScope;
use http::header::USER_AGENT;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use lambda_http::request::RequestContext;

use crate::edge::CdnSecret;
use crate::limits::Quota;

/// The name of the header that carries the request's id.
pub const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The request's id, where it comes from, and, once established, for whom it is. Cheap to clone.
#[derive(Debug, Clone)]
pub struct RequestInfo(Arc<Facts>);

#[derive(Debug)]
struct Facts {
    id: String,
    method: Method,
    path: String,
    ip: Option<String>,
    user_agent: Option<String>,
    tenant: OnceLock<TenantId>,
    user: OnceLock<UserId>,
    body: OnceLock<digest::Digest>,
    quota: Mutex<Option<Quota>>,
}

impl RequestInfo {
    pub(crate) fn of(parts: &Parts, ambient: &Ambient, cdn_secret: Option<&CdnSecret>) -> Self {
        let given = parts.headers.get(X_REQUEST_ID).and_then(|id| id.to_str().ok()).filter(|id| is_request_id(id));
        let id = given.map_or_else(|| ambient.id::<RequestId>().to_string(), str::to_owned);
        Self(Arc::new(Facts {
            id,
            method: parts.method.clone(),
            path: parts.uri.path().to_owned(),
            ip: client_ip(parts, cdn_secret),
            user_agent: user_agent(&parts.headers),
            tenant: OnceLock::new(),
            user: OnceLock::new(),
            body: OnceLock::new(),
            quota: Mutex::new(None),
        }))
    }

    /// Returns what the outermost layer has noted of the request.
    pub(crate) fn known(parts: &Parts) -> Self {
        // Only a router without our layers has noted nothing, which only a test can build.
        let noted = parts.extensions.get::<Self>().cloned();
        noted.unwrap_or_else(|| Self::of(parts, &platform::ambient::system(), None))
    }

    /// Returns the request's id: the client's own where it is well-formed.
    pub fn id(&self) -> &str {
        &self.0.id
    }

    /// Returns the path as requested.
    pub fn path(&self) -> &str {
        &self.0.path
    }

    /// Returns the method and the path as requested.
    pub(crate) fn operation_name(&self) -> String {
        format!("{} {}", self.0.method, self.0.path)
    }

    /// Returns the client's address: as API Gateway reports it, or as our CDN does where it has proved to be the last hop.
    /// No header that a client can set changes it.
    pub fn ip(&self) -> Option<&str> {
        self.0.ip.as_deref()
    }

    /// Returns what the client calls itself, cut to 256 characters.
    pub fn user_agent(&self) -> Option<&str> {
        self.0.user_agent.as_deref()
    }

    /// Tells whether the request may change something, so that the session check must be strongly consistent.
    pub fn is_write(&self) -> bool {
        !matches!(self.0.method, Method::GET | Method::HEAD | Method::OPTIONS)
    }

    /// Opens an operation of this request.
    pub fn operation(&self, scope: TenantScope, actor: Actor, ambient: &Ambient) -> Operation {
        Operation::begin(scope, actor, self.0.id.clone(), self.0.ip.clone(), ambient)
    }

    /// Returns the tenant, once established.
    pub fn tenant(&self) -> Option<TenantId> {
        self.0.tenant.get().copied()
    }

    /// Returns the user, once the session was checked.
    pub fn user(&self) -> Option<UserId> {
        self.0.user.get().copied()
    }

    pub(crate) fn note_tenant(&self, tenant: TenantId) {
        let _ = self.0.tenant.set(tenant);
    }

    /// Notes who is acting, for the log line: a handler that signs somebody in calls it too.
    pub fn note_user(&self, user: UserId) {
        let _ = self.0.user.set(user);
    }

    /// Notes a limit that the request was counted under, for the client to see: the one of which least is left.
    pub fn note_quota(&self, quota: Quota) {
        let mut noted = self.0.quota.lock().unwrap_or_else(PoisonError::into_inner);
        let left = |quota: &Quota| (quota.level.allowed, quota.level.remaining);
        if noted.is_none_or(|noted| left(&quota) < left(&noted)) {
            *noted = Some(quota);
        }
    }

    pub(crate) fn quota(&self) -> Option<Quota> {
        *self.0.quota.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn note_body(&self, body: &[u8]) {
        let _ = self.0.body.set(digest::digest(&digest::SHA256, body));
    }

    /// Returns the SHA-256 of the body; nothing when no body was read.
    pub(crate) fn body_digest(&self) -> &[u8] {
        self.0.body.get().map(AsRef::as_ref).unwrap_or_default()
    }
}

impl<S: Send + Sync> FromRequestParts<S> for RequestInfo {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::known(parts))
    }
}

fn is_request_id(id: &str) -> bool {
    (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

/// The header by which our CDN proves that the request came through it.
const X_CDN_SECRET: HeaderName = HeaderName::from_static("x-cdn-secret");
const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Finds the client's address. The CDN's own hop, which API Gateway may have added to the list, is not the client's.
fn client_ip(parts: &Parts, cdn_secret: Option<&CdnSecret>) -> Option<String> {
    let source = source_ip(parts);
    let given = parts.headers.get(X_CDN_SECRET).map(HeaderValue::as_bytes);
    let proved = cdn_secret
        .zip(given)
        .is_some_and(|(secret, given)| constant_time::verify_slices_are_equal(secret.0.as_bytes(), given).is_ok());
    if !proved {
        return source;
    }
    let lines = parts.headers.get_all(X_FORWARDED_FOR).iter().filter_map(|line| line.to_str().ok());
    let hops = lines.flat_map(|line| line.split(',')).map(str::trim);
    let mut clients = hops.filter(|hop| hop.parse::<IpAddr>().is_ok() && Some(*hop) != source.as_deref());
    clients.next_back().map(str::to_owned).or(source)
}

fn source_ip(parts: &Parts) -> Option<String> {
    match parts.extensions.get::<RequestContext>()? {
        RequestContext::ApiGatewayV2(context) => context.http.source_ip.clone(),
        _ => None,
    }
}

fn user_agent(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(USER_AGENT)?.to_str().ok()?;
    Some(text.chars().filter(|c| !c.is_control()).take(256).collect())
}
