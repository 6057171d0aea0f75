//! One order's invoice, in steps that are each safe to repeat.

use domain::address::{self, PostalAddress};
use domain::id::OrderId;
use domain::operation::Operation;
use domain::pii::Purpose;
use domain::tenant::Tenant;
use platform::vault::Place;
use store::table::Consistency;
use worker::JobError;

use crate::{State, document, pdf};

const CONTENT_TYPE: &str = "application/pdf";

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
    let item = order.id.to_string();
    let place = Place::new(&item, address::FIELD);
    let address = state.vault.open_json::<PostalAddress>(tenant, Purpose::Pii, place, &order.address);
    let seller = state.store.seller(operation.scope, order.seller, Consistency::Eventual);
    let (address, seller) = (address.await?, seller.await?);
    let document = document::document(tenant, &order, &invoice, &address, seller.as_ref()).map_err(JobError::fail)?;
    let pdf = pdf::render(&state.fonts, &document).map_err(JobError::fail)?;
    let key = format!("{}/{}.pdf", tenant.id, invoice.id);
    state.invoices.put(&key, pdf, CONTENT_TYPE).await?;
    state.store.invoice_stored(operation, &invoice, &key).await?;
    Ok(())
}
