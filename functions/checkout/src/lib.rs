//! From a full cart to an open payment: carts, checkout, orders, payments.
//!
//! May depend on `shared/*` only. Start reading at [`routes`]: one endpoint per file.
//!
//! Invariants: no price, total, owner or status of a body is believed, all come from the table; a checkout is one
//! transaction; nothing here marks anything as paid, only a provider's signed word does (function `webhooks`).
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod cart;
mod order;
mod payment;
mod seller;
mod staff;
#[cfg(test)]
mod test_support;
#[cfg(test)]
mod tests;

use axum::Router;
use axum::extract::FromRef;
use payments::Gateways;
use platform::aws::Clients;
use platform::config::{ConfigError, Env};
use web::{Edge, Routes};

/// What the function's role may use.
#[derive(Clone, FromRef)]
pub struct State {
    edge: Edge,
    gateways: Gateways,
}

impl State {
    /// Joins the parts.
    pub fn new(edge: Edge, gateways: Gateways) -> Self {
        Self { edge, gateways }
    }

    /// Reads the configuration. Nothing goes over the network yet.
    ///
    /// # Errors
    /// When a value is missing or wrong; the error names it.
    pub async fn load(env: &Env) -> Result<Self, ConfigError> {
        let clients = Clients::load().await;
        let edge = Edge::load(env, &clients)?;
        let gateways = Gateways::at(|name| env.optional_text(name), edge.ambient());
        Ok(Self::new(edge, gateways))
    }
}

/// All operations, with their documentation.
pub fn routes() -> Routes<State> {
    web::routes![
        cart::show::show_cart,
        cart::open::open_cart,
        cart::empty::empty_cart,
        cart::add::add_item,
        cart::apply_coupon::apply_coupon,
        cart::remove_coupon::remove_coupon,
        cart::merge::merge_cart,
        cart::change::change_item,
        cart::remove::remove_item,
        order::checkout::checkout,
        order::list::list_orders,
        order::export::export_orders,
        order::show::show_order,
        order::show_group::show_group,
        order::cancel::cancel_order,
        order::reorder::reorder,
        payment::initiate::initiate,
        payment::show::show_payment,
        payment::confirm::confirm,
        payment::vnpay_return::show_return,
        seller::orders::list::list_sold_orders,
        seller::orders::export::export_sold_orders,
        seller::orders::show::show_sold_order,
        seller::orders::process::process_order,
        seller::orders::refund::refund_order,
        staff::list_orders::list_all_orders,
        staff::export_orders::export_all_orders,
        seller::balance::show_balance,
        seller::ledger::list_entries,
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
