//! Invoices of somebody who was erased: kept as the law demands, with the person's data blank.

use domain::id::UserId;
use domain::tenant::{Tenant, TenantScope};
use worker::JobError;

use crate::{State, issue};

/// How many orders are read at once.
const PAGE: u32 = 50;

/// Draws the documents of an erased buyer anew and removes the old ones for good, versions and all. Drawing one twice
/// gives the same.
///
/// # Errors
/// When a step fails; the next run begins again.
pub async fn blank(state: &State, scope: TenantScope, tenant: &Tenant, user: UserId) -> Result<(), JobError> {
    let mut from = None;
    loop {
        let page = state.store.orders_of(scope, user, PAGE, from).await?;
        for order in page.items {
            // Read as one writes it, not as the index lists it. One that is being written now is drawn with blanks already.
            let (order, invoice) = state.store.order_and_invoice(scope, order.id).await?;
            let Some((order, invoice)) = order.zip(invoice) else { continue };
            let Some(key) = &invoice.object_key else { continue };
            let pdf = issue::render(state, scope, tenant, &order, &invoice).await?;
            state.invoices.replace(key, pdf, issue::CONTENT_TYPE).await?;
        }
        from = page.next;
        if from.is_none() {
            return Ok(());
        }
    }
}
