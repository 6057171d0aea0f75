//! Gives stock held by unpaid checkouts back when time is up.
//!
//! May depend on `shared/*` only. Runs once a minute over all tenants, each checkout under its own tenant.
//!
//! Invariant: a checkout expires once, and never after it was paid: the store's condition decides, not this
//! function's reading of what is due. So runs may overlap and repeat.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

use domain::ambient::Ambient;
use domain::operation::{Actor, Operation};
use platform::aws::Clients;
use platform::config::{ConfigError, Env};
use platform::metrics;
use store::holds::Expiry;
use store::{Store, Table};
use worker::JobError;

/// What the function's role may use.
pub struct State {
    store: Store,
    ambient: Ambient,
}

impl State {
    /// Joins the parts.
    pub fn new(store: Store, ambient: Ambient) -> Self {
        Self { store, ambient }
    }

    /// Reads the configuration. Nothing goes over the network yet.
    ///
    /// # Errors
    /// When a value is missing; the error names it.
    pub async fn load(env: &Env) -> Result<Self, ConfigError> {
        let table = Table::new(Clients::load().await.sdk(), env.text("HAAT_TABLE")?);
        Ok(Self::new(Store::new(table), platform::ambient::system()))
    }
}

impl worker::Scheduled for State {
    async fn tick(&self, request_id: String) -> Result<(), JobError> {
        let actor = Actor::System { name: "janitor".to_owned() };
        let (mut expired, mut failure) = (0u32, None);
        for due in self.store.due_holds(self.ambient.now()).await? {
            let operation = Operation::begin(due.scope, actor.clone(), request_id.clone(), None, &self.ambient);
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
