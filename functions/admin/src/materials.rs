//! The materials that a tenant's products share.

pub(crate) mod add;
pub(crate) mod change;
pub(crate) mod list;
pub(crate) mod read;
#[cfg(test)]
mod tests;

use domain::catalog::SharedMaterial;
use domain::catalog::rules;
use domain::clock::Timestamp;
use domain::id::MaterialId;
use domain::money::{Currency, Money};
use serde::Serialize;
use utoipa::ToSchema;
use web::{Problem, schema};

/// A shared material.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SharedMaterialView {
    /// The material's id, by which products name it.
    #[schema(value_type = String, example = "mat_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    id: MaterialId,
    /// The name shown to people.
    #[schema(example = "PETG, black")]
    name: String,
    /// What it adds to a product's base price.
    #[schema(value_type = schema::Money)]
    surcharge: Money,
    /// How many pieces are left for all products together; null where it is made to order.
    #[schema(example = 250)]
    stock: Option<u32>,
    /// How many days it takes until a piece is ready to ship.
    #[schema(example = 2)]
    lead_time_days: u32,
    /// Whether it can be chosen.
    #[schema(example = true)]
    active: bool,
    /// When it was added.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// Counts up with every change by people; also in `ETag`.
    #[schema(example = 1)]
    version: u64,
}

impl From<SharedMaterial> for SharedMaterialView {
    fn from(material: SharedMaterial) -> Self {
        Self {
            id: material.id,
            name: material.name,
            surcharge: material.surcharge,
            stock: material.stock,
            lead_time_days: material.lead_time_days,
            active: material.active,
            created_at: material.created_at,
            version: material.version,
        }
    }
}

fn is_surcharge(price: &Money, (): &()) -> garde::Result {
    rules::surcharge(*price).map_err(garde::Error::new)
}

/// Refuses a surcharge in another currency than the tenant's.
fn require_currency(surcharge: Money, wanted: Currency) -> Result<(), Problem> {
    if surcharge.currency == wanted {
        Ok(())
    } else {
        Err(Problem::invalid("surcharge.currency", format!("must be {wanted}")))
    }
}
