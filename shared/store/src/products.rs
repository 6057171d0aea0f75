//! Products with their materials and models.

use domain::catalog::{Material, Product};
use domain::id::{MaterialId, ProductId};
use domain::tenant::TenantScope;

use crate::error::Result;
use crate::table::Consistency;
use crate::{Store, key};

/// A product and, where one was asked for, its material: what [`domain::catalog::offer`] judges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sellable {
    /// The product; none when there is no such product.
    pub product: Option<Product>,
    /// The material; none when none was asked for or there is no such material.
    pub material: Option<Material>,
}

impl Store {
    /// Reads products and materials for up to 50 lines in one call; answers in the order asked.
    ///
    /// The read is strongly consistent, so that a checkout prices what is in the table now.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn sellable(
        &self,
        scope: TenantScope,
        wanted: &[(ProductId, Option<MaterialId>)],
    ) -> Result<Vec<Sellable>> {
        let keys = wanted.iter().flat_map(|(product, material)| {
            let material = material.map(|material| key::material(scope, *product, material));
            std::iter::once(key::product(scope, *product)).chain(material)
        });
        let found = self.table.get_many(keys, Consistency::Strong).await?;
        wanted
            .iter()
            .map(|(product, material)| {
                let material = material.map(|material| key::material(scope, *product, material));
                Ok(Sellable {
                    product: found.read(&key::product(scope, *product))?,
                    material: material.and_then(|key| found.read(&key).transpose()).transpose()?,
                })
            })
            .collect()
    }
}
