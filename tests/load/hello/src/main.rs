//! The smallest function there can be on the same runtime: what the cold starts of the real ones are compared with.

use axum::{Router, routing::get};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    lambda_http::run(Router::new().route("/", get(async || "hello"))).await
}
