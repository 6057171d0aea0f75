//! Draws documents and puts them where they are kept.

use domain::credit::CreditNote;
use domain::invoice::Invoice;
use domain::order::Order;
use domain::tenant::{Tenant, TenantScope};
use platform::people;
use store::table::Consistency;
use worker::JobError;

use crate::document::Frame;
use crate::{State, pdf};

const CONTENT_TYPE: &str = "application/pdf";

/// A document about an order, to be drawn.
pub(crate) struct Drawing<'a> {
    pub(crate) state: &'a State,
    pub(crate) scope: TenantScope,
    pub(crate) tenant: &'a Tenant,
    pub(crate) order: &'a Order,
    pub(crate) subject: Subject<'a>,
}

/// What is drawn.
#[derive(Clone, Copy)]
pub(crate) enum Subject<'a> {
    /// An invoice.
    Invoice(&'a Invoice),
    /// A credit note, and the invoice that it takes back.
    CreditNote(&'a CreditNote, &'a Invoice),
}

impl Drawing<'_> {
    /// Draws the document and stores it, and returns where: a place made of the document's id.
    pub(crate) async fn put(&self) -> Result<String, JobError> {
        let id = match self.subject {
            Subject::Invoice(invoice) => invoice.id.to_string(),
            Subject::CreditNote(note, _) => note.id.to_string(),
        };
        let key = format!("{}/{id}.pdf", self.tenant.id);
        self.state.invoices.put(&key, self.render().await?, CONTENT_TYPE).await?;
        Ok(key)
    }

    /// Draws the document anew when its buyer was erased while it was drawn. Whoever is erased from now on finds it noted.
    pub(crate) async fn blank_if_erased(&self, key: &str) -> Result<(), JobError> {
        let buyer = self.state.store.user(self.scope, self.order.user, Consistency::Strong).await?;
        if buyer.is_some_and(|buyer| buyer.key_part.is_some()) {
            return Ok(());
        }
        self.replace(key).await
    }

    /// Draws the document anew and removes what was there for good, versions and all.
    pub(crate) async fn replace(&self, key: &str) -> Result<(), JobError> {
        Ok(self.state.invoices.replace(key, self.render().await?, CONTENT_TYPE).await?)
    }

    /// Draws the document. Where the buyer's data were erased it has blanks.
    async fn render(&self) -> Result<Vec<u8>, JobError> {
        let (state, tenant, order) = (self.state, self.tenant, self.order);
        let (buyer, seller) = tokio::try_join!(
            state.store.user(self.scope, order.user, Consistency::Strong),
            state.store.seller(self.scope, order.seller, Consistency::Eventual),
        )?;
        let item = order.id.to_string();
        let address = people::open_address(&state.vault, tenant, buyer.as_ref(), &item, &order.address).await?;
        let (Subject::Invoice(invoice) | Subject::CreditNote(_, invoice)) = self.subject;
        let issuer = people::open_issuer(&state.vault, tenant, invoice).await?;
        let frame = Frame { tenant, order, address: &address, seller: seller.as_ref(), issuer: issuer.as_ref() };
        let document = match self.subject {
            Subject::Invoice(invoice) => frame.invoice(invoice),
            Subject::CreditNote(note, invoice) => frame.credit_note(note, invoice),
        };
        pdf::render(&state.fonts, &document.map_err(JobError::fail)?).map_err(JobError::fail)
    }
}
