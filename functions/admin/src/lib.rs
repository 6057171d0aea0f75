//! What a tenant's staff and the platform's operators need: settings, health, and the API's document.
//!
//! May depend on `shared/*` only. Start reading at [`routes`]: one endpoint per file.
//!
//! Invariant: nothing here reads or changes what buyers and sellers own.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod docs;
mod health;
mod settings;
#[cfg(test)]
mod test_support;

use axum::Router;
use axum::extract::FromRef;
use platform::aws::Clients;
use platform::config::{ConfigError, Env};
use web::{Edge, Routes};

use crate::health::Parts;

/// What the function's role may use.
#[derive(Clone, FromRef)]
pub struct State {
    edge: Edge,
    parts: Parts,
}

impl State {
    /// Reads the configuration. Nothing goes over the network yet.
    ///
    /// # Errors
    /// When a value is missing or wrong; the error names it.
    pub async fn load(env: &Env) -> Result<Self, ConfigError> {
        let clients = Clients::load().await;
        let edge = Edge::load(env, &clients)?;
        Ok(Self { parts: Parts::load(env, &clients, &edge)?, edge })
    }
}

/// All operations, with their documentation.
pub fn routes() -> Routes<State> {
    web::routes![
        settings::read::read_settings,
        settings::change::change_settings,
        health::live,
        health::ready,
        docs::document,
        docs::page,
        docs::errors,
    ]
    .asset("/docs/scalar.js", axum::routing::get(docs::script))
    .asset("/docs/start.js", axum::routing::get(docs::start))
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
