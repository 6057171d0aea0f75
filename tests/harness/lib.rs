//! What the tests of the whole stand on: a local AWS with a tenant for each test, and stand-ins for the services that
//! have no emulator.
//!
//! May depend on everything; nothing but tests, the local demo and the benchmark depends on it. Start reading at
//! [`stack`], then at [`razorpay`].
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod ambient;
pub mod authenticator;
mod books;
pub mod capacity;
mod captured;
pub mod client;
pub mod cloud;
pub mod contract;
pub mod entrusted;
mod guard;
pub mod member;
pub mod network;
pub mod oidc;
mod parcel;
pub mod razorpay;
pub mod sale;
mod seller;
pub mod shop;
pub mod stack;
mod stored;
pub mod stripe;
pub mod vnpay;
pub mod weather;

use domain::ambient::Ambient;
use payments::Gateways;
use payments::razorpay::Razorpay;
use payments::stripe::Stripe;
use payments::vnpay::Vnpay;

/// Points every provider's gateway at the stand-ins of one address.
pub fn gateways(url: &str, ambient: &Ambient) -> Gateways {
    let vnpay = Vnpay::at(&format!("{url}/vnpay"), ambient.clone());
    Gateways::new(Razorpay::new(url), vnpay, Stripe::new(&format!("{url}/stripe")))
}
