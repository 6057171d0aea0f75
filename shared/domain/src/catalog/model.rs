//! What a product is made of: materials to choose from, and 3D files.

use serde::{Deserialize, Serialize};

use super::Size;
use crate::clock::Timestamp;
use crate::file::{Digest, Format};
use crate::id::{FileId, MaterialId, ModelId, ProductId};
use crate::money::Money;

/// A material that a product can be had in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Material {
    /// The material's id.
    pub id: MaterialId,
    /// The product that it belongs to.
    pub product: ProductId,
    /// The name shown to people, such as `PETG, black`.
    pub name: String,
    /// What it adds to the product's base price.
    pub surcharge: Money,
    /// How many pieces are left; absent where pieces can't run out.
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

/// A 3D file of a product. The file itself is kept and delivered under the rules of [`crate::file`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Model {
    /// The model's id.
    pub id: ModelId,
    /// The product that it belongs to.
    pub product: ProductId,
    /// The file.
    pub file: FileId,
    /// The name shown to people, such as `Left bracket`.
    pub name: String,
    /// The file's format.
    pub format: Format,
    /// The file's size in bytes.
    pub size: u64,
    /// The file's checksum.
    pub sha256: Digest,
    /// The extent of what it shows, if the seller said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dimensions: Option<Size>,
    /// What a buyer may do with it, such as `CC-BY-4.0`.
    pub licence: String,
    /// When it was added.
    pub created_at: Timestamp,
}
