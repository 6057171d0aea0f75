//! Razorpay Standard Checkout: orders, checkout signatures, webhooks.
//!
//! The way of a payment: [`Razorpay::create_order`] opens an order; the browser pays it and brings back a signature
//! ([`signature::verify_checkout`]); Razorpay tells us by webhook ([`UnverifiedWebhook`] → [`VerifiedWebhook`] →
//! [`crate::notification::Notification`]); what no webhook told is asked for ([`Razorpay::payments_of`]).

mod api;
mod credentials;
mod list;
mod refund;
pub mod signature;
mod statement;
mod webhook;
mod wire;

pub use api::Razorpay;
pub use credentials::Credentials;
pub use webhook::{UnverifiedWebhook, VerifiedWebhook};
