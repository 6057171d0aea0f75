//! Enters what was paid and given back into the books, makes licence keys, writes the invoice of every paid order and the credit note of every
//! refund: number, document, event. Writes them anew, with blanks, when their buyer is erased.
//!
//! May depend on `shared/*` only. Start reading at [`issue`]; the document itself is in [`pdf`].
//!
//! Invariant: an order has one invoice and a refund one credit note, with one number and one document each, however often and
//! in whatever order events arrive, and wherever a run was cut off. Numbers have no gaps.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub mod blank;
pub mod books;
pub mod credit;
pub mod document;
mod draw;
pub mod issue;
pub mod licence;
pub mod pdf;

use domain::event::{Consumer, Event};
use platform::aws::Clients;
use platform::config::{ConfigError, Env};
use platform::objects::Objects;
use platform::vault::Vault;
use store::table::Consistency;
use store::{Store, Table};
use worker::{Backoff, Edge, Job, JobError};

use crate::pdf::Fonts;

#[cfg(test)]
mod tests;

/// What the function's role may use.
pub struct State {
    store: Store,
    vault: Vault,
    invoices: Objects,
    fonts: Fonts,
}

/// Why the function can't start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A variable is missing or wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The embedded fonts are damaged.
    #[error("the embedded fonts can't be read")]
    Fonts,
}

impl State {
    /// Joins the parts.
    pub fn new(store: Store, vault: Vault, invoices: Objects, fonts: Fonts) -> Self {
        Self { store, vault, invoices, fonts }
    }

    /// Reads the configuration. Nothing goes over the network yet.
    ///
    /// # Errors
    /// When a value is missing; the error names it.
    pub async fn load(env: &Env) -> Result<(Edge, Self), StartError> {
        let [table, key, bucket] = env.texts(["HAAT_TABLE", "HAAT_KMS_KEY_ID", "HAAT_INVOICES_BUCKET"])?;
        let clients = Clients::load().await;
        let ambient = platform::ambient::system();
        let store = Store::new(Table::new(clients.sdk(), table));
        let vault = Vault::new(&clients, key, ambient.clone());
        let invoices = Objects::new(clients.s3(), bucket, ambient.clone());
        let edge = Edge::new(Consumer::Invoicer, store.clone(), ambient).with_backoff(Backoff::load(env, &clients)?);
        Ok((edge, Self::new(store, vault, invoices, Fonts::load().ok_or(StartError::Fonts)?)))
    }
}

impl worker::Handler for State {
    async fn handle(&self, job: Job) -> Result<(), JobError> {
        let tenant = async {
            let tenant = self.store.tenant(job.operation.scope, Consistency::Strong).await?;
            tenant.ok_or_else(|| JobError::fail("the tenant is gone"))
        };
        match &job.event {
            Event::OrderGroupPaid { orders, .. } => {
                books::sales(self, &job.operation, orders).await?;
                let tenant = tenant.await?;
                for order in orders {
                    let (order, _) = issue::issue(self, &job.operation, &tenant, *order).await?;
                    licence::issue(self, &job.operation, &tenant, &order).await?;
                }
                Ok(())
            }
            Event::PaymentNeedsRefund { group, payment } => {
                books::unearned(self, &job.operation, *group, *payment).await
            }
            Event::PaymentChargedBack { payment, place, amount, .. } => {
                books::charged_back(self, &job.operation, (*payment, *place), *amount).await
            }
            Event::OrdersCancelled { group, .. } => books::coupon(self, &job.operation, *group).await,
            Event::RefundSucceeded { group, payment, refund } => {
                books::coupon(self, &job.operation, *group).await?;
                let refund = books::refund(self, &job.operation, *payment, *refund).await?;
                credit::issue(self, &job.operation, &tenant.await?, &refund).await
            }
            Event::UserDeleted { user } => blank::blank(self, job.operation.scope, &tenant.await?, *user).await,
            _ => Ok(()),
        }
    }
}
