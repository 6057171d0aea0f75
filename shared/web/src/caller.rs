//! Who a request is for and who makes it.

use std::future::Future;
use std::ops::Deref;
use std::sync::Arc;

use axum::extract::{FromRef, FromRequestParts, OptionalFromRequestParts};
use domain::access::{self, Permission};
use domain::id::{SessionId, TenantId, UserId};
use domain::operation::{Actor, Operation};
use domain::tenant::{Subdomain, Tenant, TenantScope};
use domain::user::User;
use http::header::{AUTHORIZATION, HOST};
use http::request::Parts;
use http::{HeaderName, Uri};
use platform::tokens::AccessClaims;

use crate::code::Code;
use crate::edge::{Edge, EdgeConfig};
use crate::limits::Verified;
use crate::problem::Problem;
use crate::request::RequestInfo;

/// The header that names the tenant by subdomain or id, where the configuration allows it.
pub const X_TENANT: HeaderName = HeaderName::from_static("x-tenant");

/// The open tenant that the request's host names. Unknown and suspended tenants answer 404.
#[derive(Debug, Clone)]
pub struct TenantOf(pub Arc<Tenant>);

impl TenantOf {
    /// Finds the open tenant that a path names, for callers who don't come by a tenant's host, such as webhooks.
    ///
    /// # Errors
    /// With 404 when it is unknown or suspended.
    pub async fn named(edge: &Edge, info: &RequestInfo, id: TenantId) -> Result<Self, Problem> {
        let tenant = edge.tenant(id).await?.ok_or_else(|| Problem::new(Code::TenantNotFound))?;
        info.note_tenant(tenant.id);
        Ok(Self(tenant))
    }

    /// Returns the proof of acting for the tenant.
    pub fn scope(&self) -> TenantScope {
        TenantScope::assume(self.0.id)
    }
}

impl Deref for TenantOf {
    type Target = Arc<Tenant>;

    fn deref(&self) -> &Arc<Tenant> {
        &self.0
    }
}

impl<S> FromRequestParts<S> for TenantOf
where
    S: Send + Sync,
    Edge: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let edge = Edge::from_ref(state);
        let info = RequestInfo::known(parts);
        let tenant = resolve(&edge, parts).await?.ok_or_else(|| Problem::new(Code::TenantNotFound))?;
        info.note_tenant(tenant.id);
        Ok(Self(tenant))
    }
}

/// Finds the open tenant that the request names.
pub(crate) async fn resolve(edge: &Edge, parts: &Parts) -> Result<Option<Arc<Tenant>>, Problem> {
    match tenant_name(edge.config(), parts) {
        Some(TenantName::Subdomain(name)) => edge.tenant_of_host(&name).await,
        Some(TenantName::Id(id)) => edge.tenant(id).await,
        None => Ok(None),
    }
}

enum TenantName {
    Subdomain(Subdomain),
    Id(TenantId),
}

fn tenant_name(config: &EdgeConfig, parts: &Parts) -> Option<TenantName> {
    if config.allow_tenant_header
        && let Some(value) = parts.headers.get(X_TENANT)
    {
        let text = value.to_str().ok()?;
        return match text.parse() {
            Ok(id) => Some(TenantName::Id(id)),
            Err(_) => text.parse().ok().map(TenantName::Subdomain),
        };
    }
    subdomain(host(parts)?, &config.base_domain).map(TenantName::Subdomain)
}

fn host(parts: &Parts) -> Option<&str> {
    parts.headers.get(HOST).and_then(|host| host.to_str().ok()).or_else(|| Uri::host(&parts.uri))
}

fn subdomain(host: &str, base_domain: &str) -> Option<Subdomain> {
    let name = host.split(':').next()?.to_ascii_lowercase();
    name.strip_suffix(base_domain)?.strip_suffix('.')?.parse().ok()
}

/// A valid access token of the request's tenant. Nothing was read yet: the session may have ended meanwhile.
///
/// Get a [`Caller`] from it with [`Bearer::with`], which checks the session beside the handler's first read,
/// or with [`Bearer::check`] where there is nothing else to read.
#[derive(Debug, Clone)]
pub struct Bearer {
    claims: AccessClaims,
    tenant: Arc<Tenant>,
    info: RequestInfo,
    edge: Edge,
}

impl std::fmt::Debug for Edge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Edge")
    }
}

impl Bearer {
    /// Returns the tenant.
    pub fn tenant(&self) -> &Arc<Tenant> {
        &self.tenant
    }

    /// Returns the proof of acting for the tenant.
    pub fn scope(&self) -> TenantScope {
        TenantScope::assume(self.tenant.id)
    }

    /// Returns the user that the token names.
    pub fn user(&self) -> UserId {
        self.claims.sub
    }

    /// Returns the session that the token belongs to.
    pub fn session(&self) -> SessionId {
        self.claims.sid
    }

    /// Runs `read` and the session check side by side, and answers both only when the session is live and the
    /// account active. So a request that reads one object takes one round trip.
    ///
    /// `read` must not change anything: it runs before we know that the caller may be here.
    ///
    /// # Errors
    /// With 401 when the session has ended, else with what `read` failed with.
    pub async fn with<T, E, F, R>(self, read: F) -> Result<(Caller, T), Problem>
    where
        F: FnOnce(TenantScope) -> R,
        R: Future<Output = Result<T, E>>,
        E: Into<Problem>,
    {
        let scope = self.scope();
        // The session decides first: who is not signed in learns nothing of what was read.
        let (caller, found) = tokio::join!(self.check(), read(scope));
        Ok((caller?, found.map_err(Into::into)?))
    }

    /// Checks the session: one read, strongly consistent when the request may change something.
    ///
    /// # Errors
    /// With 401 when the session has ended or the account is not active.
    pub async fn check(self) -> Result<Caller, Problem> {
        let Self { claims, tenant, info, edge } = self;
        let user = crate::session::check(&edge, &claims, info.is_write()).await?;
        info.note_user(user.id);
        let mut inner = user.caller(TenantScope::assume(tenant.id), claims.sid);
        // However it came about, a superuser of a marketplace would be one of the platform.
        inner.roles.retain(|role| role.belongs_in(tenant.kind));
        Ok(Caller { inner, user: Arc::new(user), tenant, info, edge })
    }
}

impl<S> FromRequestParts<S> for Bearer
where
    S: Send + Sync,
    Edge: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let edge = Edge::from_ref(state);
        let info = RequestInfo::known(parts);
        let token = bearer_token(parts)?;
        let verified = async {
            match parts.extensions.get::<Verified>() {
                Some(Verified(verdict)) => verdict.clone(),
                None => edge.verify(token).await,
            }
        };
        // Both come from memory once the process is warm; side by side for when it is not.
        let (claims, tenant) = tokio::join!(verified, resolve(&edge, parts));
        let tenant = tenant?.ok_or_else(|| Problem::new(Code::TenantNotFound))?;
        info.note_tenant(tenant.id);
        let claims = claims?;
        if claims.tid != tenant.id {
            return Err(Problem::new(Code::TenantMismatch));
        }
        Ok(Self { claims, tenant, info, edge })
    }
}

/// Absent without an `Authorization` header, for reads that show some callers more than others.
impl<S> OptionalFromRequestParts<S> for Bearer
where
    S: Send + Sync,
    Edge: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Option<Self>, Problem> {
        if !parts.headers.contains_key(AUTHORIZATION) {
            return Ok(None);
        }
        <Self as FromRequestParts<S>>::from_request_parts(parts, state).await.map(Some)
    }
}

pub(crate) fn bearer_token(parts: &Parts) -> Result<&str, Problem> {
    let mut values = parts.headers.get_all(AUTHORIZATION).iter();
    let value = values.next().ok_or_else(|| Problem::new(Code::Unauthenticated))?;
    let token = value.to_str().ok().and_then(|value| value.split_once(' ')).and_then(|(scheme, token)| {
        let token = token.trim();
        (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
    });
    match token {
        Some(token) if values.next().is_none() => Ok(token),
        _ => Err(Problem::new(Code::InvalidToken)),
    }
}

/// The signed-in person behind a request: the session is live and the account active.
///
/// As an extractor it costs a round trip before the handler begins. A handler that reads something first
/// takes [`Bearer`] and saves it.
#[derive(Debug, Clone)]
pub struct Caller {
    inner: access::Caller,
    user: Arc<User>,
    tenant: Arc<Tenant>,
    info: RequestInfo,
    edge: Edge,
}

impl Caller {
    /// Refuses with 403 unless one of the caller's roles carries `permission`, and while the caller lacks a second factor
    /// that the tenant demands of one of their roles. What asks for no permission stays open, so that they can set one up.
    ///
    /// # Errors
    /// With 403.
    pub fn require(&self, permission: Permission) -> Result<(), Problem> {
        if !self.inner.may(permission) {
            return Err(Problem::new(Code::Forbidden));
        }
        let demanded = &self.tenant.settings.mfa_required_roles;
        if !self.user.has_mfa() && self.user.roles.iter().any(|role| demanded.contains(role)) {
            return Err(Problem::new(Code::MfaEnrolmentRequired));
        }
        Ok(())
    }

    /// Returns the tenant.
    pub fn tenant(&self) -> &Arc<Tenant> {
        &self.tenant
    }

    /// Returns the caller's account, as the session check has just read it.
    pub fn account(&self) -> &User {
        &self.user
    }

    /// Returns what is known of the request.
    pub fn request(&self) -> &RequestInfo {
        &self.info
    }

    /// Opens an operation of this caller.
    pub fn operation(&self) -> Operation {
        self.info.operation(self.inner.scope, Actor::from(&self.inner), self.edge.ambient())
    }
}

impl Deref for Caller {
    type Target = access::Caller;

    fn deref(&self) -> &access::Caller {
        &self.inner
    }
}

impl<S> FromRequestParts<S> for Caller
where
    S: Send + Sync,
    Edge: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        <Bearer as FromRequestParts<S>>::from_request_parts(parts, state).await?.check().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tenant_is_the_first_label_below_the_base_domain() {
        let of = |host: &str| subdomain(host, "haat.example").map(String::from);
        assert_eq!(of("Green.haat.example:8443").as_deref(), Some("green"));
        for host in
            ["haat.example", "a.b.haat.example", "greenhaat.example", "www.haat.example", "green.haat.example.evil", ""]
        {
            assert_eq!(of(host), None, "{host}");
        }
    }
}
