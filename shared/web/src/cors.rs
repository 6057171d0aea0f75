//! Which browser origins may call the API: the ones that the tenant lists, with credentials, never `*`.

use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method};

use crate::caller::{X_TENANT, resolve};
use crate::edge::Edge;
use crate::problem::Problem;

/// Tells whether the request is a browser's question before the real one (WHATWG Fetch, CORS preflight).
pub(crate) fn is_preflight(parts: &Parts) -> bool {
    parts.method == Method::OPTIONS
        && parts.headers.contains_key(ORIGIN)
        && parts.headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

/// Returns the request's origin where the tenant allows it.
pub(crate) async fn allowed_origin(edge: &Edge, parts: &Parts) -> Result<Option<HeaderValue>, Problem> {
    let Some(origin) = parts.headers.get(ORIGIN) else { return Ok(None) };
    if is_preflight(parts) && announces_tenant_header(edge, parts) {
        // A preflight can't carry `X-Tenant` itself. Saying yes grants nothing: the answer to the
        // request that follows is readable only for an origin that its tenant lists.
        return Ok(Some(origin.clone()));
    }
    let tenant = resolve(edge, parts).await?;
    let listed = tenant
        .is_some_and(|tenant| tenant.settings.cors_origins.iter().any(|listed| listed.as_bytes() == origin.as_bytes()));
    Ok(listed.then(|| origin.clone()))
}

fn announces_tenant_header(edge: &Edge, parts: &Parts) -> bool {
    let names = |value: &HeaderValue| {
        value
            .to_str()
            .is_ok_and(|names| names.split(',').any(|name| name.trim().eq_ignore_ascii_case(X_TENANT.as_str())))
    };
    edge.config().allow_tenant_header && parts.headers.get_all(ACCESS_CONTROL_REQUEST_HEADERS).iter().any(names)
}

/// Adds what every answer to a browser needs.
pub(crate) fn allow(headers: &mut HeaderMap, origin: Option<HeaderValue>) {
    // In one line with what the handler said: API Gateway takes only the first of several headers of one name.
    let said = headers.get_all(VARY).iter().filter_map(|value| value.to_str().ok());
    let all = said.chain(["Origin"]).collect::<Vec<_>>().join(", ");
    headers.insert(VARY, HeaderValue::try_from(all).unwrap_or(HeaderValue::from_static("Origin")));
    if let Some(origin) = origin {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        let exposed = "ETag, Idempotent-Replayed, Location, RateLimit, RateLimit-Limit, RateLimit-Policy, RateLimit-Remaining, RateLimit-Reset, Retry-After, Server-Timing, X-Request-Id";
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(exposed));
    }
}

/// Adds what the answer to a preflight needs.
pub(crate) fn allow_preflight(headers: &mut HeaderMap) {
    let wanted = "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, X-CSRF-Token, X-Cart-Token, X-Request-Id, X-Tenant";
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(wanted));
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE"));
    headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
}
