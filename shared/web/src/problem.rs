//! What went wrong: the part that clients see, kept apart from the part that only the log sees.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::code::Code;

/// A failed request.
///
/// `message` and `fields` are public. `cause` is logged once at the edge and never answered. A handler
/// returns `Result<Reply<…>, Problem>`; the outermost layer writes the body, because only it knows the
/// path, the request id and whether the client asked for `application/problem+json`.
#[derive(Debug, Clone)]
pub struct Problem {
    code: Code,
    message: Cow<'static, str>,
    fields: Vec<FieldError>,
    retry_after: Option<Duration>,
    cause: Option<Arc<dyn Error + Send + Sync>>,
}

/// What is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// The path of the field in the body, or the name of the parameter.
    #[schema(example = "items[0].quantity")]
    pub field: String,
    /// What the field must be.
    #[schema(example = "must be a whole number from 1 to 999")]
    pub message: String,
}

impl Problem {
    /// Fails with `code` and its title as message.
    pub fn new(code: Code) -> Self {
        let retry_after = match code.status() {
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => Some(Duration::from_secs(1)),
            _ if code == Code::InProgress => Some(Duration::from_secs(1)),
            _ => None,
        };
        Self { code, message: Cow::Borrowed(code.title()), fields: Vec::new(), retry_after, cause: None }
    }

    /// Fails because of one field.
    pub fn invalid(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(Code::ValidationFailed).field(field, message)
    }

    /// Fails as a missing object does, which is also how another tenant's object answers.
    pub fn not_found() -> Self {
        Self::new(Code::NotFound)
    }

    /// Fails because of something on our side; `cause` goes to the log only.
    pub fn internal(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(Code::Internal).because(cause)
    }

    /// Replaces the public message. Never put ids of ours, names of resources or errors of libraries in it.
    #[must_use]
    pub fn message(mut self, message: impl Into<Cow<'static, str>>) -> Self {
        self.message = message.into();
        self
    }

    /// Adds a field with what is wrong with it.
    #[must_use]
    pub fn field(mut self, field: impl Into<String>, message: impl Into<String>) -> Self {
        self.fields.push(FieldError { field: field.into(), message: message.into() });
        self
    }

    /// Sets when to try again, rounded up to whole seconds.
    #[must_use]
    pub fn retry_after(mut self, after: Duration) -> Self {
        self.retry_after = Some(after);
        self
    }

    /// Adds the cause for the log.
    #[must_use]
    pub fn because(mut self, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.cause = Some(Arc::from(cause.into()));
        self
    }

    /// Returns the code.
    pub fn code(&self) -> Code {
        self.code
    }

    /// Returns the public message.
    pub fn public_message(&self) -> &str {
        &self.message
    }

    /// Returns the faulty fields.
    pub fn fields(&self) -> &[FieldError] {
        &self.fields
    }

    /// Returns the seconds of `Retry-After`, at least 1.
    pub fn retry_after_seconds(&self) -> Option<u64> {
        self.retry_after.map(|after| after.as_secs().saturating_add(u64::from(after.subsec_nanos() > 0)).max(1))
    }

    /// Returns the cause with its own causes, joined by colons, for the log.
    pub fn cause_chain(&self) -> Option<String> {
        let mut next: Option<&(dyn Error + 'static)> = self.cause.as_deref().map(|cause| cause as _);
        let mut chain = Vec::new();
        while let Some(cause) = next {
            chain.push(cause.to_string());
            next = cause.source();
        }
        (!chain.is_empty()).then(|| chain.join(": "))
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl From<Code> for Problem {
    fn from(code: Code) -> Self {
        Self::new(code)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.code.status().into_response();
        response.extensions_mut().insert(Arc::new(self));
        response
    }
}

impl From<Problem> for Response {
    fn from(problem: Problem) -> Self {
        problem.into_response()
    }
}
