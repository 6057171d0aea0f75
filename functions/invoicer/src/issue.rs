//! One order's invoice, in steps that are each safe to repeat.

use domain::catalog::Seller;
use domain::id::OrderId;
use domain::invoice::{self, Invoice, Series};
use domain::operation::Operation;
use domain::order::Order;
use domain::pii::Sealed;
use domain::tenant::Tenant;
use domain::user::User;
use platform::people;
use worker::JobError;

use crate::State;
use crate::draw::{Drawing, Subject};

/// Numbers, renders and stores the invoice of an order, and tells of it. Returns both.
///
/// What a cut-off run has done is found again: the number in the order's invoice row, the document under a key made
/// of the invoice's id. The event is written with the note that the document is stored, so it is told once.
///
/// # Errors
/// When a step fails; the next run goes on from there.
pub async fn issue(
    state: &State,
    operation: &Operation,
    tenant: &Tenant,
    order: OrderId,
) -> Result<(Order, Invoice), JobError> {
    let (order, invoice) = state.store.order_and_invoice(operation.scope, order).await?;
    let order = order.ok_or_else(|| JobError::fail("the order is gone"))?;
    let invoice = match invoice {
        Some(invoice) if invoice.object_key.is_some() => return Ok((order, invoice)),
        Some(invoice) => invoice,
        None => {
            let (seller, person) = state.store.seller_with_person(operation.scope, order.seller).await?;
            let series = Series::of_invoices(tenant, seller.as_ref(), operation.now);
            let issuer = match seller.as_ref().zip(person.as_ref()) {
                Some((seller, person)) => issuer(state, tenant, order.id, seller, person).await?,
                None => None,
            };
            state.store.number_invoice(operation, &series, &order, issuer.as_ref()).await?
        }
    };
    let subject = Subject::Invoice(&invoice);
    let drawing = Drawing { state, scope: operation.scope, tenant, order: &order, subject };
    let key = drawing.put().await?;
    state.store.invoice_stored(operation, &invoice, &key).await?;
    drawing.blank_if_erased(&key).await?;
    Ok((order, invoice))
}

/// Seals who the seller is at this moment, where the seller issues the documents about the order itself.
async fn issuer(
    state: &State,
    tenant: &Tenant,
    order: OrderId,
    seller: &Seller,
    person: &User,
) -> Result<Option<Sealed>, JobError> {
    if !invoice::issues_itself(tenant, seller) {
        return Ok(None);
    }
    let identity = people::open_legal_identity(&state.vault, tenant, person, seller).await?;
    let Some(identity) = identity else { return Ok(None) };
    Ok(Some(people::seal_issuer(&state.vault, tenant, order, &identity).await?))
}
