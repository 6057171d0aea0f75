//! What somebody wants a product to be: the fields of a request or of a row, each of which may be left unsaid.

use std::collections::BTreeMap;

use super::{Product, ProductName, ProductStatus, Size, Sku, Slug, StockPolicy, TaxClass, description};
use crate::clock::Timestamp;
use crate::id::{CategoryId, FileId, Id, MaterialId, ProductId, SellerId};
use crate::money::Money;

/// The fields of a product that people set. What is not said stays, and in a new product is the usual.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProductEdit {
    /// The name shown to people.
    pub name: Option<ProductName>,
    /// The name in URLs; made of the name when a new product has none.
    pub slug: Option<Slug>,
    /// The stock-keeping unit.
    pub sku: Option<Sku>,
    /// Rich text as it came in; it is sanitised here.
    pub description: Option<String>,
    /// The price of one piece.
    pub base_price: Option<Money>,
    /// Which tax rate applies.
    pub tax_class: Option<TaxClass>,
    /// The weight of one piece in grams.
    pub weight_grams: Option<u32>,
    /// The extent of one piece.
    pub size: Option<Size>,
    /// Whether pieces can run out.
    pub stock_policy: Option<StockPolicy>,
    /// All pictures, the first one leading.
    pub images: Option<Vec<FileId>>,
    /// All categories that it stands in.
    pub categories: Option<Vec<CategoryId>>,
    /// All of the tenant's shared materials that it comes in.
    pub shared_materials: Option<Vec<MaterialId>>,
    /// All further properties by name.
    pub attributes: Option<BTreeMap<String, String>>,
    /// Whether each piece that is sold comes with a licence key.
    pub licence_keys: Option<bool>,
    /// A draft, or for sale. To archive a product is not to edit it.
    pub status: Option<ProductStatus>,
}

/// Why a product can't be what it is asked to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAProduct {
    /// A new product lacks this field.
    #[error("must be given for a new product")]
    Missing(&'static str),
    /// Nobody archives a product by saying so.
    #[error("must be DRAFT or ACTIVE")]
    Archives,
    /// An archived product stays as it is.
    #[error("an archived product can't be changed")]
    Archived,
}

impl ProductEdit {
    /// Makes a new product, a draft unless it says otherwise.
    ///
    /// # Errors
    /// When a field is missing that has no usual value, or the status is that of an archived product.
    pub fn open(self, id: ProductId, seller: SellerId, now: Timestamp) -> Result<Product, NotAProduct> {
        let name = self.name.ok_or(NotAProduct::Missing("name"))?;
        let status = match self.status.unwrap_or(ProductStatus::Draft) {
            ProductStatus::Archived => return Err(NotAProduct::Archives),
            status => status,
        };
        Ok(Product {
            id,
            seller,
            slug: self.slug.unwrap_or_else(|| {
                // The last characters of a ULID are the random ones.
                let random: String = id.ulid().to_string().chars().skip(20).collect();
                Slug::of_name(name.as_str(), &random)
            }),
            name,
            sku: self.sku.ok_or(NotAProduct::Missing("sku"))?,
            description: self.description.as_deref().map(description::clean).unwrap_or_default(),
            base_price: self.base_price.ok_or(NotAProduct::Missing("basePrice"))?,
            tax_class: self.tax_class.unwrap_or_default(),
            weight_grams: self.weight_grams.unwrap_or_default(),
            size: self.size,
            stock_policy: self.stock_policy.ok_or(NotAProduct::Missing("stockPolicy"))?,
            images: self.images.unwrap_or_default(),
            categories: self.categories.unwrap_or_default(),
            shared_materials: self.shared_materials.unwrap_or_default(),
            attributes: self.attributes.unwrap_or_default(),
            status,
            material_count: 0,
            model_files: Vec::new(),
            licence_keys: self.licence_keys.unwrap_or_default(),
            version: 1,
            created_at: now,
            updated_at: now,
        })
    }

    /// Changes a product. Its version and the time of the change are the store's to count.
    ///
    /// # Errors
    /// When it is archived, or would be.
    pub fn apply(self, mut product: Product) -> Result<Product, NotAProduct> {
        if product.status == ProductStatus::Archived {
            return Err(NotAProduct::Archived);
        }
        if self.status == Some(ProductStatus::Archived) {
            return Err(NotAProduct::Archives);
        }
        product.status = self.status.unwrap_or(product.status);
        product.name = self.name.unwrap_or(product.name);
        product.slug = self.slug.unwrap_or(product.slug);
        product.sku = self.sku.unwrap_or(product.sku);
        product.description = self.description.as_deref().map_or(product.description, description::clean);
        product.base_price = self.base_price.unwrap_or(product.base_price);
        product.tax_class = self.tax_class.unwrap_or(product.tax_class);
        product.weight_grams = self.weight_grams.unwrap_or(product.weight_grams);
        product.size = self.size.or(product.size);
        product.stock_policy = self.stock_policy.unwrap_or(product.stock_policy);
        product.images = self.images.unwrap_or(product.images);
        product.categories = self.categories.unwrap_or(product.categories);
        product.shared_materials = self.shared_materials.unwrap_or(product.shared_materials);
        product.attributes = self.attributes.unwrap_or(product.attributes);
        product.licence_keys = self.licence_keys.unwrap_or(product.licence_keys);
        Ok(product)
    }
}

/// Stock is only counted where pieces can run out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is only for products with finite stock")]
pub struct NoStockKept;

impl StockPolicy {
    /// Decides the stock of a new material for which `said` pieces were named.
    ///
    /// # Errors
    /// When pieces were named and can't run out.
    pub fn opening_stock(self, said: Option<u32>) -> Result<Option<u32>, NoStockKept> {
        match (self, said) {
            (Self::Finite, said) => Ok(Some(said.unwrap_or(0))),
            (Self::MadeToOrder | Self::Digital, Some(_)) => Err(NoStockKept),
            (Self::MadeToOrder | Self::Digital, None) => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;

    fn edit() -> ProductEdit {
        ProductEdit {
            name: Some("Vase".parse().unwrap()),
            sku: Some("VASE-1".parse().unwrap()),
            base_price: Some(Money::new(100, Currency::Inr)),
            stock_policy: Some(StockPolicy::Digital),
            ..ProductEdit::default()
        }
    }

    fn opened(edit: ProductEdit) -> Result<Product, NotAProduct> {
        let at = Timestamp::from_millis(1_700_000_000_000);
        edit.open(ProductId::from_parts(at, 7), SellerId::from_parts(at, 1), at)
    }

    #[test]
    fn a_new_product_names_the_first_field_that_it_lacks() {
        let lacking = |change: fn(&mut ProductEdit)| {
            let mut edit = edit();
            change(&mut edit);
            opened(edit).unwrap_err()
        };
        assert_eq!(lacking(|edit| edit.name = None), NotAProduct::Missing("name"));
        assert_eq!(lacking(|edit| edit.sku = None), NotAProduct::Missing("sku"));
        assert_eq!(lacking(|edit| edit.base_price = None), NotAProduct::Missing("basePrice"));
        assert_eq!(lacking(|edit| edit.stock_policy = None), NotAProduct::Missing("stockPolicy"));
        assert_eq!(lacking(|edit| edit.status = Some(ProductStatus::Archived)), NotAProduct::Archives);
        assert_eq!(opened(edit()).unwrap().status, ProductStatus::Draft);
    }

    #[test]
    fn what_is_not_said_stays_and_an_archived_product_stays_as_a_whole() {
        let product = opened(edit()).unwrap();
        assert_eq!(ProductEdit::default().apply(product.clone()), Ok(product.clone()));
        let again = ProductEdit { description: Some("<b>New</b><script>".to_owned()), ..ProductEdit::default() };
        assert_eq!(again.apply(product.clone()).unwrap().description, "<b>New</b>");
        let archives = ProductEdit { status: Some(ProductStatus::Archived), ..ProductEdit::default() };
        assert_eq!(archives.apply(product.clone()), Err(NotAProduct::Archives));
        let archived = Product { status: ProductStatus::Archived, ..product };
        assert_eq!(ProductEdit::default().apply(archived), Err(NotAProduct::Archived));
    }

    #[test]
    fn stock_is_counted_only_where_it_can_run_out() {
        assert_eq!(StockPolicy::Finite.opening_stock(None), Ok(Some(0)));
        assert_eq!(StockPolicy::MadeToOrder.opening_stock(None), Ok(None));
        assert_eq!(StockPolicy::Digital.opening_stock(Some(0)), Err(NoStockKept));
    }
}
