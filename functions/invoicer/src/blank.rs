//! Invoices and credit notes of somebody who was erased: kept as the law demands, with the person's data blank.

use domain::id::UserId;
use domain::tenant::{Tenant, TenantScope};
use store::order_lists::{OrderFilter, Whose};
use worker::JobError;

use crate::State;
use crate::draw::{Drawing, Subject};

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
        let (of_user, all) = (Whose::Buyer(user), OrderFilter::default());
        let page = state.store.find_orders(scope, of_user, &all, PAGE, from).await?;
        for order in page.items {
            // Read as one writes them, not as the index lists it. What is being written now is drawn with blanks already.
            let (found, notes) = tokio::try_join!(
                state.store.order_and_invoice(scope, order.id),
                state.store.credit_notes(scope, order.id),
            )?;
            let (Some(order), Some(invoice)) = found else { continue };
            let of_notes = notes.iter().map(|note| (&note.object_key, Subject::CreditNote(note, &invoice)));
            for (key, subject) in [(&invoice.object_key, Subject::Invoice(&invoice))].into_iter().chain(of_notes) {
                let Some(key) = key else { continue };
                Drawing { state, scope, tenant, order: &order, subject }.replace(key).await?;
            }
        }
        from = page.next;
        if from.is_none() {
            return Ok(());
        }
    }
}
