//! "Your payment has arrived, here is the invoice."

use domain::id::OrderId;
use domain::tenant::{Tenant, TenantScope};
use domain::{amount, calendar};
use platform::mail::{Attachment, Mail};
use worker::JobError;

use crate::letter::{InvoiceIssued, Letter};
use crate::{State, day};

/// Writes the mail with an order's invoice; none when its buyer is gone.
pub(crate) async fn mail(
    state: &State,
    scope: TenantScope,
    tenant: &Tenant,
    order: OrderId,
) -> Result<Option<Mail>, JobError> {
    let (order, invoice) = state.store.order_and_invoice(scope, order).await?;
    let (order, invoice) = order.zip(invoice).ok_or_else(|| JobError::fail("the order or its invoice is gone"))?;
    let key = invoice.object_key.as_deref().ok_or_else(|| JobError::fail("the invoice has no document"))?;
    let Some(to) = state.recipient(scope, tenant, order.user).await? else {
        return Ok(None);
    };
    let bytes = state.invoices.get(key).await?;
    let settings = &tenant.settings;
    let letter = Letter::InvoiceIssued(InvoiceIssued {
        name: to.name,
        number: invoice.number.clone(),
        issued_on: day(&settings.locale, &calendar::local(invoice.issued_at, &settings.time_zone)),
        order: order.id.to_string(),
        order_url: format!("{}/orders/{}", state.shop_url(tenant), order.id),
        total: amount::text(order.totals.total),
    });
    let name = format!("{}.pdf", invoice.number);
    let attachment = Attachment { name, content_type: "application/pdf".to_owned(), bytes };
    Ok(Some(Mail { attachments: vec![attachment], ..state.write(tenant, &letter, to.email).await? }))
}
