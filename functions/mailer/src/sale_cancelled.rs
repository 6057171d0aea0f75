//! "An order of yours was cancelled."

use domain::amount;
use domain::id::OrderId;
use domain::money::Money;
use domain::order::{CancelReason, Party};
use domain::tenant::{Tenant, TenantScope};
use platform::mail::Mail;
use worker::JobError;

use crate::State;
use crate::letter::{Letter, SaleCancelled};

/// Writes to the seller of an order that somebody else has called off; none when the seller is gone, or never heard of the
/// order since nobody paid it.
pub(crate) async fn mail(
    state: &State,
    scope: TenantScope,
    tenant: &Tenant,
    order: OrderId,
    (by, reason, refund): (Party, CancelReason, Money),
) -> Result<Option<Mail>, JobError> {
    let order = state.store.order(scope, order).await?.ok_or_else(|| JobError::fail("the order is gone"))?;
    if !order.was_paid() {
        return Ok(None);
    }
    let Some(to) = state.seller_of(scope, tenant, &order).await? else { return Ok(None) };
    let letter = Letter::SaleCancelled(SaleCancelled {
        name: to.name,
        by_buyer: by == Party::Buyer,
        reason,
        order: crate::order_received::part(&order),
        order_url: state.sale_url(tenant, &order),
        refund: (refund.amount > 0).then(|| amount::text(refund)),
        to_send: order.lines.iter().any(|line| !line.is_digital),
    });
    state.write(tenant, &letter, to.email).await.map(Some)
}
