//! The catalog: what is sold, by whom, in which categories and materials, with which 3D files.
//!
//! Everybody reads what is for sale; sellers change their own products and the tenant's people change all of
//! them. Depends on the shared crates only.
//!
//! Invariant: a draft or archived product answers to strangers exactly as a missing one.
//!
//! Start reading at [`products`]; who may change what is decided in one place, [`access`].
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod access;
pub mod categories;
pub mod exports;
pub mod imports;
mod jobs;
pub mod materials;
pub mod models;
pub mod products;
mod rules;
pub mod sellers;
#[cfg(test)]
mod test_support;

use axum::Router;
use axum::extract::FromRef;
use domain::pii::Purpose;
use platform::aws::Clients;
use platform::config::{ConfigError, Env};
use platform::objects::{LONGEST_DOWNLOAD, Objects};
use serde_json::Value;
use web::{Code, Edge, Problem, Routes};

/// What the catalog works with: the table, the key of page cursors, and the files of imports and exports.
#[derive(Clone, FromRef)]
pub struct State {
    /// The HTTP edge.
    pub edge: Edge,
    /// What the importer writes.
    pub files: JobFiles,
}

/// The files that the importer writes: here they are only given out.
#[derive(Clone)]
pub struct JobFiles(pub Objects);

impl JobFiles {
    /// Makes a link to a file that is saved as `name`.
    async fn link(&self, key: &str, name: &str) -> Result<String, Problem> {
        let link = self.0.presign_get(key, name, LONGEST_DOWNLOAD).await;
        link.map_err(|error| Problem::new(Code::Unavailable).because(error))
    }
}

impl State {
    /// Reads the configuration.
    ///
    /// # Errors
    /// When a value is missing or wrong; the error names it.
    pub fn load(env: &Env, clients: &Clients) -> Result<Self, ConfigError> {
        // Products hold no personal data, and our role can't use its key.
        let edge = Edge::load(env, clients)?.answers_sealed_for(Purpose::Cursor);
        let files = Objects::new(clients.s3(), env.text("HAAT_FILES_BUCKET")?, edge.ambient().clone());
        Ok(Self { edge, files: JobFiles(files) })
    }
}

fn routes() -> Routes<State> {
    products::routes()
        .merge(imports::routes())
        .merge(exports::routes())
        .merge(materials::routes())
        .merge(models::routes())
        .merge(sellers::routes())
        .merge(categories::routes())
}

/// Returns the catalog's router with everything that the edge does around it.
pub fn router(state: State) -> Router {
    let edge = state.edge.clone();
    web::layers(routes().with_state(state), edge)
}

/// Returns the catalog's part of the API's document.
pub fn openapi() -> Value {
    web::openapi::document(&routes())
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_document_says_all_it_must() {
        assert_eq!(web::openapi::gaps(&super::openapi()), Vec::<String>::new());
    }
}
