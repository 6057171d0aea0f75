//! Runs a request once per `Idempotency-Key` and answers repeats with the stored answer.
//!
//! Two ways: [`idempotent`] wraps any POST (claim, run, complete). A request whose effect is one transaction
//! stores its answer in that transaction instead, with [`IdempotencyKey::attempt`], [`answer`] and [`replay`].

use std::future::Future;

use aws_lc_rs::digest;
use axum::body::Body;
use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::response::{IntoResponse, Response};
use domain::id::UserId;
use domain::tenant::{Tenant, TenantScope};
use http::header::{CONTENT_TYPE, ETAG, LOCATION, SET_COOKIE};
use http::request::Parts;
use http::{HeaderName, HeaderValue, StatusCode};
use http_body_util::BodyExt;
use platform::vault::Place;
use serde::{Deserialize, Serialize};
use store::idempotency::{Answer as StoredAnswer, Attempt, Verdict};

use crate::code::Code;
use crate::edge::Edge;
use crate::problem::Problem;
use crate::reply::Reply;
use crate::request::RequestInfo;

/// The header of the client's key.
pub const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Tells that an answer was given before.
pub const IDEMPOTENT_REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// The client's key: 1 to 255 visible ASCII characters. As `IdempotencyKey` it is required (400 when missing),
/// as `Option<IdempotencyKey>` it is not. Put it before the body among a handler's arguments.
#[derive(Debug, Clone)]
pub struct IdempotencyKey {
    key: String,
    info: RequestInfo,
}

impl IdempotencyKey {
    /// Names this use of the key: by the user, the operation with its path, and the body as received.
    /// Call it after the body was read.
    pub fn attempt(&self, user: Option<UserId>) -> Attempt {
        let user = user.map(|user| user.to_string()).unwrap_or_default();
        let operation = self.info.operation_name();
        let mut slot = digest::Context::new(&digest::SHA256);
        for part in [user.as_bytes(), operation.as_bytes(), self.key.as_bytes()] {
            slot.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            slot.update(part);
        }
        Attempt { slot: hex::encode(slot.finish().as_ref()), request: hex::encode(self.info.body_digest()) }
    }

    /// Narrows the key to what belongs to `whose`, for those who are told apart by something else than their account.
    #[must_use]
    pub fn within(self, whose: &str) -> Self {
        // A key has no spaces, so no two pairs look alike.
        Self { key: format!("{whose} {}", self.key), ..self }
    }

    fn read(parts: &Parts, info: RequestInfo) -> Result<Option<Self>, Problem> {
        let mut values = parts.headers.get_all(IDEMPOTENCY_KEY).iter();
        let Some(value) = values.next() else { return Ok(None) };
        let key = value
            .to_str()
            .ok()
            .filter(|key| (1..=255).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic()));
        match key {
            Some(key) if values.next().is_none() => Ok(Some(Self { key: key.to_owned(), info })),
            _ => Err(Problem::invalid("Idempotency-Key", "must be one value of 1 to 255 visible ASCII characters")),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let key = <Self as OptionalFromRequestParts<S>>::from_request_parts(parts, state).await?;
        key.ok_or_else(|| Problem::new(Code::IdempotencyKeyRequired).field("Idempotency-Key", "is required"))
    }
}

impl<S: Send + Sync> OptionalFromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Problem> {
        Self::read(parts, RequestInfo::known(parts))
    }
}

/// What is kept of an answer besides its status.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    body: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    location: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    etag: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    cookies: Vec<String>,
}

/// Runs `work` at most once per key; without a key, simply runs it.
///
/// A failed `work` frees the key again, so the client may repeat or mend its request. A crash
/// frees it after [`store::idempotency::DEADLINE`].
///
/// # Errors
/// With 422 when the key was used for another body, 409 while the first attempt runs, else as `work` fails.
pub async fn idempotent<T, W>(
    edge: &Edge,
    tenant: &Tenant,
    user: Option<UserId>,
    key: Option<IdempotencyKey>,
    work: W,
) -> Result<Response, Problem>
where
    T: Serialize,
    W: Future<Output = Result<Reply<T>, Problem>>,
{
    let Some(key) = key else { return Ok(work.await?.into_response()) };
    let scope = TenantScope::assume(tenant.id);
    let attempt = key.attempt(user);
    let fence = match edge.store().claim_key(scope, &attempt, edge.ambient().now()).await? {
        Verdict::First(fence) => fence,
        verdict => {
            return replay(edge, tenant, &attempt, verdict)
                .await?
                .ok_or_else(|| Problem::internal("a claimed key has no answer"));
        }
    };
    let response = match work.await {
        Ok(reply) => reply.into_response(),
        Err(problem) => {
            if let Err(error) = edge.store().release_key(scope, &attempt, fence).await {
                tracing::warn!(error = %error, "an idempotency key could not be freed; it frees itself later");
            }
            return Err(problem);
        }
    };
    let (response, kept) = keep(response).await?;
    let stored = seal(edge, tenant, &attempt, response.status(), &kept).await;
    let completed = match stored {
        Ok(answer) => edge
            .store()
            .complete_key(scope, &attempt, fence, &answer, edge.ambient().now())
            .await
            .map_err(Problem::from),
        Err(problem) => Err(problem),
    };
    if let Err(problem) = completed {
        // The effect has happened: the client must hear of it, whether or not a repeat can be answered.
        tracing::warn!(error = problem.cause_chain(), code = %problem.code(), "an answer could not be kept for its idempotency key");
    }
    Ok(response)
}

/// Seals the answer of a request, to be stored in the transaction of its effect.
///
/// # Errors
/// When the key to seal it with can't be had.
pub async fn answer<T: Serialize + Clone>(
    edge: &Edge,
    tenant: &Tenant,
    attempt: &Attempt,
    reply: &Reply<T>,
) -> Result<StoredAnswer, Problem> {
    let (response, kept) = keep(reply.clone().into_response()).await?;
    seal(edge, tenant, attempt, response.status(), &kept).await
}

/// Answers what a key says about a request: none when it is the first.
///
/// # Errors
/// With 422 when the key was used for another body, 409 while the first attempt runs.
pub async fn replay(
    edge: &Edge,
    tenant: &Tenant,
    attempt: &Attempt,
    verdict: Verdict,
) -> Result<Option<Response>, Problem> {
    let stored = match verdict {
        Verdict::First(_) => return Ok(None),
        Verdict::Running => return Err(Problem::new(Code::InProgress)),
        Verdict::Mismatch => return Err(Problem::new(Code::IdempotencyMismatch)),
        Verdict::Replay(stored) => stored,
    };
    let kept: Kept = edge.vault().open_json(tenant, edge.answers(), place(attempt), &stored.body).await?;
    let status = StatusCode::from_u16(stored.status).map_err(Problem::internal)?;
    let mut response = (status, kept.body).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(IDEMPOTENT_REPLAYED, HeaderValue::from_static("true"));
    for (name, value) in [(LOCATION, kept.location), (ETAG, kept.etag)] {
        if let Some(value) = value.and_then(|value| HeaderValue::try_from(value).ok()) {
            headers.insert(name, value);
        }
    }
    for cookie in kept.cookies.into_iter().filter_map(|cookie| HeaderValue::try_from(cookie).ok()) {
        headers.append(SET_COOKIE, cookie);
    }
    Ok(Some(response))
}

async fn keep(response: Response) -> Result<(Response, Kept), Problem> {
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.map_err(Problem::internal)?.to_bytes();
    let header = |name: HeaderName| parts.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let cookies = parts.headers.get_all(SET_COOKIE).iter().filter_map(|value| value.to_str().ok());
    let kept = Kept {
        body: String::from_utf8_lossy(&bytes).into_owned(),
        location: header(LOCATION),
        etag: header(ETAG),
        cookies: cookies.map(str::to_owned).collect(),
    };
    Ok((Response::from_parts(parts, Body::from(bytes)), kept))
}

async fn seal(
    edge: &Edge,
    tenant: &Tenant,
    attempt: &Attempt,
    status: StatusCode,
    kept: &Kept,
) -> Result<StoredAnswer, Problem> {
    let body = edge.vault().seal_json(tenant, edge.answers(), place(attempt), kept).await?;
    Ok(StoredAnswer { status: status.as_u16(), body })
}

fn place(attempt: &Attempt) -> Place<'_> {
    Place::new(&attempt.slot, "answer")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(method: &str, path: &str, key: &str, user: Option<UserId>) -> Attempt {
        let request = http::Request::builder().method(method).uri(path).header(IDEMPOTENCY_KEY, key).body(()).unwrap();
        let (parts, ()) = request.into_parts();
        let info = RequestInfo::of(&parts, &platform::ambient::system(), None);
        IdempotencyKey::read(&parts, info).unwrap().unwrap().attempt(user)
    }

    #[test]
    fn a_key_stands_for_one_user_one_operation_and_one_object() {
        let ambient = platform::ambient::system();
        let user: UserId = ambient.id();
        let first = attempt("POST", "/api/v1/orders/checkout", "k1", Some(user));
        assert_eq!(first, attempt("POST", "/api/v1/orders/checkout?x", "k1", Some(user)));
        for other in [
            attempt("POST", "/api/v1/orders/checkout", "k2", Some(user)),
            attempt("POST", "/api/v1/payments/initiate", "k1", Some(user)),
            attempt("PUT", "/api/v1/orders/checkout", "k1", Some(user)),
            attempt("POST", "/api/v1/orders/checkout", "k1", Some(ambient.id())),
            attempt("POST", "/api/v1/orders/checkout", "k1", None),
        ] {
            assert_ne!(first.slot, other.slot);
        }
    }
}
