//! Files: what sellers upload, what buyers download, invoices and credit notes.
//!
//! The bytes go between the client and the object store under links that live for minutes; they never pass
//! through here. Depends on the shared crates only.
//!
//! Invariant: an object's place is made by us ([`domain::file::object_key`]); what a client calls a file is only ever
//! shown. An access is logged before its link is given.
//!
//! Start reading at [`downloads`].
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod credit_notes;
pub mod downloads;
mod invoices;
mod licences;
#[cfg(test)]
mod test_support;
pub mod uploads;

use axum::Router;
use axum::extract::FromRef;
use platform::aws::Clients;
use platform::config::{ConfigError, Env};
use platform::objects::{ObjectError, Objects};
use serde_json::Value;
use web::{Code, Edge, Problem, Routes};

/// What the delivery of files works with: the table and two buckets.
#[derive(Clone, FromRef)]
pub struct State {
    /// The HTTP edge.
    pub edge: Edge,
    /// The buckets.
    pub buckets: Buckets,
}

/// Where the bytes lie.
#[derive(Clone)]
pub struct Buckets {
    /// What sellers upload.
    pub files: Objects,
    /// What the invoicer writes.
    pub invoices: Objects,
}

impl State {
    /// Reads the configuration.
    ///
    /// # Errors
    /// When a value is missing or wrong; the error names it.
    pub fn load(env: &Env, clients: &Clients) -> Result<Self, ConfigError> {
        let edge = Edge::load(env, clients)?;
        let [files, invoices] = env.texts(["HAAT_FILES_BUCKET", "HAAT_INVOICES_BUCKET"])?;
        let bucket = |name| Objects::new(clients.s3(), name, edge.ambient().clone());
        Ok(Self { buckets: Buckets { files: bucket(files), invoices: bucket(invoices) }, edge })
    }
}

fn routes() -> Routes<State> {
    web::routes![
        uploads::create::create_upload,
        uploads::complete::complete_upload,
        downloads::download_file,
        invoices::show_invoice,
        credit_notes::list_credit_notes,
        licences::list_licences,
        licences::check::check_licence,
    ]
}

/// Returns the router with everything that the edge does around it.
pub fn router(state: State) -> Router {
    let edge = state.edge.clone();
    web::layers(routes().with_state(state), edge)
}

/// Returns this part of the API's document.
pub fn openapi() -> Value {
    web::openapi::document(&routes())
}

/// Says that the object store did not do it.
fn failed(error: ObjectError) -> Problem {
    match error {
        ObjectError::NotFound => Problem::internal(error),
        ObjectError::Unavailable(_) => Problem::new(Code::Unavailable).because(error),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_document_says_all_it_must() {
        assert_eq!(web::openapi::gaps(&super::openapi()), Vec::<String>::new());
    }
}
