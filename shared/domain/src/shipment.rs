//! Parcels on their way: what each carries, how far it has come, and what that makes of its order.
//!
//! A [`Shipment`] is one parcel of one seller's order. [`Fulfilment`] holds all parcels of an order and decides what may
//! still be sent; the store replaces it under its version, so parcels of one order pass it one by one.

mod fulfilment;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use self::fulfilment::{Fulfilment, MAX_PARTS, Part, ShipmentError};
use crate::carrier::{ServiceCode, TrackingNumber};
use crate::clock::Timestamp;
use crate::id::{CarrierId, OrderId, PaymentId, SellerId, ShipmentId, UserId};
use crate::operation::Actor;
use crate::order::statuses;
use crate::transition::InvalidTransition;

/// The most steps that a shipment may take.
pub const MAX_STEPS: usize = 60;

statuses! {
    /// How far a parcel has come.
    ShipmentStatus {
        /// Packed and announced; still with the seller.
        Pending "PENDING" => [Shipped, Returned],
        /// Handed to the carrier.
        Shipped "SHIPPED" => [InTransit, OutForDelivery, Delivered, Exception, Returned],
        /// Between two places. It may be seen at several.
        InTransit "IN_TRANSIT" => [InTransit, OutForDelivery, Delivered, Exception, Returned],
        /// On the last leg. What was not delivered goes back into transit.
        OutForDelivery "OUT_FOR_DELIVERY" => [InTransit, Delivered, Exception, Returned],
        /// Arrived. The buyer may send it back.
        Delivered "DELIVERED" => [Returned],
        /// Something is in the way: held, damaged, nobody found.
        Exception "EXCEPTION" => [InTransit, OutForDelivery, Delivered, Returned],
        /// Back with the seller, or never handed over: its pieces may be sent again.
        Returned "RETURNED" => [],
    }
}

impl ShipmentStatus {
    /// Tells whether the parcel has left its seller and was not returned.
    pub fn has_left(self) -> bool {
        !matches!(self, Self::Pending | Self::Returned)
    }

    /// Tells whether the parcel's pieces are spoken for.
    pub fn is_live(self) -> bool {
        self != Self::Returned
    }

    /// Tells whether somebody still has to know where the parcel goes.
    pub fn needs_address(self) -> bool {
        !matches!(self, Self::Delivered | Self::Returned)
    }

    /// Tells whether a seller may take the step: the parcel is handed over, or it is called off before. What comes after
    /// is the carrier's to say.
    pub fn is_sellers_step(self, next: Self) -> bool {
        self == Self::Pending && matches!(next, Self::Shipped | Self::Returned)
    }
}

/// Pieces of one line of an order that a parcel carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ShipmentLine {
    /// The place of the line in its order, from 0.
    pub line: u32,
    /// How many pieces.
    pub quantity: u32,
}

/// One step of a parcel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ShipmentStep {
    /// What it became.
    pub status: ShipmentStatus,
    /// Where, as everybody who knows the number may read it.
    #[serde(default)]
    pub place: Option<String>,
    /// What the tenant's people, the seller and the carrier should know.
    #[serde(default)]
    pub note: Option<String>,
    /// Who said so.
    pub actor: Actor,
    /// When.
    pub at: Timestamp,
}

/// A parcel. It has no address: that is with its order, sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Shipment {
    /// The shipment's id.
    pub id: ShipmentId,
    /// The order that it carries pieces of.
    pub order: OrderId,
    /// The payment of that order; none where there was nothing to pay.
    #[serde(default)]
    pub payment: Option<PaymentId>,
    /// The buyer.
    pub user: UserId,
    /// Who sends it.
    pub seller: SellerId,
    /// Who carries it.
    pub carrier: CarrierId,
    /// The carrier's name at that time.
    pub carrier_name: String,
    /// By which of its services.
    pub service: ServiceCode,
    /// The service's name at that time.
    pub service_name: String,
    /// What the carrier calls it; unique within the tenant.
    pub tracking_number: TrackingNumber,
    /// Where it is followed.
    pub tracking_url: String,
    /// What is in it.
    pub lines: Vec<ShipmentLine>,
    /// How far it has come.
    pub status: ShipmentStatus,
    /// Every step, oldest first.
    pub history: Vec<ShipmentStep>,
    /// When it was announced.
    pub created_at: Timestamp,
    /// When it last moved.
    pub updated_at: Timestamp,
    /// Counts up with every step.
    pub version: u64,
}

/// Why a parcel does not move.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Stuck {
    /// The step can't follow the present status.
    #[error(transparent)]
    Status(#[from] InvalidTransition),
    /// It has taken [`MAX_STEPS`].
    #[error("a shipment has at most 60 steps")]
    TooManySteps,
}

impl Shipment {
    /// Takes a step.
    ///
    /// # Errors
    /// When it can't follow, or there were too many.
    pub fn moved(mut self, step: ShipmentStep) -> Result<Self, Stuck> {
        self.status = self.status.advance(step.status)?;
        if self.history.len() >= MAX_STEPS {
            return Err(Stuck::TooManySteps);
        }
        self.updated_at = step.at;
        self.version = self.version.saturating_add(1);
        self.history.push(step);
        Ok(self)
    }
}
