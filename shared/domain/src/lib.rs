//! The rules of the marketplace: what may happen to whom, and in which order.
//!
//! Everything here is pure: no async, no AWS, no HTTP. Time and randomness arrive as arguments
//! ([`ambient::Ambient`]), so every rule can be tested as a plain function. Depends on nothing else of ours.
//!
//! Invariant: a value of one of these types is valid. What a client sends becomes a domain type in one
//! place (`TryFrom`), and code past that place never validates again.
//!
//! Start reading at [`order`] for the money path, at [`user`] for identity, at [`tenant`] for isolation.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod access;
pub mod address;
pub mod ambient;
pub mod amount;
pub mod bulk;
pub mod calendar;
pub mod carrier;
pub mod cart;
pub mod catalog;
pub mod clock;
pub mod coupon;
pub mod credit;
pub mod dispute;
pub mod event;
pub mod file;
pub mod formula;
pub mod id;
pub mod invoice;
pub mod ledger;
pub mod licence;
pub mod limit;
pub mod money;
pub mod operation;
pub mod order;
pub mod payment;
pub mod pii;
pub mod pricing;
pub mod reconciliation;
pub mod refund;
pub mod session;
pub mod shipment;
pub mod tenant;
pub mod text;
pub mod ticket;
pub mod transition;
pub mod user;
