//! Carriers, and parcels on their way: announced by sellers and the tenant's people, moved by those who carry them,
//! followed by whoever knows a number.
//!
//! May depend on `shared/*` only. Start reading at [`routes`]: one endpoint per file; [`shipments`] has what the
//! endpoints of the tenant's people, of sellers and of carriers share.
//!
//! Invariants: people from outside work here, so this function's role can't use any secret of payments; a parcel's
//! address is opened for the carrier that has the parcel, while it has it, and each look is recorded; who knows a
//! tracking number alone learns nothing about anybody.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod carrier;
mod carriers;
mod methods;
mod seller;
mod shipments;
#[cfg(test)]
mod test_support;
#[cfg(test)]
mod tests;
mod tracking;

use axum::Router;
use axum::extract::FromRef;
use platform::aws::Clients;
use platform::config::{ConfigError, Env};
use web::{Edge, Routes};

/// What the function's role may use.
#[derive(Clone, FromRef)]
pub struct State {
    edge: Edge,
}

impl State {
    /// Reads the configuration. Nothing goes over the network yet.
    ///
    /// # Errors
    /// When a value is missing or wrong; the error names it.
    pub async fn load(env: &Env) -> Result<Self, ConfigError> {
        let clients = Clients::load().await;
        Ok(Self { edge: Edge::load(env, &clients)? })
    }
}

/// All operations, with their documentation.
pub fn routes() -> Routes<State> {
    web::routes![
        carriers::list::list_carriers,
        carriers::create::create_carrier,
        carriers::read::read_carrier,
        carriers::change::change_carrier,
        carriers::retire::retire_carrier,
        carriers::enlist::enlist_person,
        carriers::dismiss::dismiss_person,
        shipments::list::list_shipments,
        shipments::create::create_shipment,
        shipments::read::read_shipment,
        shipments::advance::advance_shipment,
        seller::list::list_shipments,
        seller::create::create_shipment,
        seller::read::read_shipment,
        seller::advance::advance_shipment,
        carrier::list::list_shipments,
        carrier::read::read_shipment,
        carrier::advance::advance_shipment,
        tracking::track_shipment,
        methods::list_methods,
    ]
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
