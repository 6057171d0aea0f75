//! What payment providers tell us: one endpoint per provider, each verified before it is read.
//!
//! Depends on `payments` for what a message means, on `store` for what it does, on `web` for the edge.
//!
//! Invariants: nothing of a message is believed, or logged, before its signature was verified; the message and its
//! effect are written in one transaction; what does not fit our books is set aside and counted, answered with 2xx, and
//! never marks anything as paid. The provider hears of a failure only where sending the message again may help.
//!
//! Start reading at [`razorpay::receive`].
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod razorpay;

use axum::extract::FromRef;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use web::Edge;

/// What the endpoints share: the edge, with the table and the vault. No call goes to a provider from here.
#[derive(Debug, Clone, FromRef)]
pub struct State {
    edge: Edge,
}

impl State {
    /// Joins the parts.
    pub fn new(edge: Edge) -> Self {
        Self { edge }
    }
}

/// Returns the routes below `/api/v1`.
pub fn router(state: State) -> OpenApiRouter {
    OpenApiRouter::new().routes(routes!(razorpay::receive::receive)).with_state(state)
}
