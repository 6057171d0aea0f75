//! The deployed stack from outside: HTTP in, files and mails out. `make test` says where it is in `HAAT_TEST_*`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::float_arithmetic)]

mod bad_input;
mod browsers;
mod bulk;
mod canaries;
mod cancelled_orders;
mod contention;
mod document;
mod erasure;
mod guests;
mod identity;
mod key_rotation;
mod layers;
mod operator;
mod people;
mod providers;
mod reconciliation;
mod second_factor;
mod sellers;
mod shipping;
mod shopper_journey;
mod template;
mod tenancy;
mod workers;
