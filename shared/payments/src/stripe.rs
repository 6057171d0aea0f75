//! Stripe by payment intents: intents, signatures, webhooks.
//!
//! The way of a payment: an intent is opened ([`Stripe`]); the browser confirms it with its client secret; Stripe tells us by
//! webhook ([`UnverifiedWebhook`] → [`VerifiedWebhook`] → [`crate::notification::Notification`]); what no webhook told is
//! asked for.
//!
//! The intent is both the order and the charge of our words: it takes money once, whichever of its charges did it.

mod api;
mod credentials;
mod list;
mod refund;
pub mod signature;
mod statement;
mod webhook;
mod wire;

pub use api::Stripe;
pub use credentials::Credentials;
pub use webhook::{UnverifiedWebhook, VerifiedWebhook};
