//! Products and the words that describe them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{ProductName, Sku, Slug, TaxClass};
use crate::clock::Timestamp;
use crate::id::{CategoryId, FileId, MaterialId, ProductId, SellerId};
use crate::money::Money;

/// The highest price or surcharge, in minor units: 40 lines of 999 pieces stay within what [`Money`] can hold.
pub const MAX_PRICE: i64 = 100_000_000_000;
/// The most pictures that a product may have.
pub const MAX_IMAGES: usize = 10;
/// The most categories that a product may stand in.
pub const MAX_CATEGORIES: usize = 5;
/// The most materials that a product may come in.
pub const MAX_MATERIALS: u32 = 50;
/// The most of the tenant's shared materials that a product may come in besides.
pub const MAX_SHARED_MATERIALS: usize = 20;
/// The most model files that a product may have.
pub const MAX_MODELS: usize = 10;

/// Whether pieces can run out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum StockPolicy {
    /// Each material has a stock that sales reduce.
    Finite,
    /// Printed when ordered; never runs out.
    MadeToOrder,
    /// Only files are delivered; never runs out.
    Digital,
}

/// How far a product has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ProductStatus {
    /// Being prepared: only its seller and the tenant's people see it.
    Draft,
    /// For sale: everybody sees it.
    Active,
    /// Withdrawn for good; past orders still refer to it.
    Archived,
}

/// An extent in whole millimetres.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Size {
    /// Left to right, in mm.
    pub width: u32,
    /// Front to back, in mm.
    pub depth: u32,
    /// Bottom to top, in mm.
    pub height: u32,
}

/// Something for sale.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Product {
    /// The product's id.
    pub id: ProductId,
    /// Who sells it.
    pub seller: SellerId,
    /// The name shown to people.
    pub name: ProductName,
    /// The name in URLs, unique within the tenant.
    pub slug: Slug,
    /// The stock-keeping unit, unique within the tenant.
    pub sku: Sku,
    /// Rich text, sanitised before it got here.
    pub description: String,
    /// The price of one piece before the surcharge of its material.
    pub base_price: Money,
    /// Which tax rate applies.
    pub tax_class: TaxClass,
    /// The weight of one piece in grams.
    pub weight_grams: u32,
    /// The extent of one piece.
    pub size: Option<Size>,
    /// Whether pieces can run out.
    pub stock_policy: StockPolicy,
    /// Pictures, the first one leading.
    pub images: Vec<FileId>,
    /// The categories that it stands in.
    pub categories: Vec<CategoryId>,
    /// Further properties by name.
    pub attributes: BTreeMap<String, String>,
    /// How far it has come.
    pub status: ProductStatus,
    /// How many materials it has, active or not. Where there are any, a buyer must choose one.
    pub material_count: u32,
    /// The tenant's shared materials that it comes in besides, active or not.
    #[serde(default)]
    pub shared_materials: Vec<MaterialId>,
    /// The files of its models, so that a checkout learns what to grant without another read.
    pub model_files: Vec<FileId>,
    /// Whether each piece that is sold comes with a licence key.
    #[serde(default)]
    pub licence_keys: bool,
    /// Counts up with every change.
    pub version: u64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl Product {
    /// Tells whether everybody may see and buy it.
    pub fn is_active(&self) -> bool {
        self.status == ProductStatus::Active
    }

    /// Tells whether a buyer must choose a material.
    pub fn comes_in_materials(&self) -> bool {
        self.material_count > 0 || !self.shared_materials.is_empty()
    }

    /// Tells whether a material is one of the tenant's shared ones that the product comes in.
    pub fn shares(&self, material: MaterialId) -> bool {
        self.shared_materials.contains(&material)
    }
}
