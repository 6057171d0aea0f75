//! From a priced cart to orders.

use std::time::Duration;

use super::group::{CouponUse, Grant, OrderGroup, Reservation};
use super::method::ShippingMethod;
use super::status::{GroupStatus, OrderStatus};
use super::{Order, TimelineEntry};
use crate::catalog::takes_stock;
use crate::clock::Timestamp;
use crate::coupon::Coupon;
use crate::event::Event;
use crate::id::{OrderGroupId, OrderId, UserId};
use crate::operation::Actor;
use crate::pii::Sealed;
use crate::pricing::{Item, Quote};

/// What one transaction may hold (the limit of DynamoDB's `TransactWriteItems`).
pub const MAX_WRITES: usize = 100;
/// What a checkout that costs nothing writes besides its orders, its stock and the rights to its files: its answer, the cart,
/// a coupon and its uses by the buyer, the group, two events and an audit row.
const FIXED_WRITES: usize = 8;
/// How many orders and downloadable files a checkout may have together: what one transaction can pay for.
pub const MAX_ENTRIES: usize = 90;

/// How many downloadable files one order may have: what one transaction can take back beside the stock of 40 lines.
pub const MAX_FILES: usize = 45;

/// Everything that a checkout is made of.
#[derive(Debug, Clone)]
pub struct Placing {
    /// The id of the new group.
    pub group: OrderGroupId,
    /// The buyer.
    pub user: UserId,
    /// Who acts, for the timeline.
    pub actor: Actor,
    /// What is bought, as the table has it now.
    pub items: Vec<Item>,
    /// What it costs.
    pub quote: Quote,
    /// For each parcel of the quote: the id of its order, and the address sealed for that order.
    pub orders: Vec<(OrderId, Sealed)>,
    /// How parcels travel.
    pub shipping_method: ShippingMethod,
    /// How long stock is held.
    pub hold: Duration,
    /// When.
    pub now: Timestamp,
}

/// What a checkout made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// The checkout.
    pub group: OrderGroup,
    /// Its orders, one per seller.
    pub orders: Vec<Order>,
    /// The coupon that it uses, as it was read.
    pub coupon: Option<Coupon>,
    /// What happened.
    pub events: Vec<Event>,
}

/// Why nothing was ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PlacingError {
    /// There is nothing to order.
    #[error("the cart is empty")]
    Empty,
    /// More than [`MAX_ENTRIES`] sellers and model files, or [`MAX_FILES`] of one seller.
    #[error("the cart has too many sellers and model files for one checkout")]
    TooLarge,
}

/// Makes the orders of a checkout. What costs nothing is paid as it is placed: no payment could ever be made of it.
///
/// # Errors
/// When there is nothing to order, or too much for one transaction.
pub fn place(placing: Placing) -> Result<Placed, PlacingError> {
    let Placing { group, user, actor, items, quote, orders: ids, shipping_method, hold, now } = placing;
    if quote.parcels.is_empty() || ids.len() != quote.parcels.len() {
        return Err(PlacingError::Empty);
    }
    let (tax_mode, is_free) = (quote.tax_mode, quote.totals.total.amount == 0);
    let status = if is_free { GroupStatus::Paid } else { GroupStatus::Created };
    let step = |status: OrderStatus, reason: &str| TimelineEntry {
        status,
        actor: actor.clone(),
        reason: reason.to_owned(),
        at: now,
    };
    let mut timeline = vec![step(OrderStatus::Created, "placed")];
    if is_free {
        timeline.push(step(status.of_orders(), "nothing to pay"));
    }
    let orders: Vec<Order> = quote
        .parcels
        .into_iter()
        .zip(ids)
        .map(|(parcel, (id, address))| Order {
            id,
            group,
            user,
            seller: parcel.seller,
            status: status.of_orders(),
            lines: parcel.lines,
            model_files: parcel.model_files,
            totals: parcel.totals,
            tax_mode,
            shipping_tax: parcel.shipping_tax,
            commission: parcel.commission,
            address,
            timeline: timeline.clone(),
            created_at: now,
            updated_at: now,
            version: 1,
        })
        .collect();
    let grants = grants(&orders);
    let too_many_files = orders.iter().any(|order| order.model_files.len() > MAX_FILES);
    if too_many_files || orders.len().saturating_add(grants.len()) > MAX_ENTRIES {
        return Err(PlacingError::TooLarge);
    }
    let reservations = reservations(&items);
    let writes = [FIXED_WRITES, orders.len(), reservations.len(), grants.len()].iter().sum::<usize>();
    if is_free && writes > MAX_WRITES {
        return Err(PlacingError::TooLarge);
    }
    let group = OrderGroup {
        id: group,
        user,
        status,
        orders: orders.iter().map(|order| order.id).collect(),
        totals: quote.totals,
        coupon: quote.coupon.as_ref().map(|coupon| CouponUse { id: coupon.id, code: coupon.code.clone() }),
        shipping_method,
        hold_until: if is_free { now } else { now.plus(hold) },
        reservations,
        grants,
        payments: Vec::new(),
        open_payment: None,
        paid_by: None,
        created_at: now,
        updated_at: now,
        version: 1,
    };
    let mut events = vec![Event::OrderGroupPlaced { group: group.id, user }];
    if is_free {
        events.push(Event::OrderGroupPaid { group: group.id, payment: None, orders: group.orders.clone() });
    }
    Ok(Placed { group, orders, coupon: quote.coupon, events })
}

/// Lists each file once, under the first order that has it.
fn grants(orders: &[Order]) -> Vec<Grant> {
    let mut grants: Vec<Grant> = Vec::new();
    for order in orders {
        for file in &order.model_files {
            if !grants.iter().any(|grant| grant.file == *file) {
                grants.push(Grant { file: *file, order: order.id });
            }
        }
    }
    grants
}

/// Adds up what is taken from each finite stock.
fn reservations(items: &[Item]) -> Vec<Reservation> {
    let mut taken: Vec<Reservation> = Vec::new();
    for item in items {
        let Some(material) = &item.material else {
            continue;
        };
        if !takes_stock(&item.product, Some(material)) {
            continue;
        }
        let quantity = item.quantity.get();
        if let Some(same) = taken.iter_mut().find(|one| one.material == material.id) {
            same.quantity = same.quantity.saturating_add(quantity);
        } else {
            let (product, shared) = (item.product.id, item.product.shares(material.id));
            taken.push(Reservation { product, material: material.id, shared, quantity });
        }
    }
    taken
}

#[cfg(test)]
mod tests;
