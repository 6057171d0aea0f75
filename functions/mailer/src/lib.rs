//! Sends mails about what happened.
//!
//! May depend on `shared/*` only. Start reading at [`State`]'s handler: one module per event, [`letter`] for the words.
//!
//! Invariant: events carry no personal data, so what a mail needs is read and opened here, under this function's own
//! rights, and logged nowhere. A mail goes out once per event: the one gap is a machine that dies between the mail
//! service's answer and the note of it, where a second mail is better than none.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod invoice_issued;
pub mod letter;
mod order_received;
mod recipient;
#[cfg(test)]
mod tests;

use domain::event::{Consumer, Event};
use domain::tenant::Tenant;
use platform::aws::Clients;
use platform::config::{ConfigError, Env};
use platform::mail::{Mail, MailError, Mailer};
use platform::objects::Objects;
use platform::vault::Vault;
use store::table::Consistency;
use store::{Store, Table};
use worker::{Backoff, Edge, Job, JobError};

use crate::letter::{Branding, LetterError, Writer};

/// What the function's role may use.
pub struct State {
    store: Store,
    vault: Vault,
    invoices: Objects,
    mailer: Mailer,
    writer: Writer,
    base_domain: String,
}

/// Why the function can't start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A variable is missing or wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The sender's address is not one.
    #[error("wrong configuration: HAAT_MAIL_FROM: {0}")]
    Sender(#[from] MailError),
    /// A template is wrong.
    #[error(transparent)]
    Letter(#[from] LetterError),
}

impl State {
    /// Joins the parts.
    ///
    /// # Errors
    /// When a template is wrong, which the tests rule out.
    pub fn new(
        store: Store,
        vault: Vault,
        invoices: Objects,
        mailer: Mailer,
        base_domain: String,
    ) -> Result<Self, LetterError> {
        Ok(Self { store, vault, invoices, mailer, writer: Writer::new()?, base_domain })
    }

    /// Reads the configuration. Nothing goes over the network yet.
    ///
    /// # Errors
    /// When a value is missing or wrong; the error names it.
    pub async fn load(env: &Env) -> Result<(Edge, Self), StartError> {
        let [table, key, bucket, from, domain] =
            env.texts(["HAAT_TABLE", "HAAT_KMS_KEY_ID", "HAAT_INVOICES_BUCKET", "HAAT_MAIL_FROM", "HAAT_BASE_DOMAIN"])?;
        let clients = Clients::load().await;
        let ambient = platform::ambient::system();
        let store = Store::new(Table::new(clients.sdk(), table));
        let vault = Vault::new(&clients, key, ambient.clone());
        let invoices = Objects::new(clients.s3(), bucket, ambient.clone());
        let mailer = Mailer::new(clients.ses(), &from, ambient.clone())?;
        let edge = Edge::new(Consumer::Mailer, store.clone(), ambient).with_backoff(Backoff::load(env, &clients)?);
        Ok((edge, Self::new(store, vault, invoices, mailer, domain)?))
    }

    /// Where customers find the tenant.
    fn shop_url(&self, tenant: &Tenant) -> String {
        format!("https://{}.{}", tenant.subdomain, self.base_domain)
    }

    fn branding(&self, tenant: &Tenant) -> Branding {
        Branding {
            brand: tenant.name.clone(),
            shop_url: self.shop_url(tenant),
            legal_name: tenant.legal_name.clone(),
            legal_address: tenant.legal_address.clone(),
        }
    }
}

impl State {
    /// Writes the mail that an event asks for; none when it asks for none, or the person is gone.
    async fn compose(&self, job: &Job) -> Result<Option<Mail>, JobError> {
        let scope = job.operation.scope;
        let tenant = self.store.tenant(scope, Consistency::Eventual).await?;
        let tenant = tenant.ok_or_else(|| JobError::fail("the tenant is gone"))?;
        match job.event {
            Event::OrderGroupPlaced { group, user } => order_received::mail(self, scope, &tenant, group, user).await,
            Event::InvoiceIssued { order, .. } => invoice_issued::mail(self, scope, &tenant, order).await,
            _ => Ok(None),
        }
    }
}

impl worker::Handler for State {
    async fn handle(&self, job: Job) -> Result<(), JobError> {
        if let Some(mail) = self.compose(&job).await? {
            self.mailer.send(&mail).await?;
        }
        Ok(())
    }
}
