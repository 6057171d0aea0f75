//! Who may keep an answer, and for how long.

use aws_lc_rs::digest;
use axum::body::Body;
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use http_body_util::BodyExt;

use crate::problem::Problem;
use crate::reply::Public;

/// Finishes an answer: a public one gets a strong `ETag` over its bytes and may be kept for 5 minutes, and is
/// not sent again to who has it (RFC 9110, section 13.1.2). Everything else is nobody's to keep, unless the
/// handler said otherwise.
pub(crate) async fn finish(response: Response, method: &Method, request: &HeaderMap) -> Result<Response, Problem> {
    let (mut parts, body) = response.into_parts();
    let public = parts.extensions.remove::<Public>().is_some();
    if !public || parts.status != StatusCode::OK || !matches!(*method, Method::GET | Method::HEAD) {
        parts.headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
        return Ok(Response::from_parts(parts, body));
    }
    let bytes = body.collect().await.map_err(Problem::internal)?.to_bytes();
    let hash = digest::digest(&digest::SHA256, &bytes);
    let hash = URL_SAFE_NO_PAD.encode(hash.as_ref().get(..16).unwrap_or_default());
    // A version, where the handler gave one, stays in front, so that the tag can be sent as `If-Match` too.
    let version =
        parts.headers.get(ETAG).and_then(|tag| tag.to_str().ok()).map(|tag| format!("{}-", tag.trim_matches('"')));
    let tag = format!("\"{}{hash}\"", version.unwrap_or_default());
    parts.headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
    parts.headers.append(VARY, HeaderValue::from_static("X-Tenant, Accept"));
    let known = matches(request, &tag);
    if let Ok(tag) = HeaderValue::try_from(tag) {
        parts.headers.insert(ETAG, tag);
    }
    if known {
        parts.status = StatusCode::NOT_MODIFIED;
        parts.headers.remove(CONTENT_TYPE);
        parts.headers.remove(CONTENT_LENGTH);
        return Ok(Response::from_parts(parts, Body::empty()));
    }
    Ok(Response::from_parts(parts, Body::from(bytes)))
}

/// Compares weakly, as `If-None-Match` demands.
fn matches(request: &HeaderMap, tag: &str) -> bool {
    let values = request.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    values
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .any(|given| given == "*" || given.trim_start_matches("W/") == tag)
}
