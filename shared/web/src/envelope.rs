//! Writes a problem for the client: in our envelope, or as RFC 9457 asks where the client prefers that.

use axum::body::Body;
use axum::response::Response;
use domain::clock::Timestamp;
use http::header::{ACCEPT, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

use crate::code::Code;
use crate::problem::{FieldError, Problem};
use crate::request::RequestInfo;

/// The envelope of every failed request.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Problem)]
pub struct ProblemBody<'a> {
    /// Always false.
    #[schema(example = false)]
    success: bool,
    /// The title of the code.
    #[schema(example = "Not found")]
    error: &'a str,
    /// The stable code: decide by this.
    #[schema(example = "NOT_FOUND")]
    code: &'a str,
    /// What happened, for people.
    #[schema(example = "Not found")]
    message: &'a str,
    /// The HTTP status.
    #[schema(example = 404)]
    status_code: u16,
    /// The path that was asked for.
    #[schema(example = "/api/v1/products/prd_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    path: &'a str,
    /// When.
    #[schema(value_type = String, format = DateTime, example = "2026-01-31T08:15:30.123Z")]
    timestamp: Timestamp,
    /// The id under which our logs know the request.
    #[schema(example = "req_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    request_id: &'a str,
    /// What is wrong with which field.
    #[serde(skip_serializing_if = "<[FieldError]>::is_empty")]
    #[schema(required = false)]
    errors: &'a [FieldError],
}

/// The same as a problem document of RFC 9457.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProblemDocument<'a> {
    /// Where the code is explained.
    #[serde(rename = "type")]
    #[schema(example = "/api/v1/docs/errors#NOT_FOUND")]
    kind: String,
    /// The title of the code.
    #[schema(example = "Not found")]
    title: &'a str,
    /// The HTTP status.
    #[schema(example = 404)]
    status: u16,
    /// What happened, for people.
    #[schema(example = "Not found")]
    detail: &'a str,
    /// The path that was asked for.
    #[schema(example = "/api/v1/products/prd_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    instance: &'a str,
    /// The stable code.
    #[schema(example = "NOT_FOUND")]
    code: &'a str,
    /// When.
    #[schema(value_type = String, format = DateTime, example = "2026-01-31T08:15:30.123Z")]
    timestamp: Timestamp,
    /// The id under which our logs know the request.
    #[schema(example = "req_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    request_id: &'a str,
    /// What is wrong with which field.
    #[serde(skip_serializing_if = "<[FieldError]>::is_empty")]
    #[schema(required = false)]
    errors: &'a [FieldError],
}

/// How the client wants to hear of problems.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Envelope,
    Document,
}

impl Form {
    pub(crate) fn wanted(headers: &HeaderMap) -> Self {
        let wants = |value: &HeaderValue| {
            value.to_str().is_ok_and(|text| text.to_ascii_lowercase().contains("application/problem+json"))
        };
        if headers.get_all(ACCEPT).iter().any(wants) { Self::Document } else { Self::Envelope }
    }
}

/// Fills the body and the headers of a failed answer.
pub(crate) fn write(
    mut response: Response,
    problem: &Problem,
    form: Form,
    info: &RequestInfo,
    now: Timestamp,
) -> Response {
    let code = problem.code();
    let message = problem.public_message();
    let (bytes, content_type) = match form {
        Form::Envelope => (
            serde_json::to_vec(&ProblemBody {
                success: false,
                error: code.title(),
                code: code.as_str(),
                message,
                status_code: code.status().as_u16(),
                path: info.path(),
                timestamp: now,
                request_id: info.id(),
                errors: problem.fields(),
            }),
            "application/json",
        ),
        Form::Document => (
            serde_json::to_vec(&ProblemDocument {
                kind: format!("{}/docs/errors#{code}", crate::BASE_PATH),
                title: code.title(),
                status: code.status().as_u16(),
                detail: message,
                instance: info.path(),
                code: code.as_str(),
                timestamp: now,
                request_id: info.id(),
                errors: problem.fields(),
            }),
            "application/problem+json",
        ),
    };
    *response.body_mut() = Body::from(bytes.unwrap_or_default());
    let headers = response.headers_mut();
    headers.remove(http::header::CONTENT_LENGTH);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    if let Some(seconds) = problem.retry_after_seconds() {
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    if code.status() == StatusCode::UNAUTHORIZED {
        // RFC 6750, section 3: no error is named when no token was sent.
        let challenge = match code {
            Code::InvalidToken | Code::TokenExpired | Code::SessionEnded => "Bearer error=\"invalid_token\"",
            _ => "Bearer",
        };
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
    }
    response
}
