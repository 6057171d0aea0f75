//! Many products at once: found by their SKUs, and stored together with one of their materials.

use std::collections::BTreeMap;

use domain::catalog::{Material, Product, Sku};
use domain::id::ProductId;
use domain::operation::Operation;
use domain::tenant::TenantScope;
use futures_util::future::try_join_all;
use serde::Deserialize;

use super::{Part, ProductDetail, ProductRefused, changed, creation, replacement};
use crate::error::Result;
use crate::row::Row;
use crate::table::Consistency;
use crate::write::Write;
use crate::{Store, key};

/// What happens to a material in the transaction of its product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MaterialStep {
    /// It is new.
    Add(Material),
    /// It changes from what was read, its stock too.
    Change {
        /// As it was read.
        before: Material,
        /// As it is to be.
        after: Material,
    },
}

#[derive(Deserialize)]
struct Locked {
    product: ProductId,
}

impl Store {
    /// Reads up to 100 products by their SKUs, each with its materials and models: one batch for the SKUs, then one query for
    /// each product, side by side. What no product has is left out.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn products_by_sku(&self, scope: TenantScope, skus: &[Sku]) -> Result<BTreeMap<Sku, ProductDetail>> {
        let keys = skus.iter().map(|sku| key::sku(scope, sku.as_str()));
        let found = self.table.get_many(keys, Consistency::Strong).await?;
        let mut known = Vec::new();
        for sku in skus {
            if let Some(Locked { product }) = found.read(&key::sku(scope, sku.as_str()))? {
                known.push((sku, product));
            }
        }
        let reads = known.into_iter().map(async |(sku, product)| {
            let detail = self.product(scope, product, Consistency::Strong).await?;
            Ok::<_, crate::Error>(detail.map(|detail| (sku.clone(), detail)))
        });
        Ok(try_join_all(reads).await?.into_iter().flatten().collect())
    }

    /// Stores a product, new or changed from `before`, and what happens to one of its materials, in one transaction.
    ///
    /// # Errors
    /// When the table can't be written. The inner error says what stands against it; a material that was changed or sold
    /// meanwhile is a product that was.
    pub async fn save_product(
        &self,
        operation: &Operation,
        before: Option<&Product>,
        after: &Product,
        material: Option<&MaterialStep>,
    ) -> Result<std::result::Result<(), ProductRefused>> {
        let scope = operation.scope;
        let adds = matches!(material, Some(MaterialStep::Add(_)));
        let after = Product { material_count: after.material_count.saturating_add(u32::from(adds)), ..after.clone() };
        let mut parts = match before {
            None => creation(operation, &after)?,
            // Its version also stands for the number of its materials.
            Some(before) if *before != after => replacement(operation, before, &after)?.0,
            Some(before) => vec![(Part::Other, changed(operation, before.id)?)],
        };
        parts.extend(match material {
            None => None,
            Some(MaterialStep::Add(material)) => {
                let row = Row::new(key::material(scope, after.id, material.id), "Material", material)?;
                Some((Part::Product, Write::create(row)))
            }
            Some(MaterialStep::Change { before, after }) => {
                Some((Part::Product, material_update(scope, before, after)?))
            }
        });
        self.commit_product(parts).await
    }
}

fn material_update(scope: TenantScope, before: &Material, after: &Material) -> Result<Write> {
    let update = Write::update(key::material(scope, before.product, before.id))
        .set("name", &after.name)?
        .set("surcharge", after.surcharge)?
        .set("leadTimeDays", after.lead_time_days)?
        .set("active", after.active)?
        .add("version", 1)?
        .when("version", "=", before.version)?;
    if before.stock == after.stock {
        return Ok(update);
    }
    // Sales move the stock without counting the version up.
    let update = match before.stock {
        Some(was) => update.when("stock", "=", was)?,
        None => update.when_absent("stock"),
    };
    Ok(match after.stock {
        Some(stock) => update.set("stock", stock)?,
        None => update.remove("stock"),
    })
}
