//! What a tenant's staff and the platform's people need: settings, people, tenants, health, and the API's document.
//!
//! May depend on `shared/*` only. Start reading at [`routes`]: one endpoint per file.
//!
//! Invariants: what buyers and sellers own is changed here by the tenant's people alone, and every change is audited; nobody
//! changes anybody who stands above them.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod categories;
mod coupons;
mod disputes;
mod docs;
mod health;
mod materials;
mod payouts;
mod providers;
mod refunds;
mod sellers;
mod settings;
mod tenants;
#[cfg(test)]
mod test_support;
mod transfers;
mod users;

use axum::Router;
use axum::extract::FromRef;
use platform::aws::Clients;
use platform::config::{ConfigError, Env};
use platform::passwords::Passwords;
use web::{Edge, Routes};

use crate::health::Parts;

/// What the function's role may use.
#[derive(Clone, FromRef)]
pub struct State {
    edge: Edge,
    parts: Parts,
    passwords: Passwords,
}

impl State {
    /// Reads the configuration. Nothing goes over the network yet.
    ///
    /// # Errors
    /// When a value is missing or wrong; the error names it.
    pub async fn load(env: &Env) -> Result<Self, ConfigError> {
        let clients = Clients::load().await;
        let edge = Edge::load(env, &clients)?;
        let passwords = Passwords::from_env(env, edge.ambient().clone())?;
        Ok(Self { parts: Parts::load(env, &clients, &edge)?, edge, passwords })
    }
}

/// All operations, with their documentation.
pub fn routes() -> Routes<State> {
    web::routes![
        settings::read::read_settings,
        settings::change::change_settings,
        materials::list::list_materials,
        materials::add::add_material,
        materials::read::read_material,
        materials::change::change_material,
        categories::add::add_category,
        categories::change::change_category,
        categories::remove::remove_category,
        coupons::list::list_coupons,
        coupons::create::create_coupon,
        coupons::read::read_coupon,
        coupons::change::change_coupon,
        coupons::remove::delete_coupon,
        providers::read::read_provider,
        providers::set_up::set_up_provider,
        providers::rotate::rotate_secret,
        providers::remove::remove_provider,
        transfers::mark_paid::mark_paid,
        users::list::list_users,
        users::create::create_user,
        users::search::search_users,
        users::invite::invite_user,
        users::invite_again::invite_again,
        users::read::read_user,
        users::change::change_user,
        users::change_roles::change_roles,
        users::suspend::suspend_user,
        users::restore::restore_user,
        users::read_papers::read_papers,
        users::review::review_papers,
        tenants::list::list_tenants,
        tenants::sign_up::sign_up_tenant,
        tenants::read::read_tenant,
        tenants::change::change_tenant,
        tenants::suspend::suspend_tenant,
        tenants::restore::restore_tenant,
        tenants::invite_owner::invite_owner,
        refunds::request::request_refund,
        refunds::settle::settle_refund,
        refunds::list::list_refunds,
        refunds::by_hand::list_refunds_by_hand,
        disputes::list::list_disputes,
        disputes::show::show_disputes,
        sellers::list::list_sellers,
        sellers::read::read_seller,
        sellers::agree::agree_with_seller,
        sellers::approve::approve_seller,
        sellers::suspend::suspend_seller,
        sellers::restore::restore_seller,
        payouts::open::open_payout,
        payouts::list::list_payouts,
        payouts::export::export_payouts,
        payouts::settle::settle_payout,
        payouts::adjust::adjust_ledger,
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
