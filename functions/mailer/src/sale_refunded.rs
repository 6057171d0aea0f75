//! "Money was given back for an order of yours."

use domain::amount;
use domain::id::{PaymentId, RefundId};
use domain::order::{Order, OrderStatus};
use domain::refund::{Refund, RefundLine};
use domain::tenant::{Tenant, TenantScope};
use platform::mail::Mail;
use worker::JobError;

use crate::State;
use crate::letter::{Letter, Pieces, SaleRefunded};

/// Writes to the seller of an order of which somebody else has given money back; none when the seller is gone or knows of it.
pub(crate) async fn mail(
    state: &State,
    scope: TenantScope,
    tenant: &Tenant,
    payment: PaymentId,
    refund: RefundId,
) -> Result<Option<Mail>, JobError> {
    let refund = state.store.refund(scope, payment, refund).await?;
    let refund = refund.ok_or_else(|| JobError::fail("the refund is gone"))?;
    // Money that was taken in vain was for no order.
    let Some(order) = refund.order else { return Ok(None) };
    let order = state.store.order(scope, order).await?.ok_or_else(|| JobError::fail("the order is gone"))?;
    if !refund.is_news_to_seller(&order) {
        return Ok(None);
    }
    let Some(to) = state.seller_of(scope, tenant, &order).await? else { return Ok(None) };
    let letter = Letter::SaleRefunded(SaleRefunded {
        name: to.name,
        order: order.id.to_string(),
        order_url: state.sale_url(tenant, &order),
        amount: amount::text(refund.amount),
        reason: refund.reason.clone(),
        lines: pieces(&order, &refund),
        restocked: refund.restock,
        keep_back: is_to_be_kept(&order, &refund),
    });
    state.write(tenant, &letter, to.email).await.map(Some)
}

/// Tells whether something went back that was not sent yet.
fn is_to_be_kept(order: &Order, refund: &Refund) -> bool {
    let sends = order.lines.iter().any(|line| !line.is_digital);
    sends && !order.was_sent() && (order.status == OrderStatus::Refunded || !refund.lines.is_empty())
}

fn pieces(order: &Order, refund: &Refund) -> Vec<Pieces> {
    let named = |line: &RefundLine| Pieces::of(order, line.line, line.quantity);
    refund.lines.iter().filter_map(named).collect()
}
