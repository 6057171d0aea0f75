//! The edge against the local AWS, with the payloads that Lambda really hands over.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod queue;
mod stream;
