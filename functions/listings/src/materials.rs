//! The materials of a product, each with its surcharge and stock.

pub mod add;
pub mod retire;
pub mod update;

use domain::catalog::Material;
use domain::id::{MaterialId, ProductId};
use serde::Deserialize;
use store::products::{MaterialRefused, ProductDetail};
use web::{Code, Problem, Routes};

use crate::State;

/// Returns the routes of materials.
pub(crate) fn routes() -> Routes<State> {
    web::routes![add::add_material, update::update_material, retire::retire_material,]
}

/// The parameters of a path below one material.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MaterialPath {
    product_id: ProductId,
    material_id: MaterialId,
}

fn find(detail: &ProductDetail, material: MaterialId) -> Result<Material, Problem> {
    let found = detail.materials.iter().find(|known| known.id == material);
    found.cloned().ok_or_else(Problem::not_found)
}

fn refused(refused: MaterialRefused) -> Problem {
    match refused {
        MaterialRefused::ProductClosed => {
            Problem::new(Code::InvalidTransition).message("The product takes no more materials")
        }
        MaterialRefused::Changed => Problem::new(Code::Conflict),
        MaterialRefused::StockTooLow => {
            Problem::new(Code::OutOfStock).field("stockChange", "would take more than there is")
        }
    }
}
