//! What there is of what somebody wants to buy: products, materials and the terms of sellers, all in one trip.

use domain::catalog::{Product, Sellable, SellerTerms, SharedMaterial, Standings};
use domain::id::{MaterialId, ProductId};
use domain::tenant::TenantScope;

use crate::Store;
use crate::error::Result;
use crate::key::{self, Key};
use crate::sellers::Stored;
use crate::table::{Consistency, Found};

impl Store {
    /// Reads what there is for up to 50 lines in one trip; answers in the order asked.
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
        let lines = wanted.iter().flat_map(|(product, material)| keys(scope, *product, *material));
        let found = self.table.get_many(lines.chain([key::standings(scope)]), Consistency::Strong).await?;
        let standings = standings(scope, &found)?;
        wanted.iter().map(|(product, material)| read(scope, &found, &standings, *product, *material)).collect()
    }
}

/// Returns the keys of all that a line is about, besides the sellers' standings. Whether its material is the product's own or a
/// shared one is not known yet, so both places are looked at.
pub(crate) fn keys(scope: TenantScope, product: ProductId, material: Option<MaterialId>) -> impl Iterator<Item = Key> {
    let places = move |material| [key::material(scope, product, material), key::shared_material(scope, material)];
    std::iter::once(key::product(scope, product)).chain(material.into_iter().flat_map(places))
}

/// Reads the sellers' standings out of an answer.
pub(crate) fn standings(scope: TenantScope, found: &Found) -> Result<Standings> {
    Ok(found.read::<Stored>(&key::standings(scope))?.unwrap_or_default().0)
}

/// Reads what there is for a line out of an answer.
pub(crate) fn read(
    scope: TenantScope,
    found: &Found,
    standings: &Standings,
    product: ProductId,
    material: Option<MaterialId>,
) -> Result<Sellable> {
    let product: Option<Product> = found.read(&key::product(scope, product))?;
    let material = match (&product, material) {
        (Some(product), Some(material)) if product.shares(material) => {
            let shared: Option<SharedMaterial> = found.read(&key::shared_material(scope, material))?;
            shared.map(|shared| shared.of_product(product.id))
        }
        (Some(product), Some(material)) => found.read(&key::material(scope, product.id, material))?,
        _ => None,
    };
    // What is not there has no seller either.
    let seller = product.as_ref().map_or_else(SellerTerms::default, |product| standings.terms_of(product.seller));
    Ok(Sellable { product, material, seller })
}
