//! "You have a new order."

use domain::amount;
use domain::id::OrderId;
use domain::order::OrderStatus;
use domain::tenant::{Tenant, TenantScope};
use platform::mail::Mail;
use worker::JobError;

use crate::State;
use crate::letter::{Letter, SalePaid};

/// Writes to the seller of an order that is paid; none when the seller is gone, or nothing is left to be done for it.
pub(crate) async fn mail(
    state: &State,
    scope: TenantScope,
    tenant: &Tenant,
    order: OrderId,
) -> Result<Option<Mail>, JobError> {
    let order = state.store.order(scope, order).await?.ok_or_else(|| JobError::fail("the order is gone"))?;
    if matches!(order.status, OrderStatus::Cancelled | OrderStatus::Refunded) {
        return Ok(None);
    }
    let Some(to) = state.seller_of(scope, tenant, &order).await? else { return Ok(None) };
    let letter = Letter::SalePaid(SalePaid {
        name: to.name,
        order: crate::order_received::part(&order),
        order_url: state.sale_url(tenant, &order),
        total: amount::text(order.totals.total),
        to_send: order.lines.iter().any(|line| !line.is_digital),
    });
    state.write(tenant, &letter, to.email).await.map(Some)
}
