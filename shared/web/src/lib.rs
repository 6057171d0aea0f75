//! The HTTP edge: everything between API Gateway and a handler, and between a handler and the client.
//!
//! May depend on `domain`, `store` and `platform`. A function builds its [`Edge`], makes a router of handlers
//! out of the extractors here, wraps it in [`layers`] and gives it to [`run`].
//!
//! Architecture invariants: a handler sees no tenant, no caller and no text that was not established or
//! cleaned here; every answer leaves in the envelope, with the headers and the log line of [`layers`]; no
//! cause of a failure leaves at all ([`Problem`]).
//!
//! Start reading at [`layers`] for the way of a request, at [`caller`] for who it is for, at [`code`] for how it can fail.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod caching;
pub mod caller;
pub mod code;
pub mod cookies;
mod cors;
mod cursor;
mod edge;
mod envelope;
mod fault;
pub mod health;
pub mod idempotency;
pub mod json;
mod layers;
pub(crate) mod limits;
pub mod openapi;
mod outside;
mod parameters;
mod pieces;
mod precondition;
pub mod problem;
pub mod query;
pub mod reply;
pub mod request;
pub mod routes;
mod run;
pub mod schema;
mod session;
mod sheet;
mod signer;
mod tenants;
mod text;
mod verifier;

pub use caller::{Bearer, Caller, TenantOf};
pub use code::{Code, refusals};
pub use cursor::Cursors;
pub use edge::{CdnSecret, Edge, EdgeConfig};
pub use idempotency::{IdempotencyKey, idempotent};
pub use json::{Json, RawBody};
pub use layers::layers;
pub use limits::Quota;
pub use pieces::Pieces;
pub use precondition::IfMatch;
pub use problem::Problem;
pub use query::{Limit, ListQuery, Path, Query};
pub use reply::{Answer, Envelope, ListEnvelope, Nothing, Reply};
pub use request::RequestInfo;
pub use routes::Routes;
pub use run::{Failure, run};
pub use sheet::{CSV, Cell, Download, Sheet, Span};
pub use signer::Signer;

/// Where the API begins.
pub const BASE_PATH: &str = "/api/v1";
