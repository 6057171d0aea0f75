//! Runs a function's router on Lambda.

use std::fmt;

use axum::Router;

/// Why a function could not start or go on.
pub struct Failure(Box<dyn std::error::Error + Send + Sync>);

/// `main` prints this form: the message, without the wrapping of `Debug`.
impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl<E: Into<Box<dyn std::error::Error + Send + Sync>>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

/// Answers the events of API Gateway with `router` until Lambda stops the process.
///
/// `router` comes from [`crate::layers`], which leaves nothing to fail: every error is an answer already.
///
/// # Errors
/// When the runtime's own interface fails.
pub async fn run(router: Router) -> Result<(), Failure> {
    lambda_http::run(router).await.map_err(Failure)
}
