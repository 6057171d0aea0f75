//! Imports products from files that sellers upload, and exports them into files that can be imported again.
//!
//! A job is done in slices, each within the time that a function has. How far it has come is in its item, written under the
//! version of the step before; a slice that was cut off is done again from there, and finds what it had done as it left it.
//! Depends on the shared crates only.
//!
//! Invariant: a row is stored whole or not at all, and a row that says what is so already changes nothing. So a file can be
//! imported twice, by two workers at once, or again after a crash, with the same catalog at the end.
//!
//! Start reading at [`import`]; how a product is written in a file is in [`row`].
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub mod apply;
pub mod column;
pub mod export;
pub mod fields;
pub mod import;
pub mod plan;
pub mod report;
pub mod row;
pub mod source;
pub mod split;
#[cfg(test)]
mod tests;

use std::time::Duration;

use domain::access::Permission;
use domain::ambient::Ambient;
use domain::bulk::{Failure, FaultCode};
use domain::clock::Timestamp;
use domain::event::{Consumer, Event};
use domain::id::{SellerId, UserId};
use domain::operation::{Actor, Operation};
use platform::aws::Clients;
use platform::config::{ConfigError, Env};
use platform::objects::Objects;
use store::table::Consistency;
use store::{Store, Table};
use worker::{Backoff, Edge, Job, JobError};

/// How much of a job is done before the worker is called again.
#[derive(Debug, Clone, Copy)]
pub struct Slice {
    /// How long it works. The function's own time and the lease of its event are longer.
    pub time: Duration,
    /// How many rows or products it takes at most.
    pub rows: u64,
    /// After how many rows it notes how far it has come.
    pub step: u64,
}

impl Slice {
    /// What fits into the function's 90 seconds.
    pub const USUAL: Self = Self { time: Duration::from_secs(45), rows: u64::MAX, step: 500 };

    fn is_over(&self, ambient: &Ambient, started: Timestamp, rows: u64) -> bool {
        rows >= self.rows || ambient.now().since(started) >= self.time
    }
}

/// What the function's role may use.
pub struct State {
    store: Store,
    files: Objects,
    ambient: Ambient,
    slice: Slice,
}

impl State {
    /// Joins the parts.
    pub fn new(store: Store, files: Objects, ambient: Ambient, slice: Slice) -> Self {
        Self { store, files, ambient, slice }
    }

    /// Reads the configuration. Nothing goes over the network yet.
    ///
    /// # Errors
    /// When a value is missing; the error names it.
    pub async fn load(env: &Env) -> Result<(Edge, Self), ConfigError> {
        let [table, bucket] = env.texts(["HAAT_TABLE", "HAAT_FILES_BUCKET"])?;
        let clients = Clients::load().await;
        let ambient = platform::ambient::system();
        let store = Store::new(Table::new(clients.sdk(), table));
        let files = Objects::new(clients.s3(), bucket, ambient.clone());
        let edge = Edge::new(Consumer::Importer, store.clone(), ambient.clone());
        let edge = edge.with_backoff(Backoff::load(env, &clients)?);
        Ok((edge, Self::new(store, files, ambient, Slice::USUAL)))
    }

    /// Lets a job go on in the name of who asked for it, if they may still do it: somebody who was suspended since, or sells no
    /// more, changes nothing.
    async fn acting(
        &self,
        operation: &Operation,
        user: UserId,
        seller: Option<SellerId>,
    ) -> Result<Result<Operation, Failure>, JobError> {
        let user = self.store.user(operation.scope, user, Consistency::Strong).await?;
        let refused =
            || Failure { code: FaultCode::NotAllowed, reason: "Who asked for this may not do it any more".to_owned() };
        let Some(user) = user.filter(|user| user.may_act()) else { return Ok(Err(refused())) };
        let sells = seller.is_some() && seller == user.seller;
        let may = |permission| user.roles.iter().any(|role| role.permissions().contains(&permission));
        if may(Permission::ManageProducts) || (may(Permission::SellProducts) && sells) {
            let actor = Actor::User { id: user.id, roles: user.roles };
            return Ok(Ok(Operation { actor, now: self.ambient.now(), ..operation.clone() }));
        }
        Ok(Err(refused()))
    }
}

impl worker::Handler for State {
    async fn handle(&self, job: Job) -> Result<(), JobError> {
        match job.event {
            Event::ProductImportRequested { import } => import::run(self, &job.operation, import).await,
            Event::ProductExportRequested { export } => export::run(self, &job.operation, export).await,
            _ => Ok(()),
        }
    }
}
