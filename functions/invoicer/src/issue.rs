//! One order's invoice, in steps that are each safe to repeat.

use domain::id::OrderId;
use domain::invoice::Invoice;
use domain::operation::Operation;
use domain::order::Order;
use domain::tenant::{Tenant, TenantScope};
use platform::people;
use store::table::Consistency;
use worker::JobError;

use crate::{State, document, pdf};

pub(crate) const CONTENT_TYPE: &str = "application/pdf";

/// Numbers, renders and stores the invoice of an order, and tells of it.
///
/// What a cut-off run has done is found again: the number in the order's invoice row, the document under a key made
/// of the invoice's id. The event is written with the note that the document is stored, so it is told once.
///
/// # Errors
/// When a step fails; the next run goes on from there.
pub async fn issue(state: &State, operation: &Operation, tenant: &Tenant, order: OrderId) -> Result<(), JobError> {
    let (order, invoice) = state.store.order_and_invoice(operation.scope, order).await?;
    let order = order.ok_or_else(|| JobError::fail("the order is gone"))?;
    let invoice = match invoice {
        Some(invoice) if invoice.object_key.is_some() => return Ok(()),
        Some(invoice) => invoice,
        None => state.store.number_invoice(operation, tenant, &order).await?,
    };
    let pdf = render(state, operation.scope, tenant, &order, &invoice).await?;
    let key = object_key(tenant, &invoice);
    state.invoices.put(&key, pdf, CONTENT_TYPE).await?;
    state.store.invoice_stored(operation, &invoice, &key).await?;
    // Who was erased while the document was drawn is not to be found in it; whoever is erased from now on finds it noted.
    let buyer = state.store.user(operation.scope, order.user, Consistency::Strong).await?;
    if buyer.is_none_or(|buyer| buyer.key_part.is_none()) {
        let pdf = render(state, operation.scope, tenant, &order, &invoice).await?;
        state.invoices.replace(&key, pdf, CONTENT_TYPE).await?;
    }
    Ok(())
}

/// Makes the place of an invoice's document.
pub(crate) fn object_key(tenant: &Tenant, invoice: &Invoice) -> String {
    format!("{}/{}.pdf", tenant.id, invoice.id)
}

/// Draws the document of an invoice. Where the buyer's data were erased it has blanks.
pub(crate) async fn render(
    state: &State,
    scope: TenantScope,
    tenant: &Tenant,
    order: &Order,
    invoice: &Invoice,
) -> Result<Vec<u8>, JobError> {
    let (buyer, seller) = (
        state.store.user(scope, order.user, Consistency::Strong),
        state.store.seller(scope, order.seller, Consistency::Eventual),
    );
    let (buyer, seller) = (buyer.await?, seller.await?);
    let item = order.id.to_string();
    let address = people::open_address(&state.vault, tenant, buyer.as_ref(), &item, &order.address).await?;
    let document = document::document(tenant, order, invoice, &address, seller.as_ref()).map_err(JobError::fail)?;
    pdf::render(&state.fonts, &document).map_err(JobError::fail)
}
