//! Which products stand in which categories: a count, so that no category in use goes, and a list of those for sale.

use std::collections::BTreeSet;

use domain::catalog::{Product, ProductStatus};
use domain::id::{CategoryId, ProductId};
use domain::tenant::TenantScope;
use serde::Serialize;

use super::Part;
use crate::error::Result;
use crate::key;
use crate::row::Row;
use crate::write::Write;

#[derive(Serialize)]
struct Link {
    product: ProductId,
}

/// Counts and lists a product where it stands after a change, and no longer where it stood before. A category that is gone
/// refuses the change.
pub(super) fn moved(scope: TenantScope, before: Option<&Product>, after: &Product) -> Result<Vec<(Part, Write)>> {
    let mut parts = Vec::new();
    let (was, is) = (before.map(counted).unwrap_or_default(), counted(after));
    for category in is.difference(&was) {
        // It fails where there is no such category.
        let count = Write::update(key::category(scope, *category)).add("products", 1)?;
        parts.push((Part::Category(*category), count));
    }
    for category in was.difference(&is) {
        let count = Write::update(key::category(scope, *category)).add("products", -1)?;
        parts.push((Part::Category(*category), count));
    }
    let (was, is) = (before.map(listed).unwrap_or_default(), listed(after));
    for category in is.difference(&was) {
        let row = Row::new(key::product_in(scope, *category, after.id), "ProductLink", &Link { product: after.id })?;
        parts.push((Part::Product, Write::create(row)));
    }
    for category in was.difference(&is) {
        parts.push((Part::Product, Write::delete(key::product_in(scope, *category, after.id))));
    }
    Ok(parts)
}

/// Returns the categories that can't go because of a product: an archived one keeps nothing in place.
fn counted(product: &Product) -> BTreeSet<CategoryId> {
    if product.status == ProductStatus::Archived {
        BTreeSet::new()
    } else {
        product.categories.iter().copied().collect()
    }
}

/// Returns the categories under which a product is shown.
fn listed(product: &Product) -> BTreeSet<CategoryId> {
    if product.is_active() { product.categories.iter().copied().collect() } else { BTreeSet::new() }
}
