//! What happens to every request before and after its handler.
//!
//! In this order: the request gets its id; a preflight is answered; what is refused at sight is refused; the handler
//! runs under a deadline, with its panics caught and its table calls counted; a problem is written out;
//! caching, CORS and security headers are added; one line is logged.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use http::header::{
    CONTENT_SECURITY_POLICY, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use http_body::Body as _;
use lambda_http::RequestExt;
use store::meter::{Meter, Usage};
use tracing::Instrument;

use crate::caller::bearer_token;
use crate::code::Code;
use crate::edge::Edge;
use crate::envelope::{self, Form};
use crate::limits::Entry;
use crate::problem::Problem;
use crate::request::{RequestInfo, X_REQUEST_ID};
use crate::routes::{Operations, Routes};
use crate::{caching, cors, limits, parameters};

/// The most bytes that a body may have.
pub(crate) const BODY_LIMIT: usize = 256 * 1024;
/// What is left to write the answer when Lambda is about to stop us.
const RESERVE: Duration = Duration::from_millis(500);

const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");

/// Wraps a function's routes in everything that the edge does.
///
/// Tests call the result with `oneshot` and see what a client of API Gateway sees.
pub fn layers(routes: Routes, edge: Edge) -> Router {
    let (routes, operations) = routes.split();
    let outside = Outside { edge, operations };
    Router::new()
        .merge(routes)
        .fallback(async || Problem::new(Code::RouteNotFound))
        .method_not_allowed_fallback(async || Problem::new(Code::MethodNotAllowed))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(middleware::from_fn_with_state(outside, around))
}

/// What the outermost layer knows.
#[derive(Clone)]
struct Outside {
    edge: Edge,
    operations: Operations,
}

impl Outside {
    /// Refuses what can be seen to be wrong without reading the table. Nor is it counted, which would cost more than the answer.
    fn inspect(&self, parts: &Parts, body: &Body, route: &str) -> Result<(), Problem> {
        if body.size_hint().lower() > u64::try_from(BODY_LIMIT).unwrap_or(u64::MAX) {
            return Err(Problem::new(Code::BodyTooLarge));
        }
        if self.operations.need_token(route, &parts.method) {
            bearer_token(parts)?;
        }
        parameters::check(&self.operations, route, &parts.method, &parts.uri)
    }
}

async fn around(State(outside): State<Outside>, request: Request, next: Next) -> Response {
    let edge = &outside.edge;
    let started = Instant::now();
    let (mut parts, body) = request.into_parts();
    let info = RequestInfo::of(&parts, edge.ambient(), edge.config().cdn_secret.as_ref());
    let route = parts.extensions.get::<MatchedPath>().map_or("unmatched", MatchedPath::as_str).to_owned();
    let (method, headers) = (parts.method.clone(), parts.headers.clone());
    let span = tracing::info_span!("request", request.id = info.id());
    let meter = Meter::default();
    let work = async {
        let origin = cors::allowed_origin(edge, &parts).await;
        let preflight = cors::is_preflight(&parts);
        let deadline = time_left(edge, &parts.extensions);
        parts.extensions.insert(info.clone());
        let response = if preflight {
            StatusCode::NO_CONTENT.into_response()
        } else if let Err(problem) = outside.inspect(&parts, &body, &route) {
            problem.into_response()
        } else {
            let handled = async {
                let entry = Entry::of(edge, &info, &mut parts, &route).await;
                let handler = catch(next.run(Request::from_parts(parts, body)));
                let handler = async { handler.await.unwrap_or_else(IntoResponse::into_response) };
                entry.run(handler).await.unwrap_or_else(IntoResponse::into_response)
            };
            let handled = tokio::time::timeout(deadline, handled).await;
            handled.unwrap_or_else(|_| Problem::new(Code::Timeout).into_response())
        };
        let mut response = match caching::finish(response, &method, &headers).await {
            Ok(response) => response,
            Err(problem) => problem.into_response(),
        };
        match origin {
            Ok(origin) => {
                if preflight && origin.is_some() {
                    cors::allow_preflight(response.headers_mut());
                }
                cors::allow(response.headers_mut(), origin);
            }
            // The handler's own reading of the tenant has failed or succeeded by itself; browsers see no grant.
            Err(problem) => tracing::warn!(error = problem.cause_chain(), "the tenant's origins could not be read"),
        }
        response
    };
    let mut response = meter.watch(work).instrument(span.clone()).await;
    let problem = response.extensions_mut().remove::<Arc<Problem>>().or_else(|| undeclared(response.status()));
    if let Some(problem) = &problem {
        response = envelope::write(response, problem, Form::wanted(&headers), &info, edge.ambient().now());
    }
    let usage = meter.usage();
    if let Some(quota) = info.quota() {
        limits::tell(response.headers_mut(), quota, edge.ambient().now());
    }
    secure(response.headers_mut());
    if let Ok(id) = HeaderValue::try_from(info.id()) {
        response.headers_mut().insert(X_REQUEST_ID, id);
    }
    let duration = started.elapsed();
    if edge.config().server_timing {
        time(response.headers_mut(), usage, duration);
    }
    let line = Line { method: method.as_str(), route: &route, status: response.status(), duration, usage, info: &info };
    span.in_scope(|| log(&line, problem.as_deref()));
    response
}

/// Gives a problem to a bare failure that some library answered, so that it too leaves in the envelope.
fn undeclared(status: StatusCode) -> Option<Arc<Problem>> {
    let code = match status {
        _ if !status.is_client_error() && !status.is_server_error() => return None,
        StatusCode::NOT_FOUND => Code::NotFound,
        StatusCode::METHOD_NOT_ALLOWED => Code::MethodNotAllowed,
        StatusCode::PAYLOAD_TOO_LARGE => Code::BodyTooLarge,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Code::UnsupportedMediaType,
        _ if status.is_client_error() => Code::ValidationFailed,
        _ => Code::Internal,
    };
    Some(Arc::new(Problem::new(code)))
}

fn time_left(edge: &Edge, extensions: &http::Extensions) -> Duration {
    let configured = edge.config().deadline;
    let Some(context) = extensions.lambda_context_ref() else { return configured };
    let now = u64::try_from(edge.ambient().now().as_millis()).unwrap_or(0);
    let left = Duration::from_millis(context.deadline.saturating_sub(now)).saturating_sub(RESERVE);
    // A context without a deadline, as in tests of the runtime, says zero.
    if context.deadline == 0 { configured } else { configured.min(left) }
}

/// Runs a handler and turns its panic into a problem.
async fn catch<T>(work: impl Future<Output = T>) -> Result<T, Problem> {
    let mut work = pin!(work);
    std::future::poll_fn(move |context| {
        match std::panic::catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(output)) => Poll::Ready(Ok(output)),
            Err(panic) => {
                let text = panic
                    .downcast_ref::<&str>()
                    .map(|text| (*text).to_owned())
                    .or_else(|| panic.downcast_ref::<String>().cloned());
                Poll::Ready(Err(Problem::internal(format!("panic: {}", text.unwrap_or_default()))))
            }
        }
    })
    .await
}

fn secure(headers: &mut HeaderMap) {
    // A page may have brought its own policy.
    headers
        .entry(CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static("default-src 'self'; frame-ancestors 'none'"));
    for (name, value) in [
        (STRICT_TRANSPORT_SECURITY, "max-age=31536000; includeSubDomains; preload"),
        (X_FRAME_OPTIONS, "DENY"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "strict-origin-when-cross-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

/// Tells what the request cost, as the bench reads it (W3C Server Timing).
fn time(headers: &mut HeaderMap, usage: Usage, duration: Duration) {
    let milli = |units: u64| format!("{}.{:03}", units / 1000, units % 1000);
    let text = format!(
        "total;dur={}, trips;desc=\"{}\", calls;desc=\"{}\", rcu;desc=\"{}\", wcu;desc=\"{}\"",
        milli(u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)),
        usage.round_trips,
        usage.calls,
        milli(usage.read_milliunits),
        milli(usage.write_milliunits),
    );
    if let Ok(value) = HeaderValue::try_from(text) {
        headers.insert(SERVER_TIMING, value);
    }
}

struct Line<'a> {
    method: &'a str,
    route: &'a str,
    status: StatusCode,
    duration: Duration,
    usage: Usage,
    info: &'a RequestInfo,
}

fn log(line: &Line<'_>, problem: Option<&Problem>) {
    let tenant = line.info.tenant().map(|tenant| tenant.to_string());
    let user = line.info.user().map(|user| user.to_string());
    let cause = problem.and_then(Problem::cause_chain);
    macro_rules! event {
        ($level:ident) => {
            tracing::$level!(
                http.method = line.method,
                http.route = line.route,
                http.status = line.status.as_u16(),
                duration_ms = u64::try_from(line.duration.as_millis()).unwrap_or(u64::MAX),
                tenant.id = tenant,
                user.id = user,
                table.trips = line.usage.round_trips,
                table.calls = line.usage.calls,
                error.code = problem.map(|problem| problem.code().as_str()),
                error.cause = cause,
                "request"
            )
        };
    }
    if line.status.is_server_error() { event!(error) } else { event!(info) }
}
