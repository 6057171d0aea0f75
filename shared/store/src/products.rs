//! Products with their materials and models.
//!
//! A product's item also carries how many materials it has and the files of its models, so that a checkout
//! needs nothing else. Every change of the product, of its materials' number or of its models counts its
//! version up; a material has a version of its own, and sales only move its stock.

pub mod bulk;
mod categories;
mod lists;
mod materials;
mod models;
pub(crate) mod sellable;
mod shared;

pub use self::materials::{MaterialRefused, StockChange};

use aws_sdk_dynamodb::types::AttributeValue;
use domain::catalog::{Material, Model, Product, Sku, Slug};
use domain::id::{CategoryId, MaterialId, ProductId};
use domain::operation::{Action, Operation};
use domain::tenant::TenantScope;
use serde::Serialize;

use crate::error::{Error, Result};
use crate::key::{self, Key};
use crate::row::{self, Row};
use crate::table::Consistency;
use crate::write::Write;
use crate::{Store, audit};

/// A product with everything that belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductDetail {
    /// The product.
    pub product: Product,
    /// Its own materials, active or not, oldest first.
    pub materials: Vec<Material>,
    /// The shared materials that it comes in, active or not, as it names them.
    pub shared: Vec<Material>,
    /// Its models, oldest first.
    pub models: Vec<Model>,
}

/// Why a product can't be stored as asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProductRefused {
    /// Another product of the tenant has the SKU.
    #[error("the SKU is taken")]
    SkuTaken,
    /// Another product of the tenant has the slug.
    #[error("the slug is taken")]
    SlugTaken,
    /// There is no such category.
    #[error("a category is gone")]
    CategoryGone(CategoryId),
    /// There is no such shared material, or it was retired.
    #[error("a shared material is gone")]
    MaterialGone(MaterialId),
    /// Somebody else changed the product first.
    #[error("the product was changed meanwhile")]
    Changed,
}

/// The item that makes a SKU or a slug unique.
#[derive(Serialize)]
struct Lock {
    product: ProductId,
}

fn lock(key: Key, product: ProductId) -> Result<Write> {
    Ok(Write::create(Row::new(key, "Lock", &Lock { product })?))
}

fn product_row(scope: TenantScope, product: &Product) -> Result<Row> {
    let row = Row::new(key::product(scope, product.id), "Product", product)?.indexed(key::products_of(
        scope,
        product.seller,
        product.id,
    ));
    Ok(if product.is_active() { row.indexed(key::active_products(scope, product.id)) } else { row })
}

/// Tells which of the first writes of a product's transaction was refused.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Product,
    Sku,
    Slug,
    Category(CategoryId),
    Material(MaterialId),
    Other,
}

impl Store {
    /// Stores a new product; SKU and slug are unique within the tenant.
    ///
    /// # Errors
    /// When the table can't be written. The inner error says which of them is taken.
    pub async fn create_product(&self, operation: &Operation, product: &Product) -> Result<Result<(), ProductRefused>> {
        self.commit_product(creation(operation, product)?).await
    }

    /// Replaces `before`, as it was read, by `after`, whose version this counts up.
    ///
    /// # Errors
    /// When the table can't be written. The inner error says what stands against it.
    pub async fn update_product(
        &self,
        operation: &Operation,
        before: &Product,
        after: &Product,
    ) -> Result<Result<Product, ProductRefused>> {
        let (parts, after) = replacement(operation, before, after)?;
        Ok(self.commit_product(parts).await?.map(|()| after))
    }

    async fn commit_product(&self, parts: Vec<(Part, Write)>) -> Result<Result<(), ProductRefused>> {
        let (parts, writes): (Vec<Part>, Vec<Write>) = parts.into_iter().unzip();
        let Err(refused) = self.table.transact(writes).await? else {
            return Ok(Ok(()));
        };
        match parts.get(refused.index) {
            Some(Part::Sku) => Ok(Err(ProductRefused::SkuTaken)),
            Some(Part::Slug) => Ok(Err(ProductRefused::SlugTaken)),
            Some(Part::Category(category)) => Ok(Err(ProductRefused::CategoryGone(*category))),
            Some(Part::Material(material)) => Ok(Err(ProductRefused::MaterialGone(*material))),
            Some(Part::Product) => Ok(Err(ProductRefused::Changed)),
            Some(Part::Other) | None => Err(Error::Conflict),
        }
    }

    /// Reads a product with its materials and models, in one query of its partition, and one read more where it comes in shared
    /// materials.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn product(
        &self,
        scope: TenantScope,
        product: ProductId,
        consistency: Consistency,
    ) -> Result<Option<ProductDetail>> {
        let rows = self.table.query(key::product(scope, product).pk).consistency(consistency).rows().await?;
        let (mut found, mut materials, mut models) = (None, Vec::new(), Vec::new());
        for item in rows.items {
            match item.get("type") {
                Some(AttributeValue::S(kind)) if kind == "Product" => {
                    found = Some(row::value::<Product>(item)?);
                }
                Some(AttributeValue::S(kind)) if kind == "Material" => {
                    materials.push(row::value(item)?);
                }
                Some(AttributeValue::S(kind)) if kind == "Model" => models.push(row::value(item)?),
                _ => {}
            }
        }
        let Some(product) = found else { return Ok(None) };
        let shared = self.shared_of(scope, &product, consistency).await?;
        Ok(Some(ProductDetail { product, materials, shared, models }))
    }
}

/// Makes a product.
fn creation(operation: &Operation, product: &Product) -> Result<Vec<(Part, Write)>> {
    let scope = operation.scope;
    let mut parts = vec![
        (Part::Sku, lock_sku(scope, &product.sku, product.id)?),
        (Part::Slug, lock_slug(scope, &product.slug, product.id)?),
        (Part::Product, Write::create(product_row(scope, product)?)),
        (Part::Other, changed(operation, product.id)?),
    ];
    parts.extend(categories::moved(scope, None, product)?);
    parts.extend(shared::chosen(scope, &[], product)?);
    Ok(parts)
}

/// Replaces a product, as it was read, by another, whose version this counts up.
fn replacement(operation: &Operation, before: &Product, after: &Product) -> Result<(Vec<(Part, Write)>, Product)> {
    let scope = operation.scope;
    let after = Product { version: before.version.saturating_add(1), updated_at: operation.now, ..after.clone() };
    let put = Write::put(product_row(scope, &after)?).when("version", "=", before.version)?;
    let mut parts = vec![(Part::Product, put)];
    if before.sku != after.sku {
        parts.push((Part::Sku, lock_sku(scope, &after.sku, after.id)?));
        parts.push((Part::Other, Write::delete(key::sku(scope, before.sku.as_str()))));
    }
    if before.slug != after.slug {
        parts.push((Part::Slug, lock_slug(scope, &after.slug, after.id)?));
        parts.push((Part::Other, Write::delete(key::slug(scope, before.slug.as_str()))));
    }
    parts.extend(categories::moved(scope, Some(before), &after)?);
    parts.extend(shared::chosen(scope, &before.shared_materials, &after)?);
    parts.push((Part::Other, changed(operation, after.id)?));
    Ok((parts, after))
}

fn lock_sku(scope: TenantScope, sku: &Sku, product: ProductId) -> Result<Write> {
    lock(key::sku(scope, sku.as_str()), product)
}

fn lock_slug(scope: TenantScope, slug: &Slug, product: ProductId) -> Result<Write> {
    lock(key::slug(scope, slug.as_str()), product)
}

fn changed(operation: &Operation, product: ProductId) -> Result<Write> {
    audit::record(operation, Action::ProductChanged, &product.to_string())
}
