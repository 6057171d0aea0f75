//! "Your parcel is on its way", and "has arrived".

use domain::id::ShipmentId;
use domain::order::{Order, OrderStatus};
use domain::shipment::{Shipment, ShipmentLine, ShipmentStatus};
use domain::tenant::{Tenant, TenantScope};
use platform::mail::Mail;
use worker::JobError;

use crate::State;
use crate::letter::{Letter, ParcelMoved, Pieces};

/// Writes the mail about a step of a parcel; none when its buyer is gone, or it came back meanwhile.
pub(crate) async fn mail(
    state: &State,
    scope: TenantScope,
    tenant: &Tenant,
    shipment: ShipmentId,
    status: ShipmentStatus,
) -> Result<Option<Mail>, JobError> {
    let shipment =
        state.store.shipment(scope, shipment).await?.ok_or_else(|| JobError::fail("the shipment is gone"))?;
    if !shipment.status.is_live() {
        return Ok(None);
    }
    let order = state.store.order(scope, shipment.order).await?.ok_or_else(|| JobError::fail("the order is gone"))?;
    let Some(to) = state.recipient(scope, tenant, shipment.user).await? else { return Ok(None) };
    let parcel = ParcelMoved {
        name: to.name,
        carrier: shipment.carrier_name.clone(),
        service: shipment.service_name.clone(),
        tracking_number: shipment.tracking_number.to_string(),
        tracking_url: shipment.tracking_url.clone(),
        order: order.id.to_string(),
        order_url: format!("{}/orders/{}", state.shop_url(tenant), order.id),
        lines: pieces(&order, &shipment),
        more_to_come: order.status == OrderStatus::Processing,
    };
    let letter = match status {
        ShipmentStatus::Shipped => Letter::ParcelSent(parcel),
        ShipmentStatus::Delivered => Letter::ParcelDelivered(parcel),
        _ => return Ok(None),
    };
    state.write(tenant, &letter, to.email).await.map(Some)
}

fn pieces(order: &Order, shipment: &Shipment) -> Vec<Pieces> {
    let named = |line: &ShipmentLine| Pieces::of(order, line.line, line.quantity);
    shipment.lines.iter().filter_map(named).collect()
}
