//! Materials that a tenant keeps for all its products.

use serde::{Deserialize, Serialize};

use super::Material;
use crate::clock::Timestamp;
use crate::id::{MaterialId, ProductId};
use crate::money::Money;

/// A material that any product may come in. Its stock is one: whoever sells of it, all others have less.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SharedMaterial {
    /// The material's id.
    pub id: MaterialId,
    /// The name shown to people, such as `PETG, black`.
    pub name: String,
    /// What it adds to a product's base price.
    pub surcharge: Money,
    /// How many pieces are left; absent where it is made to order. Which of the two it is never changes, so that what was priced
    /// as one is not sold as the other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stock: Option<u32>,
    /// How many days it takes until a piece is ready to ship.
    pub lead_time_days: u32,
    /// Whether it can be chosen.
    pub active: bool,
    /// Counts up with every change by people; sales don't count.
    pub version: u64,
    /// When it was added.
    pub created_at: Timestamp,
}

impl SharedMaterial {
    /// Looks at it as a material of one product.
    pub fn of_product(self, product: ProductId) -> Material {
        Material {
            id: self.id,
            product,
            name: self.name,
            surcharge: self.surcharge,
            stock: self.stock,
            lead_time_days: self.lead_time_days,
            active: self.active,
            version: self.version,
            created_at: self.created_at,
        }
    }
}
