//! Gives stock held by unpaid checkouts back when time is up, carries refunds out, asks providers about open payments, closes
//! there what nobody is to pay any more, compares the books with theirs, clears away what erased people left, and lets data
//! keys follow each other.
//!
//! May depend on `shared/*` only. Runs once a minute over all tenants, each checkout under its own tenant.
//!
//! Invariant: a checkout expires once, and never after it was paid: the store's condition decides, not this
//! function's reading of what is due. The same holds for each step of a [`rotation`]. So runs may overlap and repeat.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod comparison;
pub mod erasure;
pub mod reconciliation;
pub mod refunds;
pub mod rotation;

use std::time::Duration;

use domain::ambient::Ambient;
use domain::operation::{Actor, Operation};
use payments::Gateways;
use platform::aws::Clients;
use platform::config::{ConfigError, Env};
use platform::metrics;
use platform::objects::Objects;
use platform::vault::Vault;
use store::holds::Expiry;
use store::{Store, Table};
use worker::JobError;

use crate::comparison::Reports;
use crate::reconciliation::Reconciliation;
use crate::refunds::Refunds;
use crate::rotation::{Progress, Rotator};

/// How long a run goes on with rotations; what is left is for the next.
const ROTATING: Duration = Duration::from_secs(8);
/// In which minute of the hour keys are looked for that have served for a year.
const MINUTE_OF_OVERDUE_KEYS: i64 = 17;

/// What the function's role may use.
pub struct State {
    store: Store,
    refunds: Refunds,
    reconciliation: Reconciliation,
    reports: Reports,
    rotator: Rotator,
    ambient: Ambient,
}

impl State {
    /// Joins the parts; reports go into `objects`.
    pub fn new(store: Store, vault: Vault, gateways: Gateways, objects: Objects, ambient: Ambient) -> Self {
        let parts = || (store.clone(), vault.clone(), gateways.clone(), ambient.clone());
        let (refunds, reconciliation) = (parts(), parts());
        Self {
            refunds: Refunds::new(refunds.0, refunds.1, refunds.2, refunds.3),
            reconciliation: Reconciliation::new(reconciliation.0, reconciliation.1, reconciliation.2, reconciliation.3),
            reports: Reports::new(store.clone(), vault.clone(), gateways, objects, ambient.clone()),
            rotator: Rotator::new(store.clone(), vault, ambient.clone()),
            store,
            ambient,
        }
    }

    /// Reads the configuration. Nothing goes over the network yet.
    ///
    /// # Errors
    /// When a value is missing; the error names it.
    pub async fn load(env: &Env) -> Result<Self, ConfigError> {
        let [table, key, documents] = env.texts(["HAAT_TABLE", "HAAT_KMS_KEY_ID", "HAAT_INVOICES_BUCKET"])?;
        let (clients, ambient) = (Clients::load().await, platform::ambient::system());
        let vault = Vault::new(&clients, key, ambient.clone());
        let gateways = Gateways::at(|name| env.optional_text(name), &ambient);
        let objects = Objects::new(clients.s3(), documents, ambient.clone());
        Ok(Self::new(Store::new(Table::new(clients.sdk(), table)), vault, gateways, objects, ambient))
    }
}

impl worker::Scheduled for State {
    async fn tick(&self, request_id: String) -> Result<(), JobError> {
        // Stock first: a rotation can wait, and what fails of one must not keep the other.
        let holds = self.give_back(&request_id).await;
        let payments = self.reconciliation.ask(&request_id).await;
        let people = erasure::clear_away(&self.store, &self.ambient, &request_id).await;
        let refunds = self.refunds.carry_out(&request_id).await;
        let reports = self.reports.go_on().await;
        let keys = self.rotate(&request_id).await;
        holds.and(payments).and(people).and(refunds).and(reports).and(keys)
    }
}

impl State {
    /// Goes on with the rotations that are due, and begins those of keys that have served for a year.
    async fn rotate(&self, request_id: &str) -> Result<(), JobError> {
        let started = self.ambient.now();
        if started.as_seconds() / 60 % 60 == MINUTE_OF_OVERDUE_KEYS {
            let begun = self.rotator.begin_overdue(request_id).await?;
            metrics::count("rotations.begun", begun, &[]);
        }
        let mut failure = None;
        for due in self.store.due_rotations(started).await? {
            loop {
                if self.ambient.now().since(started) > ROTATING {
                    return failure.map_or(Ok(()), Err);
                }
                let operation = self.rotator.operation(due.scope, request_id);
                match self.rotator.step(&operation, due.purpose).await {
                    Ok(Progress::Page(_)) => {}
                    Ok(Progress::None | Progress::Waits(_) | Progress::Finished) => break,
                    // One tenant's rotation that fails must not keep the others.
                    Err(error) => {
                        let cause = &error as &dyn std::error::Error;
                        tracing::warn!(tenant.id = %due.scope.tenant(), error = cause, "a key rotation stays");
                        failure = Some(error);
                        break;
                    }
                }
            }
        }
        failure.map_or(Ok(()), Err)
    }

    async fn give_back(&self, request_id: &str) -> Result<(), JobError> {
        let actor = Actor::System { name: "janitor".to_owned() };
        let (mut expired, mut failure) = (0u32, None);
        for due in self.store.due_holds(self.ambient.now()).await? {
            let operation = Operation::begin(due.scope, actor.clone(), request_id.to_owned(), None, &self.ambient);
            match self.store.expire_hold(&operation, due.group).await {
                Ok(Expiry::Expired) => expired = expired.saturating_add(1),
                Ok(Expiry::NotDue) => {}
                // One checkout that can't expire now must not keep the stock of the others.
                Err(error) => {
                    let cause = &error as &dyn std::error::Error;
                    tracing::warn!(tenant.id = %due.scope.tenant(), group.id = %due.group, error = cause, "a hold stays");
                    failure = Some(error);
                }
            }
        }
        if expired > 0 {
            metrics::count("holds.expired", expired, &[]);
        }
        failure.map_or(Ok(()), |error| Err(error.into()))
    }
}

#[cfg(test)]
mod tests;
