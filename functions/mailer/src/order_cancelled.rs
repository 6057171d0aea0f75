//! "Your order was cancelled."

use domain::amount;
use domain::id::OrderId;
use domain::money::Money;
use domain::order::{CancelReason, Party};
use domain::tenant::{Tenant, TenantScope};
use platform::mail::Mail;
use worker::JobError;

use crate::State;
use crate::letter::{Letter, OrderCancelled};

/// Writes the mail about orders that were called off; none when their buyer is gone.
pub(crate) async fn mail(
    state: &State,
    scope: TenantScope,
    tenant: &Tenant,
    orders: &[OrderId],
    (by, reason, refund): (Party, CancelReason, Money),
) -> Result<Option<Mail>, JobError> {
    let orders = state.store.orders(scope, orders).await?;
    let first = orders.first().ok_or_else(|| JobError::fail("the orders are gone"))?;
    let Some(to) = state.recipient(scope, tenant, first.user).await? else {
        return Ok(None);
    };
    let letter = Letter::OrderCancelled(OrderCancelled {
        name: to.name,
        by_buyer: by == Party::Buyer,
        reason,
        orders: orders.iter().map(crate::order_received::part).collect(),
        refund: (refund.amount > 0).then(|| amount::text(refund)),
    });
    state.write(tenant, &letter, to.email).await.map(Some)
}
