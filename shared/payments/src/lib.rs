//! Payment providers: how each one signs, what its messages mean, and how it is called.
//!
//! A provider is one module with the same four parts: `credentials` (what a tenant entrusts to us), `signature`
//! (who really sent it), `webhook` or `ipn` (what it says, as a [`notification::Notification`]) and `api` (what we ask of
//! it: the trait [`api::Gateway`]). [`Provider`] is the closed list of them and [`Gateways`] calls the one whose
//! [`Credentials`] are at hand; everything past this crate speaks in the provider-neutral types of [`notification`] and
//! [`api`]. Depends on `domain` and nothing else of ours: it knows no table and no tenant's keys.
//!
//! Invariants: a message can't be read before its signature was verified ([`razorpay::UnverifiedWebhook`] has no
//! accessor for its body); signatures are compared in constant time over the bytes as received; a payment's state
//! follows from the event's name *and* the status inside it, never from a convenience flag; amounts are integers.
//!
//! Start reading at [`razorpay`].
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod api;
mod credentials;
mod form;
mod gateway;
mod http;
pub mod manual;
pub mod notification;
mod provider;
pub mod razorpay;
pub mod refund;
mod secret;
pub mod stripe;
pub mod vnpay;

pub use credentials::{Credentials, InvalidCredentials};
pub use gateway::Gateways;
pub use provider::{Provider, UnknownProvider};
pub use secret::Secret;
