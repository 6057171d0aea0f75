//! How much anybody may ask: which limit a request falls under, what is counted where, and what the client is told.
//!
//! Sign-ins and payments are always counted in the table. Everything else is counted in this process first, and in the
//! table only once somebody has used a third of their allowance here: so a normal read costs no write, and `n`
//! processes let through at most `n` thirds more than allowed. The count goes out beside the handler's first read;
//! the handler's writes wait for it ([`store::gate`]). Who is refused is refused in memory until a token is back.
//!
//! When the table can't count, reads are answered nevertheless; sign-ins and payments are not (503).

mod class;
mod memory;

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::response::Response;
use domain::clock::Timestamp;
use domain::limit::{self, Level, Rate, micros};
use domain::tenant::{Tenant, TenantScope};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue};
use platform::tokens::AccessClaims;
use store::gate::Gate;

use self::class::Asked;
pub(crate) use self::class::is_free;
pub(crate) use self::memory::Memory;
use self::memory::{Decision, Month};
use crate::caller::{bearer_token, resolve};
use crate::code::Code;
use crate::edge::Edge;
use crate::problem::Problem;
use crate::request::RequestInfo;

/// The most requests that a process counts of a tenant before it tells the table, as a part of the tenant's allowance.
const TENANT_BATCH: u32 = 100;

/// What a request's token says, found out once for whoever asks.
#[derive(Debug, Clone)]
pub(crate) struct Verified(pub(crate) Result<AccessClaims, Problem>);

/// A limit as the client is told of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// The name of the policy.
    pub policy: &'static str,
    /// How much it allows.
    pub rate: Rate,
    /// What is left of it.
    pub level: Level,
}

impl Quota {
    /// Refuses with 429 when there was nothing left.
    ///
    /// # Errors
    /// With 429, naming when there will be.
    pub fn check(&self, now: Timestamp) -> Result<(), Problem> {
        if self.level.allowed {
            return Ok(());
        }
        Err(Problem::new(Code::RateLimited).retry_after(after(self.level.allowed_at, now)))
    }
}

fn after(instant: u64, now: Timestamp) -> Duration {
    Duration::from_micros(instant.saturating_sub(micros(now)))
}

/// What a request must be counted for before it may change anything.
pub(crate) struct Entry<'a> {
    edge: &'a Edge,
    info: &'a RequestInfo,
    tenant: Option<Arc<Tenant>>,
    asked: Option<Asked>,
}

impl<'a> Entry<'a> {
    /// Finds out who asks and under which limits that falls. The token is verified here, once.
    pub(crate) async fn of(edge: &'a Edge, info: &'a RequestInfo, parts: &mut Parts, route: &str) -> Self {
        let closed = Self { edge, info, tenant: None, asked: None };
        if is_free(route) {
            return closed;
        }
        let claims = async {
            match bearer_token(parts) {
                Ok(token) => Some(edge.verify(token).await),
                Err(_) => None,
            }
        };
        let (claims, tenant) = tokio::join!(claims, resolve(edge, parts));
        // A tenant that is not there is the handler's to refuse.
        let Ok(Some(tenant)) = tenant else { return closed };
        let user = claims.as_ref().and_then(|claims| claims.as_ref().ok()).filter(|claims| claims.tid == tenant.id);
        let user = user.map(|claims| claims.sub);
        let asked = Asked::of(&parts.method, route, user, info.ip(), &tenant.settings.limits);
        if let Some(claims) = claims {
            parts.extensions.insert(Verified(claims));
        }
        Self { tenant: Some(tenant), asked, ..closed }
    }

    /// Counts the request and runs its handler, which changes nothing before it is let in.
    ///
    /// # Errors
    /// With 429 when there was too much, and with 503 when it can't be counted and must be.
    pub(crate) async fn run(self, handler: impl Future<Output = Response>) -> Result<Response, Problem> {
        let Some(tenant) = self.tenant.clone() else { return Ok(handler.await) };
        let gate = Gate::default();
        let mut handler = pin!(gate.hold(handler));
        let mut count = pin!(async {
            let verdict = self.count(&tenant).await;
            if verdict.is_ok() {
                gate.open();
            }
            verdict
        });
        tokio::select! {
            biased;
            verdict = &mut count => {
                verdict?;
                Ok(handler.await)
            }
            response = &mut handler => {
                count.await?;
                Ok(response)
            }
        }
    }

    async fn count(&self, tenant: &Tenant) -> Result<(), Problem> {
        let (own, all, month) =
            tokio::join!(self.count_asked(tenant), self.count_tenant(tenant), self.count_month(tenant));
        own.and(all).and(month)
    }

    async fn count_asked(&self, tenant: &Tenant) -> Result<(), Problem> {
        let Some(asked) = &self.asked else { return Ok(()) };
        self.take(tenant, asked).await
    }

    async fn count_tenant(&self, tenant: &Tenant) -> Result<(), Problem> {
        let Some(requests) = tenant.settings.limits.tenant_requests else { return Ok(()) };
        let rate = Rate::per_minute(requests);
        self.take(tenant, &Asked::all_of_tenant(rate, requests / TENANT_BATCH)).await
    }

    async fn take(&self, tenant: &Tenant, asked: &Asked) -> Result<(), Problem> {
        let now = self.edge.ambient().now();
        let memory = self.edge.memory();
        let level = match memory.decide(tenant.id, asked, micros(now)) {
            Decision::Known(level) => level,
            Decision::Ask { count, believed } => {
                let scope = TenantScope::assume(tenant.id);
                let store = self.edge.store();
                let taken = store.take_tokens(scope, &asked.bucket, asked.rate, count, believed, now).await;
                match taken {
                    Ok(level) => memory.learn(tenant.id, asked, count, level),
                    Err(error) if asked.strict => return Err(Problem::new(Code::Unavailable).because(error)),
                    Err(error) => {
                        tracing::warn!(error = %error, limit = asked.bucket.kind, "a limit could not be counted; let in");
                        return Ok(());
                    }
                }
            }
        };
        let quota = Quota { policy: asked.bucket.kind, rate: asked.rate, level };
        self.info.note_quota(quota);
        quota.check(now)
    }

    async fn count_month(&self, tenant: &Tenant) -> Result<(), Problem> {
        let Some(most) = tenant.settings.limits.tenant_requests_monthly else { return Ok(()) };
        let now = self.edge.ambient().now();
        let (memory, month) = (self.edge.memory(), limit::month(now));
        let refused = || Err(Problem::new(Code::RateLimited).retry_after(limit::rest_of_month(now)));
        let count = match memory.month(tenant.id, &month, most, now) {
            Month::Within => return Ok(()),
            Month::Over => return refused(),
            Month::Ask(count) => count,
        };
        let scope = TenantScope::assume(tenant.id);
        match self.edge.store().count_in_month(scope, &month, count, now).await {
            Ok(used) => {
                memory.learn_month(tenant.id, &month, used, now);
                if used > most { refused() } else { Ok(()) }
            }
            Err(error) => {
                memory.give_back(tenant.id, &month, count);
                tracing::warn!(error = %error, "the month's requests could not be counted; let in");
                Ok(())
            }
        }
    }
}

const LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("ratelimit-reset");
const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const STATE: HeaderName = HeaderName::from_static("ratelimit");

/// Tells the client what is left: `RateLimit-Policy` and `RateLimit` as in draft-ietf-httpapi-ratelimit-headers-10, and the
/// three fields of its drafts up to 06, which most clients know.
pub(crate) fn tell(headers: &mut HeaderMap, quota: Quota, now: Timestamp) {
    let Quota { policy, rate, level } = quota;
    let (limit, window, left) = (rate.tokens(), rate.period().as_secs(), level.remaining);
    let reset = after(level.full_at, now);
    let reset = reset.as_secs().saturating_add(u64::from(reset.subsec_nanos() > 0));
    for (name, text) in [
        (LIMIT, limit.to_string()),
        (REMAINING, left.to_string()),
        (RESET, reset.to_string()),
        (POLICY, format!("\"{policy}\";q={limit};w={window}")),
        (STATE, format!("\"{policy}\";r={left};t={reset}")),
    ] {
        if let Ok(value) = HeaderValue::try_from(text) {
            headers.insert(name, value);
        }
    }
}
