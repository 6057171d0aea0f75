//! Products with their materials and models.
//!
//! A product's item also carries how many materials it has and the files of its models, so that a checkout
//! needs nothing else. Every change of the product, of its materials' number or of its models counts its
//! version up; a material has a version of its own, and sales only move its stock.

pub mod bulk;

pub(crate) mod sellable;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::catalog::{MAX_MATERIALS, Material, Model, Product, ProductStatus, Sku, Slug};
use domain::id::{ProductId, SellerId};
use domain::operation::{Action, Operation};
use domain::tenant::TenantScope;
use serde::Serialize;

use crate::error::{Error, Result};
use crate::key::{self, Index, Key};
use crate::page::{Page, Position};
use crate::row::{self, Row};
use crate::table::Consistency;
use crate::write::Write;
use crate::{Store, audit};

/// A product with everything that belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductDetail {
    /// The product.
    pub product: Product,
    /// Its materials, active or not, oldest first.
    pub materials: Vec<Material>,
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
    /// Somebody else changed the product first.
    #[error("the product was changed meanwhile")]
    Changed,
}

/// Why a material can't be stored as asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MaterialRefused {
    /// The product is archived or gone, or has as many materials as it may have.
    #[error("the product takes no more materials")]
    ProductClosed,
    /// Somebody else changed the material first, or its stock has moved.
    #[error("the material was changed meanwhile")]
    Changed,
    /// The stock would fall below zero.
    #[error("the stock can't fall below zero")]
    StockTooLow,
}

/// What happens to a material's stock beside its other changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StockChange {
    /// It stays as it is.
    None,
    /// It becomes this, if nobody moved it since it was read.
    To(Option<u32>),
    /// It moves by this, whatever it is now, but not below zero.
    By(i64),
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
            Some(Part::Product) => Ok(Err(ProductRefused::Changed)),
            Some(Part::Other) | None => Err(Error::Conflict),
        }
    }

    /// Reads a product with its materials and models, in one query of its partition.
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
        Ok(found.map(|product| ProductDetail { product, materials, models }))
    }

    /// Lists the products that are for sale, newest first.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn active_products(
        &self,
        scope: TenantScope,
        limit: u32,
        from: Option<Position>,
    ) -> Result<Page<Product>> {
        self.table
            .query(key::active_products_list(scope))
            .index(Index::First)
            .newest_first()
            .limit(limit)
            .from(from)
            .page()
            .await
    }

    /// Lists a seller's products, whatever their status, newest first.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn products_of(
        &self,
        scope: TenantScope,
        seller: SellerId,
        limit: u32,
        from: Option<Position>,
    ) -> Result<Page<Product>> {
        self.table
            .query(key::products_of_list(scope, seller))
            .index(Index::Second)
            .newest_first()
            .limit(limit)
            .from(from)
            .page()
            .await
    }

    /// Adds a material to a product that is not archived and has room for it.
    ///
    /// # Errors
    /// When the table can't be written. The inner error says what stands against it.
    pub async fn add_material(
        &self,
        operation: &Operation,
        material: &Material,
    ) -> Result<Result<(), MaterialRefused>> {
        let scope = operation.scope;
        let product = Write::update(key::product(scope, material.product))
            .add("materialCount", 1)?
            .add("version", 1)?
            .set("updatedAt", operation.now)?
            .when("status", "<>", ProductStatus::Archived)?
            .when("materialCount", "<", MAX_MATERIALS)?;
        let key = key::material(scope, material.product, material.id);
        let writes =
            vec![product, Write::create(Row::new(key, "Material", material)?), changed(operation, material.product)?];
        match self.table.transact(writes).await? {
            Ok(()) => Ok(Ok(())),
            Err(refused) if refused.index == 0 => Ok(Err(MaterialRefused::ProductClosed)),
            Err(_) => Err(Error::Conflict),
        }
    }

    /// Changes a material from `before`, as it was read, to `after`. Its stock only moves by `stock`, because
    /// sales move it at the same time; the answer shows it as it was read, moved.
    ///
    /// # Errors
    /// When the table can't be written. The inner error says what stands against it.
    pub async fn update_material(
        &self,
        operation: &Operation,
        before: &Material,
        after: &Material,
        stock: StockChange,
    ) -> Result<Result<Material, MaterialRefused>> {
        let mut update = Write::update(key::material(operation.scope, before.product, before.id))
            .set("name", &after.name)?
            .set("surcharge", after.surcharge)?
            .set("leadTimeDays", after.lead_time_days)?
            .set("active", after.active)?
            .add("version", 1)?
            .when("version", "=", before.version)?;
        update = match (stock, before.stock) {
            (StockChange::None, _) => update,
            (StockChange::To(next), was) => {
                let update = match was {
                    Some(was) => update.when("stock", "=", was)?,
                    None => update.when_absent("stock"),
                };
                match next {
                    Some(next) => update.set("stock", next)?,
                    None => update.remove("stock"),
                }
            }
            (StockChange::By(step), _) => {
                let update = update.add("stock", step)?;
                let least = step.saturating_neg();
                if step < 0 {
                    update.when("stock", ">=", least)?
                } else {
                    // An absent stock starts at zero; the sum must stay a count of pieces.
                    update.when_absent_or("stock", "<=", i64::from(u32::MAX).saturating_sub(step))?
                }
            }
        };
        let writes = vec![update, changed(operation, before.product)?];
        let Err(refused) = self.table.transact(writes).await? else {
            let stock = match stock {
                StockChange::None => before.stock,
                StockChange::To(next) => next,
                StockChange::By(step) => {
                    let moved = i64::from(before.stock.unwrap_or(0)).saturating_add(step);
                    Some(u32::try_from(moved).unwrap_or(0))
                }
            };
            return Ok(Ok(Material { stock, version: before.version.saturating_add(1), ..after.clone() }));
        };
        let now: Option<Material> = refused.found.map(row::value).transpose()?;
        Ok(Err(match (stock, now) {
            (StockChange::By(_), Some(now)) if now.version == before.version => MaterialRefused::StockTooLow,
            _ => MaterialRefused::Changed,
        }))
    }

    /// Adds a model to `product`, as it was read.
    ///
    /// # Errors
    /// When the table can't be written. The inner error says that the product was changed meanwhile.
    pub async fn add_model(
        &self,
        operation: &Operation,
        product: &Product,
        model: &Model,
    ) -> Result<Result<(), ProductRefused>> {
        let mut files = product.model_files.clone();
        files.push(model.file);
        let key = key::model(operation.scope, product.id, model.id);
        let create = Write::create(Row::new(key, "Model", model)?);
        self.change_models(operation, product, &files, create).await
    }

    /// Takes a model off `product`, as it was read. Those who bought it keep their right to the file.
    ///
    /// # Errors
    /// When the table can't be written. The inner error says that the product was changed meanwhile.
    pub async fn remove_model(
        &self,
        operation: &Operation,
        product: &Product,
        model: &Model,
    ) -> Result<Result<(), ProductRefused>> {
        let files: Vec<_> = product.model_files.iter().copied().filter(|file| *file != model.file).collect();
        let delete = Write::delete(key::model(operation.scope, product.id, model.id)).when_present("pk");
        self.change_models(operation, product, &files, delete).await
    }

    async fn change_models(
        &self,
        operation: &Operation,
        product: &Product,
        files: &[domain::id::FileId],
        model: Write,
    ) -> Result<Result<(), ProductRefused>> {
        let update = Write::update(key::product(operation.scope, product.id))
            .set("modelFiles", files)?
            .set("updatedAt", operation.now)?
            .add("version", 1)?
            .when("version", "=", product.version)?;
        let writes = vec![update, model, changed(operation, product.id)?];
        Ok(self.table.transact(writes).await?.map_err(|_| ProductRefused::Changed))
    }
}

/// Makes a product.
fn creation(operation: &Operation, product: &Product) -> Result<Vec<(Part, Write)>> {
    let scope = operation.scope;
    Ok(vec![
        (Part::Sku, lock_sku(scope, &product.sku, product.id)?),
        (Part::Slug, lock_slug(scope, &product.slug, product.id)?),
        (Part::Product, Write::create(product_row(scope, product)?)),
        (Part::Other, changed(operation, product.id)?),
    ])
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
