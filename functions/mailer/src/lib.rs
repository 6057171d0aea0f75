//! Sends mails about what happened.
//!
//! May depend on `shared/*` only. Start reading at [`State`]'s handler: one module per event, [`letter`] for the words.
//!
//! Invariant: events carry no personal data, so what a mail needs is read and opened here, under this function's own
//! rights, and logged nowhere. A mail goes out once per event and [`Audience`]: the one gap is a machine that dies between
//! the mail service's answer and the note of it, where a second mail is better than none.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod audience;
mod credit_note_issued;
mod invoice_issued;
pub mod letter;
mod order_cancelled;
mod order_received;
mod parcel_moved;
mod recipient;
mod sale_cancelled;
mod sale_paid;
mod sale_refunded;
mod security_changed;
mod seller_moved;
#[cfg(test)]
mod tests;
mod ticket;

use domain::calendar;
use domain::event::{Consumer, Event};
use domain::id::UserId;
use domain::order::Order;
use domain::tenant::Tenant;
use domain::ticket::{Ticket, TicketKind};
use futures_util::stream::{self, StreamExt};
use jiff::Zoned;
use platform::aws::Clients;
use platform::config::{ConfigError, Env};
use platform::mail::{Mail, MailError, Mailer};
use platform::objects::Objects;
use platform::tenants;
use platform::vault::Vault;
use store::table::Consistency;
use store::{Store, Table};
use worker::{Backoff, Edge, Job, JobError};

pub use crate::audience::Audience;
use crate::letter::{Branding, Letter, LetterError, Writer, Written};

/// How many mails about one event are written and sent at once, so that the forty sellers of a full cart are told within the
/// function's time.
const SIDE_BY_SIDE: usize = 4;

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

    /// Where a seller finds an order of theirs.
    fn sale_url(&self, tenant: &Tenant, order: &Order) -> String {
        format!("{}/seller/orders/{}", self.shop_url(tenant), order.id)
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

/// A mail, and what is to be forgotten once it was sent.
struct Composed {
    mail: Mail,
    sent: Sent,
}

/// What only a mail on its way still needs.
enum Sent {
    /// Nothing.
    Nothing,
    /// The token of a ticket.
    Ticket(Ticket),
    /// The address that a person had before the event.
    OldAddress(UserId),
}

impl From<Mail> for Composed {
    fn from(mail: Mail) -> Self {
        Self { mail, sent: Sent::Nothing }
    }
}

impl State {
    /// Writes the mail that an event asks for to an audience; none when it asks for none, or the person is gone.
    async fn compose(&self, job: &Job, audience: Audience) -> Result<Option<Composed>, JobError> {
        let scope = job.operation.scope;
        let tenant = self.store.tenant(scope, Consistency::Eventual).await?;
        let tenant = tenant.ok_or_else(|| JobError::fail("the tenant is gone"))?;
        let (kind, user, ticket) = match job.event {
            Event::OrderGroupPlaced { group, user } => {
                return Ok(order_received::mail(self, scope, &tenant, group, user).await?.map(Composed::from));
            }
            Event::OrderGroupPaid { .. } => {
                let Audience::Seller(order) = audience else { return Ok(None) };
                return Ok(sale_paid::mail(self, scope, &tenant, order).await?.map(Composed::from));
            }
            Event::InvoiceIssued { order, .. } => {
                return Ok(invoice_issued::mail(self, scope, &tenant, order).await?.map(Composed::from));
            }
            Event::OrdersCancelled { ref orders, by, reason, refund, .. } => {
                let how = (by, reason, refund);
                let mail = match audience {
                    Audience::Person => order_cancelled::mail(self, scope, &tenant, orders, how).await?,
                    Audience::Seller(order) => sale_cancelled::mail(self, scope, &tenant, order, how).await?,
                };
                return Ok(mail.map(Composed::from));
            }
            Event::RefundSucceeded { payment, refund, .. } => {
                return Ok(sale_refunded::mail(self, scope, &tenant, payment, refund).await?.map(Composed::from));
            }
            Event::CreditNoteIssued { order, place, .. } => {
                let mail = credit_note_issued::mail(self, scope, &tenant, order, place);
                return Ok(mail.await?.map(Composed::from));
            }
            Event::SellerStatusChanged { seller, user, status } => {
                let mail = seller_moved::mail(self, scope, &tenant, seller, user, status).await?;
                return Ok(mail.map(Composed::from));
            }
            Event::ShipmentMoved { shipment, status, .. } => {
                return Ok(parcel_moved::mail(self, scope, &tenant, shipment, status).await?.map(Composed::from));
            }
            Event::SecurityChanged { user, change } => {
                return security_changed::mail(self, job, &tenant, user, change).await;
            }
            Event::EmailVerificationRequested { user, ticket } => (TicketKind::EmailVerification, user, ticket),
            Event::PasswordResetRequested { user, ticket } => (TicketKind::PasswordReset, user, ticket),
            Event::EmailChangeRequested { user, ticket } => (TicketKind::EmailChange, user, ticket),
            Event::UserInvited { user, ticket } => (TicketKind::Invitation, user, ticket),
            _ => return Ok(None),
        };
        ticket::mail(self, job, &tenant, kind, user, ticket).await
    }

    /// Writes a letter in the tenant's language, with a copy for whoever keeps the tenant's mails where it is to be kept.
    async fn write(&self, tenant: &Tenant, letter: &Letter, to: String) -> Result<Mail, JobError> {
        let written = self.writer.write(&tenant.settings.locale, &self.branding(tenant), letter);
        let Written { subject, html, text } = written.map_err(JobError::fail)?;
        let bcc = match letter.is_kept() {
            true => tenants::open_bcc_audit_email(&self.vault, tenant).await?,
            false => None,
        };
        Ok(Mail { to, bcc, subject, html, text, attachments: Vec::new() })
    }

    /// Forgets what only the mail still needed.
    async fn forget(&self, job: &Job, sent: &Sent) -> Result<(), store::Error> {
        let scope = job.operation.scope;
        match sent {
            Sent::Nothing => Ok(()),
            Sent::Ticket(ticket) => self.store.ticket_sent(scope, ticket).await,
            Sent::OldAddress(user) => self.store.forget_old_address(scope, *user, job.id).await,
        }
    }
}

/// Writes an instant as people write it who read a language: the months in English, else in numbers.
fn instant(locale: &str, at: &Zoned) -> String {
    if letter::language(locale) == "en" { calendar::minute(at) } else { calendar::minute_in_numbers(at) }
}

/// Writes a day likewise.
fn day(locale: &str, at: &Zoned) -> String {
    if letter::language(locale) == "en" { calendar::day(at.date()) } else { calendar::day_in_numbers(at.date()) }
}

impl State {
    /// Tells an audience of an event. Answers whether there was something to tell.
    async fn tell(&self, job: &Job, audience: Audience) -> Result<bool, JobError> {
        let Some(Composed { mail, sent }) = self.compose(job, audience).await? else { return Ok(false) };
        self.mailer.send(&mail).await?;
        // It is sealed and goes by itself in time: not worth a second mail.
        if let Err(error) = self.forget(job, &sent).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "what a mail needed is kept until it expires");
        }
        Ok(true)
    }

    /// Tells one of several audiences, and notes it.
    async fn tell_one_of_several(&self, job: &Job, audience: Audience) -> Result<(), JobError> {
        if self.tell(job, audience).await? {
            let (scope, effect) = (job.operation.scope, audience.to_string());
            if let Err(error) = self.store.note_effect(scope, Consumer::Mailer, job.id, &effect).await {
                tracing::warn!(error = &error as &dyn std::error::Error, "a mail may be sent twice");
            }
        }
        Ok(())
    }

    /// Tells each of several audiences of an event. One that can't be told keeps it from nobody else, and who was told by an
    /// earlier try is not told again.
    async fn tell_each(&self, job: &Job, audiences: Vec<Audience>) -> Result<(), JobError> {
        let told = self.store.effects_of(job.operation.scope, Consumer::Mailer, job.id).await?;
        let left = audiences.into_iter().filter(|audience| !told.contains(&audience.to_string()));
        let mails = stream::iter(left).map(|audience| self.tell_one_of_several(job, audience));
        let mut failures =
            mails.buffer_unordered(SIDE_BY_SIDE).filter_map(async |end| end.err()).collect::<Vec<_>>().await;
        let Some(last) = failures.pop() else { return Ok(()) };
        // The worker logs the one that it is given.
        for error in failures {
            tracing::warn!(error = &error as &dyn std::error::Error, "one more mail can't be sent");
        }
        Err(last)
    }
}

impl worker::Handler for State {
    async fn handle(&self, job: Job) -> Result<(), JobError> {
        let audiences = Audience::of(&job.event);
        match audiences.as_slice() {
            // The claim of the event is the note.
            [only] => self.tell(&job, *only).await.map(drop),
            _ => self.tell_each(&job, audiences).await,
        }
    }
}
