//! What was bought: one order per seller, and the group of orders that is paid together.
//!
//! [`place`] turns a priced cart into orders. [`OrderStatus`] and [`GroupStatus`] say what may happen next; the
//! store makes each step a conditional write over exactly those tables. Until it is paid, a group's orders
//! move together with it; afterwards each goes its own way.

mod cancel;
mod group;
mod method;
mod placing;
#[cfg(test)]
mod sample;
mod status;

use serde::{Deserialize, Serialize};

pub use cancel::{CancelReason, CancelRefused, Party};
pub use group::{CouponUse, Ended, Grant, MAX_TOLD, OrderGroup, PaymentReference, Reservation};
pub use method::{InvalidShippingMethod, ShippingMethod};
pub use placing::{MAX_ENTRIES, MAX_FILES, MAX_WRITES, Placed, Placing, PlacingError, place};
#[cfg(test)]
pub(crate) use sample::PaidSample;
pub(crate) use status::statuses;
pub use status::{GroupStatus, Hold, OrderStatus};

use crate::access::{Caller, Permission};
use crate::clock::Timestamp;
use crate::id::{FileId, OrderGroupId, OrderId, SellerId, UserId};
use crate::ledger::Commission;
use crate::operation::Actor;
use crate::pii::Sealed;
use crate::pricing::{OrderLine, ShippingTax, Totals};
use crate::tenant::TaxMode;

/// What one seller delivers of a checkout. Lines, totals and address are snapshots: they never change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Order {
    /// The order's id.
    pub id: OrderId,
    /// The checkout that it came from.
    pub group: OrderGroupId,
    /// The buyer.
    pub user: UserId,
    /// Who delivers.
    pub seller: SellerId,
    /// How far it has come.
    pub status: OrderStatus,
    /// What was sold.
    pub lines: Vec<OrderLine>,
    /// The files that the buyer may download once it is paid, each once.
    pub model_files: Vec<FileId>,
    /// What it comes to.
    pub totals: Totals,
    /// How its prices relate to tax.
    pub tax_mode: TaxMode,
    /// The tax on its shipping; none where that is not taxed, or costs nothing.
    #[serde(default)]
    pub shipping_tax: Option<ShippingTax>,
    /// What the tenant keeps of it.
    #[serde(default)]
    pub commission: Commission,
    /// Where to deliver: a sealed [`crate::address::PostalAddress`], bound to this order under the same field's name.
    pub address: Sealed,
    /// Every step, oldest first.
    pub timeline: Vec<TimelineEntry>,
    /// When it was placed.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Counts up with every change.
    pub version: u64,
}

/// One step of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TimelineEntry {
    /// What the order became.
    pub status: OrderStatus,
    /// Who did it.
    pub actor: Actor,
    /// Why.
    pub reason: String,
    /// When.
    pub at: Timestamp,
}

impl Order {
    /// Tells whether it was ever paid, whatever became of it since: then it has an invoice.
    pub fn was_paid(&self) -> bool {
        self.has_been(OrderStatus::Paid)
    }

    /// Tells whether some of it was ever handed to a carrier. The status of an order of which money went back does not tell.
    pub fn was_sent(&self) -> bool {
        self.has_been(OrderStatus::Shipped) || self.has_been(OrderStatus::Delivered)
    }

    fn has_been(&self, status: OrderStatus) -> bool {
        self.status == status || self.timeline.iter().any(|step| step.status == status)
    }

    /// Checks that the order can now be made or packed.
    ///
    /// # Errors
    /// With its status when that does not allow it.
    pub fn check_processable(&self) -> Result<(), OrderStatus> {
        match self.status.advance(OrderStatus::Processing) {
            Ok(_) if !self.was_sent() => Ok(()),
            _ => Err(self.status),
        }
    }

    /// Tells whether somebody who sees the order needs to know where it goes: the buyer and the tenant's people always, its
    /// seller while there is something to deliver.
    pub fn shows_address_to(&self, caller: &Caller) -> bool {
        caller.owns(self.user) || caller.may(Permission::ReadAllOrders) || self.status.is_paid()
    }

    /// Tells whether `caller` may see the order: the buyer, its seller, and those who see every order.
    pub fn is_visible_to(&self, caller: &Caller) -> bool {
        caller.owns(self.user) || caller.sells_as(self.seller) || caller.may(Permission::ReadAllOrders)
    }
}
