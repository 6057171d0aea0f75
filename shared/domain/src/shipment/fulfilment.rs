//! All parcels of one order.

use serde::{Deserialize, Serialize};

use super::{Shipment, ShipmentLine, ShipmentStatus};
use crate::carrier::TrackingNumber;
use crate::id::{OrderId, ShipmentId};
use crate::order::{Order, OrderStatus};
use crate::refund::RefundLine;

/// The most parcels that an order may have, the returned ones among them.
pub const MAX_PARTS: usize = 30;

/// One parcel, as its order knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Part {
    /// The parcel.
    pub shipment: ShipmentId,
    /// Who carries it.
    pub carrier_name: String,
    /// What the carrier calls it.
    pub tracking_number: TrackingNumber,
    /// Where it is followed.
    pub tracking_url: String,
    /// How far it has come.
    pub status: ShipmentStatus,
    /// What is in it.
    pub lines: Vec<ShipmentLine>,
}

/// What of an order was sent, and by which parcels.
///
/// Invariant: when a parcel is announced, no line of it has more pieces in parcels that were not returned than were ordered
/// and not given back; and when it is handed over, no more have left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Fulfilment {
    /// The order.
    pub order: OrderId,
    /// Its parcels, oldest first.
    pub parts: Vec<Part>,
    /// How many of them were not returned: while there is any, the order can't be called off.
    pub live: u32,
    /// Counts up with every change; 0 before the first.
    pub version: u64,
}

/// Why pieces can't be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ShipmentError {
    /// The order has no such line to send: it does not exist, is named twice, or is only downloaded.
    #[error("line {0} can't be sent")]
    UnknownLine(u32),
    /// More pieces of a line than are left.
    #[error("line {line} has only {left} pieces left to send")]
    TooManyPieces {
        /// The place of the line, from 0.
        line: u32,
        /// How many pieces are left.
        left: u32,
    },
    /// There is nothing left to send.
    #[error("there is nothing left to send")]
    Nothing,
    /// The order has [`MAX_PARTS`] parcels.
    #[error("an order has at most 30 shipments")]
    TooManyParts,
}

impl Fulfilment {
    /// Starts with nothing sent.
    pub fn open(order: OrderId) -> Self {
        Self { order, parts: Vec::new(), live: 0, version: 0 }
    }

    /// Chooses the pieces of a new parcel: those that are `wanted`, or all that are left. `returned` are the pieces whose
    /// money goes back.
    ///
    /// # Errors
    /// When there are not that many left.
    pub fn choose(
        &self,
        order: &Order,
        returned: &[RefundLine],
        wanted: Option<&[ShipmentLine]>,
    ) -> Result<Vec<ShipmentLine>, ShipmentError> {
        if self.parts.len() >= MAX_PARTS {
            return Err(ShipmentError::TooManyParts);
        }
        let left = self.left(order, returned);
        let Some(wanted) = wanted else {
            let rest: Vec<_> = left.into_iter().filter(|line| line.quantity > 0).collect();
            return if rest.is_empty() { Err(ShipmentError::Nothing) } else { Ok(rest) };
        };
        for (place, asked) in wanted.iter().enumerate() {
            let known = left.iter().find(|line| line.line == asked.line);
            let known = known.ok_or(ShipmentError::UnknownLine(asked.line))?;
            if wanted.iter().take(place).any(|other| other.line == asked.line) {
                return Err(ShipmentError::UnknownLine(asked.line));
            }
            if asked.quantity == 0 {
                return Err(ShipmentError::Nothing);
            }
            if asked.quantity > known.quantity {
                return Err(ShipmentError::TooManyPieces { line: asked.line, left: known.quantity });
            }
        }
        if wanted.is_empty() { Err(ShipmentError::Nothing) } else { Ok(wanted.to_vec()) }
    }

    /// Tells whether a parcel may leave that has just been noted as handed over: nobody sends what is given back.
    ///
    /// # Errors
    /// Naming the first of its lines of which more pieces would have left than the buyer is to get.
    pub fn check(&self, shipment: ShipmentId, order: &Order, returned: &[RefundLine]) -> Result<(), ShipmentError> {
        let parts = self.parts.iter().filter(|part| part.shipment == shipment);
        for line in parts.flat_map(|part| &part.lines) {
            let due = due(order, returned).find(|(place, _)| *place == line.line).map_or(0, |(_, due)| due);
            let left = self.pieces(line.line, ShipmentStatus::has_left);
            if left > due {
                let left = due.saturating_add(line.quantity).saturating_sub(left);
                return Err(ShipmentError::TooManyPieces { line: line.line, left });
            }
        }
        Ok(())
    }

    /// Adds a parcel.
    #[must_use]
    pub fn with(mut self, shipment: &Shipment) -> Self {
        self.parts.push(Part {
            shipment: shipment.id,
            carrier_name: shipment.carrier_name.clone(),
            tracking_number: shipment.tracking_number.clone(),
            tracking_url: shipment.tracking_url.clone(),
            status: shipment.status,
            lines: shipment.lines.clone(),
        });
        self.changed()
    }

    /// Notes how far a parcel has come.
    #[must_use]
    pub fn moved(mut self, shipment: ShipmentId, status: ShipmentStatus) -> Self {
        for part in self.parts.iter_mut().filter(|part| part.shipment == shipment) {
            part.status = status;
        }
        self.changed()
    }

    fn changed(mut self) -> Self {
        let live = self.parts.iter().filter(|part| part.status.is_live()).count();
        self.live = u32::try_from(live).unwrap_or(u32::MAX);
        self.version = self.version.saturating_add(1);
        self
    }

    /// Returns what the parcels make of the order: being packed, sent once nothing is left to send, delivered once all of
    /// that has arrived. An order never goes back, whatever becomes of its parcels.
    pub fn status_of(&self, order: &Order, returned: &[RefundLine]) -> OrderStatus {
        let now = order.status;
        let mut live = self.parts.iter().filter(|part| part.status.is_live());
        let next = if self.live == 0 {
            return now;
        } else if due(order, returned).any(|(line, due)| self.pieces(line, ShipmentStatus::has_left) < due) {
            OrderStatus::Processing
        } else if live.all(|part| part.status == ShipmentStatus::Delivered) {
            OrderStatus::Delivered
        } else {
            OrderStatus::Shipped
        };
        // What was never seen as sent was sent nevertheless when it has arrived.
        let by_way_of_sent = || now.advance(OrderStatus::Shipped).and_then(|sent| sent.advance(next));
        now.advance(next).or_else(|_| by_way_of_sent()).unwrap_or(now)
    }

    fn left(&self, order: &Order, returned: &[RefundLine]) -> Vec<ShipmentLine> {
        let left = due(order, returned).map(|(line, due)| {
            let quantity = due.saturating_sub(self.pieces(line, ShipmentStatus::is_live));
            ShipmentLine { line, quantity }
        });
        left.collect()
    }

    /// Counts the pieces of a line in those parcels whose status `counts`.
    fn pieces(&self, line: u32, counts: impl Fn(ShipmentStatus) -> bool) -> u32 {
        let parts = self.parts.iter().filter(|part| counts(part.status)).flat_map(|part| &part.lines);
        parts.filter(|known| known.line == line).map(|known| known.quantity).fold(0, u32::saturating_add)
    }
}

/// Lists the lines that are to be sent, by their places, and how many pieces the buyer is to get.
fn due<'a>(order: &'a Order, returned: &'a [RefundLine]) -> impl Iterator<Item = (u32, u32)> + 'a {
    let physical = order.lines.iter().zip(0u32..).filter(|(line, _)| !line.is_digital);
    physical.map(|(line, place)| {
        let back = returned.iter().filter(|known| known.line == place).map(|known| known.quantity);
        (place, line.quantity.get().saturating_sub(back.fold(0, u32::saturating_add)))
    })
}
