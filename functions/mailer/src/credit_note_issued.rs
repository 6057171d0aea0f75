//! "We have given money back to you, here is the credit note."

use domain::id::OrderId;
use domain::tenant::{Tenant, TenantScope};
use domain::{amount, calendar};
use platform::mail::{Attachment, Mail};
use worker::JobError;

use crate::letter::{CreditNoteIssued, Letter};
use crate::{State, day};

/// Writes the mail with a credit note; none when the buyer is gone.
pub(crate) async fn mail(
    state: &State,
    scope: TenantScope,
    tenant: &Tenant,
    order: OrderId,
    place: u32,
) -> Result<Option<Mail>, JobError> {
    let note = state.store.credit_note(scope, order, place).await?;
    let note = note.ok_or_else(|| JobError::fail("the credit note is gone"))?;
    let key = note.object_key.as_deref().ok_or_else(|| JobError::fail("the credit note has no document"))?;
    let Some(to) = state.recipient(scope, tenant, note.user).await? else {
        return Ok(None);
    };
    let bytes = state.invoices.get(key).await?;
    let settings = &tenant.settings;
    let letter = Letter::CreditNoteIssued(CreditNoteIssued {
        name: to.name,
        number: note.number.clone(),
        invoice: note.invoice,
        issued_on: day(&settings.locale, &calendar::local(note.issued_at, &settings.time_zone)),
        order: order.to_string(),
        order_url: format!("{}/orders/{order}", state.shop_url(tenant)),
        total: amount::text(note.credit.amount),
    });
    let name = format!("{}.pdf", note.number);
    let attachment = Attachment { name, content_type: "application/pdf".to_owned(), bytes };
    Ok(Some(Mail { attachments: vec![attachment], ..state.write(tenant, &letter, to.email).await? }))
}
