//! Pieces of a line of an order: what is given back, and what a parcel carries.

use domain::refund::RefundLine;
use domain::shipment::ShipmentLine;
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Pieces of one line of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Pieces {
    /// The place of the line in its order, from 0.
    #[garde(range(max = 39))]
    #[schema(example = 0, maximum = 39)]
    pub line: u32,
    /// How many pieces.
    #[garde(range(min = 1, max = 999))]
    #[schema(example = 1, minimum = 1, maximum = 999)]
    pub quantity: u32,
}

impl From<&RefundLine> for Pieces {
    fn from(RefundLine { line, quantity }: &RefundLine) -> Self {
        Self { line: *line, quantity: *quantity }
    }
}

impl From<Pieces> for RefundLine {
    fn from(Pieces { line, quantity }: Pieces) -> Self {
        Self { line, quantity }
    }
}

impl From<Pieces> for ShipmentLine {
    fn from(Pieces { line, quantity }: Pieces) -> Self {
        Self { line, quantity }
    }
}
