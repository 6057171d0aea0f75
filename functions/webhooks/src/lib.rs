//! What payment providers tell us: one endpoint per provider, each verified before it is read.
//!
//! Depends on `payments` for what a message means, on `store` for what it does, on `web` for the edge.
//!
//! Invariants: nothing of a message is believed, or logged, before its signature was verified; the message and its
//! effect are written in one transaction; what does not fit our books is set aside and counted, answered with 2xx, and
//! never marks anything as paid. The provider hears of a failure only where sending the message again may help.
//!
//! Start reading at [`razorpay::receive`], then `books`: what is done with a message is the same for every provider.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod books;
pub mod razorpay;
pub mod stripe;
#[cfg(test)]
mod test_support;
#[cfg(test)]
mod tests;
pub mod vnpay;

use axum::Router;
use axum::extract::FromRef;
use platform::aws::Clients;
use platform::config::{ConfigError, Env};
use web::{Edge, Routes};

/// What the function's role may use: the table and the vault, by way of the edge. No call goes to a provider from here.
#[derive(Debug, Clone, FromRef)]
pub struct State {
    edge: Edge,
}

impl State {
    /// Joins the parts.
    pub fn new(edge: Edge) -> Self {
        Self { edge }
    }

    /// Reads the configuration. Nothing goes over the network yet.
    ///
    /// # Errors
    /// When a value is missing or wrong; the error names it.
    pub async fn load(env: &Env) -> Result<Self, ConfigError> {
        Ok(Self::new(Edge::load(env, &Clients::load().await)?))
    }
}

/// All operations, with their documentation.
pub fn routes() -> Routes<State> {
    web::routes![razorpay::receive::receive, vnpay::receive::receive, stripe::receive::receive,]
}

/// The function as API Gateway sees it.
pub fn router(state: State) -> Router {
    let edge = state.edge.clone();
    web::layers(routes().with_state(state), edge)
}

/// This function's part of the API's document.
pub fn openapi() -> serde_json::Value {
    web::openapi::document(&routes())
}
