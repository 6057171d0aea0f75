//! One refund's credit note, in the same steps as an invoice.

use domain::invoice::Series;
use domain::operation::Operation;
use domain::refund::Refund;
use domain::tenant::Tenant;
use worker::JobError;

use crate::draw::{Drawing, Subject};
use crate::{State, issue};

/// Numbers, renders and stores the credit note of a refund that went back, and tells of it.
///
/// Events come in any order: where the invoice that is taken back is not written yet, it is written first, and found when the
/// payment is told of. Money that was captured in vain has no invoice, and no credit note.
///
/// # Errors
/// When a step fails; the next run goes on from there.
pub async fn issue(state: &State, operation: &Operation, tenant: &Tenant, refund: &Refund) -> Result<(), JobError> {
    let Some(order) = refund.order else { return Ok(()) };
    let (order, invoice) = issue::issue(state, operation, tenant, order).await?;
    let series = Series::of_credit_notes(tenant, &invoice, operation.now);
    let note = state.store.number_credit_note(operation, &series, (&order, &invoice), refund).await?;
    if note.object_key.is_some() {
        return Ok(());
    }
    let subject = Subject::CreditNote(&note, &invoice);
    let drawing = Drawing { state, scope: operation.scope, tenant, order: &order, subject };
    let key = drawing.put().await?;
    state.store.credit_note_stored(operation, &note, &key).await?;
    drawing.blank_if_erased(&key).await
}
