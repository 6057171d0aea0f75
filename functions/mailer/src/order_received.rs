//! "We have received your order."

use domain::id::{OrderGroupId, UserId};
use domain::money::Money;
use domain::order::Order;
use domain::tenant::{TaxMode, Tenant, TenantScope};
use domain::{amount, calendar};
use platform::mail::Mail;
use platform::people;
use worker::JobError;

use crate::letter::{Letter, OrderPart, OrderPosition, OrderReceived};
use crate::{State, instant};

/// Writes the mail about a placed checkout; none when its buyer is gone.
pub(crate) async fn mail(
    state: &State,
    scope: TenantScope,
    tenant: &Tenant,
    group: OrderGroupId,
    user: UserId,
) -> Result<Option<Mail>, JobError> {
    let Some(to) = state.recipient(scope, tenant, user).await? else {
        return Ok(None);
    };
    let group = state.store.order_group(scope, group).await?.ok_or_else(|| JobError::fail("the checkout is gone"))?;
    if group.is_free() {
        // Nothing is waited for: the mail with the invoice says it all.
        return Ok(None);
    }
    let orders = state.store.orders(scope, &group.orders).await?;
    let first = orders.first().ok_or_else(|| JobError::fail("the checkout has no orders"))?;
    let item = first.id.to_string();
    let address = people::open_address(&state.vault, tenant, Some(&to.user), &item, &first.address).await?;
    let settings = &tenant.settings;
    let mut lines = vec![address.full_name.clone()];
    lines.extend(address.lines());
    let discount = group.totals.discount;
    let taken_off = Money::zero(discount.currency).minus(discount).map_err(JobError::fail)?;
    let letter = Letter::OrderReceived(OrderReceived {
        name: to.name,
        hold_until: instant(&settings.locale, &calendar::local(group.hold_until, &settings.time_zone)),
        orders: orders.iter().map(part).collect(),
        subtotal: amount::text(group.totals.subtotal),
        discount: (taken_off.amount != 0).then(|| amount::text(taken_off)),
        shipping: amount::text(group.totals.shipping),
        tax: amount::text(group.totals.tax),
        prices_include_tax: first.tax_mode == TaxMode::Inclusive,
        total: amount::text(group.totals.total),
        address: lines,
    });
    state.write(tenant, &letter, to.email).await.map(Some)
}

/// Names an order with its positions.
pub(crate) fn part(order: &Order) -> OrderPart {
    let lines = order.lines.iter().map(|line| OrderPosition {
        name: line.name.clone(),
        material: line.material_name.clone(),
        sku: line.sku.clone(),
        quantity: line.quantity.get(),
        unit_price: amount::text(line.item_price),
        total: amount::text(line.line_total),
    });
    OrderPart { id: order.id.to_string(), lines: lines.collect() }
}
