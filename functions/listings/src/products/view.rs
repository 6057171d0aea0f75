//! How products look to clients.

use std::collections::BTreeMap;

use domain::catalog::{Material, Model, Product, ProductStatus, Size, StockPolicy, TaxClass};
use domain::clock::Timestamp;
use domain::file::Format;
use domain::id::{CategoryId, FileId, MaterialId, ModelId, ProductId, SellerId};
use domain::money::Money;
use serde::Serialize;
use store::products::ProductDetail;
use utoipa::ToSchema;

/// An extent in whole millimetres.
#[derive(ToSchema)]
#[schema(as = Size)]
pub struct SizeSchema {
    /// Left to right, in mm.
    #[schema(example = 120, minimum = 1, maximum = 10_000)]
    pub width: u32,
    /// Front to back, in mm.
    #[schema(example = 120, minimum = 1, maximum = 10_000)]
    pub depth: u32,
    /// Bottom to top, in mm.
    #[schema(example = 200, minimum = 1, maximum = 10_000)]
    pub height: u32,
}

/// A product in a list.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProductSummary {
    /// The product's id.
    #[schema(value_type = String, example = "prd_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    pub id: ProductId,
    /// Who sells it.
    #[schema(value_type = String, example = "sel_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    pub seller_id: SellerId,
    /// The name shown to people.
    #[schema(example = "Spiral vase")]
    pub name: String,
    /// The name in URLs.
    #[schema(example = "spiral-vase")]
    pub slug: String,
    /// The stock-keeping unit.
    #[schema(example = "VASE-SPIRAL-01")]
    pub sku: String,
    /// The price of one piece before the surcharge of its material.
    #[schema(value_type = web::schema::Money)]
    pub base_price: Money,
    /// Whether pieces can run out.
    #[schema(value_type = String, example = "FINITE")]
    pub stock_policy: StockPolicy,
    /// The leading picture.
    #[schema(value_type = Option<String>, example = "fil_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    pub image: Option<FileId>,
    /// The categories that it stands in.
    #[schema(value_type = Vec<String>, example = json!(["cat_01JQZX3N9Q5S0V6T7W8Y9Z0ABC"]))]
    pub categories: Vec<CategoryId>,
    /// How far it has come.
    #[schema(value_type = String, example = "ACTIVE")]
    pub status: ProductStatus,
    /// How many materials there are to choose from.
    #[schema(example = 3)]
    pub material_count: u32,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
}

impl From<Product> for ProductSummary {
    fn from(product: Product) -> Self {
        Self {
            id: product.id,
            seller_id: product.seller,
            name: product.name.into(),
            slug: product.slug.into(),
            sku: product.sku.into(),
            base_price: product.base_price,
            stock_policy: product.stock_policy,
            image: product.images.first().copied(),
            categories: product.categories,
            status: product.status,
            material_count: product.material_count,
            created_at: product.created_at,
        }
    }
}

/// A product with its materials and models.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProductView {
    /// The product's id.
    #[schema(value_type = String, example = "prd_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    pub id: ProductId,
    /// Who sells it.
    #[schema(value_type = String, example = "sel_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    pub seller_id: SellerId,
    /// The name shown to people.
    #[schema(example = "Spiral vase")]
    pub name: String,
    /// The name in URLs.
    #[schema(example = "spiral-vase")]
    pub slug: String,
    /// The stock-keeping unit.
    #[schema(example = "VASE-SPIRAL-01")]
    pub sku: String,
    /// Rich text of a few harmless tags.
    #[schema(example = "<p>A vase with a twist.</p>")]
    pub description: String,
    /// The price of one piece before the surcharge of its material.
    #[schema(value_type = web::schema::Money)]
    pub base_price: Money,
    /// Which tax rate applies.
    #[schema(value_type = String, example = "STANDARD")]
    pub tax_class: TaxClass,
    /// The weight of one piece in grams.
    #[schema(example = 180)]
    pub weight_grams: u32,
    /// The extent of one piece.
    #[schema(value_type = Option<SizeSchema>)]
    pub size: Option<Size>,
    /// Whether pieces can run out.
    #[schema(value_type = String, example = "FINITE")]
    pub stock_policy: StockPolicy,
    /// Pictures, the first one leading.
    #[schema(value_type = Vec<String>, example = json!(["fil_01JQZX3N9Q5S0V6T7W8Y9Z0ABC"]))]
    pub images: Vec<FileId>,
    /// The categories that it stands in.
    #[schema(value_type = Vec<String>, example = json!(["cat_01JQZX3N9Q5S0V6T7W8Y9Z0ABC"]))]
    pub categories: Vec<CategoryId>,
    /// Further properties by name.
    #[schema(example = json!({"colour": "white"}))]
    pub attributes: BTreeMap<String, String>,
    /// Whether each piece comes with a licence key of its own.
    #[schema(example = false)]
    pub licence_keys: bool,
    /// How far it has come.
    #[schema(value_type = String, example = "ACTIVE")]
    pub status: ProductStatus,
    /// Whether it is for sale.
    #[schema(example = true)]
    pub is_active: bool,
    /// What it can be made of. Where there is any, a buyer must choose one.
    pub materials: Vec<MaterialView>,
    /// The 3D files that a buyer may download.
    pub models: Vec<ModelView>,
    /// Counts up with every change.
    #[schema(example = 3)]
    pub version: u64,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it was last changed.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
}

impl ProductView {
    /// Shows a product; `everything` includes the materials that can't be chosen any more.
    pub fn of(detail: ProductDetail, everything: bool) -> Self {
        let ProductDetail { product, materials, shared, models } = detail;
        let materials = materials
            .into_iter()
            .chain(shared)
            .filter(|material| everything || material.active)
            .map(|material| MaterialView::of(&product, material))
            .collect();
        Self {
            id: product.id,
            seller_id: product.seller,
            is_active: product.is_active(),
            name: product.name.into(),
            slug: product.slug.into(),
            sku: product.sku.into(),
            description: product.description,
            base_price: product.base_price,
            tax_class: product.tax_class,
            weight_grams: product.weight_grams,
            size: product.size,
            stock_policy: product.stock_policy,
            images: product.images,
            categories: product.categories,
            attributes: product.attributes,
            licence_keys: product.licence_keys,
            status: product.status,
            materials,
            models: models.into_iter().map(ModelView::from).collect(),
            version: product.version,
            created_at: product.created_at,
            updated_at: product.updated_at,
        }
    }
}

/// A material that a product can be had in.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MaterialView {
    /// The material's id.
    #[schema(value_type = String, example = "mat_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    pub id: MaterialId,
    /// The name shown to people.
    #[schema(example = "PETG, black")]
    pub name: String,
    /// What it adds to the product's base price.
    #[schema(value_type = web::schema::Money)]
    pub surcharge: Money,
    /// What one piece costs in this material.
    #[schema(value_type = Option<web::schema::Money>)]
    pub item_price: Option<Money>,
    /// How many pieces are left; null where pieces can't run out.
    #[schema(example = 25)]
    pub stock: Option<u32>,
    /// How many days it takes until a piece is ready to ship.
    #[schema(example = 2)]
    pub lead_time_days: u32,
    /// Whether it is one of the marketplace's, which products share with their stock. It is not changed here.
    #[schema(example = false)]
    pub shared: bool,
    /// Whether it can be chosen.
    #[schema(example = true)]
    pub active: bool,
    /// Counts up with every change by people.
    #[schema(example = 1)]
    pub version: u64,
}

impl MaterialView {
    /// Shows a material of `product`.
    pub fn of(product: &Product, material: Material) -> Self {
        let finite = domain::catalog::takes_stock(product, Some(&material));
        Self {
            item_price: domain::catalog::item_price(product, Some(&material)).ok(),
            stock: if finite { Some(material.stock.unwrap_or(0)) } else { None },
            shared: product.shares(material.id),
            id: material.id,
            name: material.name,
            surcharge: material.surcharge,
            lead_time_days: material.lead_time_days,
            active: material.active,
            version: material.version,
        }
    }
}

/// A 3D file of a product.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ModelView {
    /// The model's id.
    #[schema(value_type = String, example = "mdl_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    pub id: ModelId,
    /// The file, which a buyer may download.
    #[schema(value_type = String, example = "fil_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    pub file_id: FileId,
    /// The name shown to people.
    #[schema(example = "Vase, whole")]
    pub name: String,
    /// The file's format.
    #[schema(value_type = String, example = "STL")]
    pub format: Format,
    /// The file's size in bytes.
    #[schema(example = 684_084)]
    pub size: u64,
    /// The file's SHA-256 checksum in hexadecimal.
    #[schema(example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")]
    pub sha256: String,
    /// The extent of what it shows.
    #[schema(value_type = Option<SizeSchema>)]
    pub dimensions: Option<Size>,
    /// What a buyer may do with it.
    #[schema(example = "CC-BY-4.0")]
    pub licence: String,
}

impl From<Model> for ModelView {
    fn from(model: Model) -> Self {
        Self {
            id: model.id,
            file_id: model.file,
            name: model.name,
            format: model.format,
            size: model.size,
            sha256: model.sha256.to_string(),
            dimensions: model.dimensions,
            licence: model.licence,
        }
    }
}
