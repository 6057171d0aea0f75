//! Who a user is: registration, login, refresh, logout, the own account with its addresses, and the keys of the tokens.
//!
//! May depend on `shared/*` only. Start reading at [`routes`]: one endpoint per file.
//!
//! Invariants: personal data is sealed before it reaches the store and indexed blindly from the first user on;
//! nobody learns from an answer, or from how long it took, whether an e-mail has an account.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod account;
mod addresses;
mod auth;
mod emails;
#[cfg(test)]
mod faults;
mod keys;
mod kyc;
mod mfa;
mod oidc;
mod passwords;
mod privacy;
mod profile;
mod sellers;
mod sessions;
#[cfg(test)]
mod test_support;
mod tickets;

use axum::Router;
use axum::extract::FromRef;
use platform::aws::Clients;
use platform::config::{ConfigError, Env};
use platform::objects::Objects;
use platform::oidc::IdTokens;
use platform::passwords::Passwords;
use web::{Edge, Routes, Signer};

use crate::privacy::export::Exports;

/// What the function's role may use.
#[derive(Clone, FromRef)]
pub struct State {
    edge: Edge,
    passwords: Passwords,
    signer: Signer,
    id_tokens: IdTokens,
    exports: Exports,
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
        let id_tokens = IdTokens::from_env(env, edge.ambient().clone());
        let files = Objects::new(clients.s3(), env.text("HAAT_FILES_BUCKET")?, edge.ambient().clone());
        Ok(Self::new(edge, passwords, id_tokens, files))
    }

    /// Joins the parts; `files` is the bucket where exports lie.
    pub fn new(edge: Edge, passwords: Passwords, id_tokens: IdTokens, files: Objects) -> Self {
        Self { signer: Signer::new(&edge), edge, passwords, id_tokens, exports: Exports(files) }
    }
}

/// All operations, with their documentation.
pub fn routes() -> Routes<State> {
    web::routes![
        auth::register::register,
        auth::login::login,
        auth::refresh::refresh,
        auth::csrf::csrf_token,
        auth::logout::logout,
        auth::logout_all::logout_all,
        sessions::list::list_sessions,
        sessions::end::end_session,
        auth::me::me,
        emails::verify::verify_email,
        emails::resend::resend_verification,
        emails::change::change_email,
        emails::confirm::confirm_email_change,
        passwords::forgot::forgot_password,
        passwords::reset::reset_password,
        passwords::accept::accept_invitation,
        passwords::change::change_password,
        profile::read::read_profile,
        profile::change::change_profile,
        privacy::export::export_account,
        privacy::erase::erase_account,
        mfa::setup::set_up,
        mfa::verify::turn_on,
        mfa::disable::turn_off,
        mfa::backup_codes::renew_backup_codes,
        mfa::challenge::answer_challenge,
        oidc::google::sign_in_with_google,
        oidc::microsoft::sign_in_with_microsoft,
        keys::published::published_keys,
        kyc::read::read_own_papers,
        kyc::submit::submit_papers,
        sellers::open::open_seller,
        sellers::read::read_own_seller,
        sellers::change::change_own_seller,
        addresses::list::list_addresses,
        addresses::add::add_address,
        addresses::read::read_address,
        addresses::change::change_address,
        addresses::remove::remove_address,
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
