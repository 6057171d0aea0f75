//! The conventions of the API (AP), as a client sees them on a small function of its own.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod answers;
mod callers;
mod events;
mod function;
mod idempotency;
mod input;
mod limits;
mod lists;
mod logs;
