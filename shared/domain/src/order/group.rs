//! One checkout: what is paid together.

use serde::{Deserialize, Serialize};

use super::method::ShippingMethod;
use super::status::{GroupStatus, Hold};
use crate::access::{Caller, Permission};
use crate::clock::Timestamp;
use crate::coupon::CouponCode;
use crate::id::{CouponId, FileId, MaterialId, OrderGroupId, OrderId, PaymentId, ProductId, UserId};
use crate::pricing::Totals;

/// How many payments of a checkout are told what becomes of it: the newest. Hardly anybody tries so often.
pub const MAX_TOLD: usize = 10;

/// Pieces of finite stock that a checkout has taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reservation {
    /// The product.
    pub product: ProductId,
    /// The material whose stock it is.
    pub material: MaterialId,
    /// Whether the material is one that the tenant's products share, so that its stock is none of the product's own.
    #[serde(default)]
    pub shared: bool,
    /// How many pieces.
    pub quantity: u32,
}

/// The use of a coupon that a checkout has taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CouponUse {
    /// The coupon.
    pub id: CouponId,
    /// Its code.
    pub code: CouponCode,
}

/// A file that the buyer may download once the checkout is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Grant {
    /// The file.
    pub file: FileId,
    /// The order that gives the right.
    pub order: OrderId,
}

/// An attempt to pay, as its provider knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentReference {
    /// The provider's name.
    pub provider: String,
    /// The provider's id of the order that is paid through.
    pub reference: String,
}

/// How a checkout has ended, as far as a payment of it that is captured later must know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ended {
    /// What it has become: paid, called off or expired.
    pub status: GroupStatus,
    /// The stock that a late payment takes again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reservations: Vec<Reservation>,
    /// The use of a coupon that a late payment takes again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coupon: Option<CouponUse>,
}

impl Ended {
    /// Says how a checkout ends that becomes `status`.
    pub fn with(group: &OrderGroup, status: GroupStatus) -> Self {
        let again = status == GroupStatus::Expired;
        Self {
            status,
            reservations: if again { group.reservations.clone() } else { Vec::new() },
            coupon: group.coupon.clone().filter(|_| again),
        }
    }

    /// Says how a checkout has ended; none while its stock is held.
    pub fn of(group: &OrderGroup) -> Option<Self> {
        (group.hold() != Hold::Held).then(|| Self::with(group, group.status))
    }

    /// Tells whether a payment may still pay it, with stock that is taken again.
    pub fn may_be_paid(&self) -> bool {
        self.status == GroupStatus::Expired
    }
}

/// The orders of one checkout and what they need in common.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderGroup {
    /// The checkout's id.
    pub id: OrderGroupId,
    /// The buyer.
    pub user: UserId,
    /// How far it has come.
    pub status: GroupStatus,
    /// Its orders, one per seller.
    pub orders: Vec<OrderId>,
    /// What all of them come to.
    pub totals: Totals,
    /// The coupon that was used, if any.
    #[serde(default)]
    pub coupon: Option<CouponUse>,
    /// How parcels travel.
    pub shipping_method: ShippingMethod,
    /// Until when an unpaid group keeps its stock.
    pub hold_until: Timestamp,
    /// The stock that it took.
    pub reservations: Vec<Reservation>,
    /// What may be downloaded once it is paid, each file once.
    pub grants: Vec<Grant>,
    /// The newest [`MAX_TOLD`] payments that were opened for it, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub payments: Vec<PaymentReference>,
    /// The payment that is open at a provider now.
    pub open_payment: Option<PaymentId>,
    /// The payment that paid it.
    pub paid_by: Option<PaymentId>,
    /// When it was placed.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Counts up with every change.
    pub version: u64,
}

impl OrderGroup {
    /// Returns what became of its stock.
    pub fn hold(&self) -> Hold {
        self.status.hold()
    }

    /// Tells whether there was nothing to pay, so that it was paid without a payment.
    pub fn is_free(&self) -> bool {
        self.totals.total.amount == 0
    }

    /// Tells whether a new payment may be opened: it is unpaid, none is open, and its stock is still held.
    pub fn accepts_payment(&self, now: Timestamp) -> bool {
        self.open_payment.is_none()
            && matches!(self.status, GroupStatus::Created | GroupStatus::PaymentFailed)
            && now < self.hold_until
    }

    /// Lists the payments that are told what becomes of it once `next` is opened.
    pub fn payments_with(&self, next: PaymentReference) -> Vec<PaymentReference> {
        let forgotten = self.payments.len().saturating_add(1).saturating_sub(MAX_TOLD);
        self.payments.iter().skip(forgotten).cloned().chain([next]).collect()
    }

    /// Tells whether its stock is to be given back.
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        self.hold() == Hold::Held && self.hold_until <= now
    }

    /// Tells whether `caller` may see it: the buyer, and those who see every order.
    pub fn is_visible_to(&self, caller: &Caller) -> bool {
        caller.owns(self.user) || caller.may(Permission::ReadAllOrders)
    }
}
