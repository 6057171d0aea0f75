//! What is for sale, and who sells it.

use domain::catalog::{InvoicePrefix, SellerStatus, Slug};
use domain::coupon::CouponCode;
use domain::id::{CategoryId, CouponId, MaterialId, ModelId, ProductId, SellerId};
use domain::tenant::TenantScope;

use super::{Index, IndexKey, Key, of};

fn product_partition(scope: TenantScope, product: ProductId) -> String {
    of(scope, &format!("PRD#{product}"))
}

/// Reads a product; a query of its partition brings materials and models along.
pub(crate) fn product(scope: TenantScope, product: ProductId) -> Key {
    Key::alone(product_partition(scope, product))
}

/// Reads one material of a product, which carries its stock.
pub(crate) fn material(scope: TenantScope, product: ProductId, material: MaterialId) -> Key {
    Key::new(product_partition(scope, product), format!("MAT#{material}"))
}

/// Reads a shared material, which carries its stock.
pub(crate) fn shared_material(scope: TenantScope, material: MaterialId) -> Key {
    Key::alone(of(scope, &format!("MAT#{material}")))
}

/// Lists the shared materials of a tenant.
pub(crate) fn shared_materials_list(scope: TenantScope) -> String {
    of(scope, "MATS")
}

/// Orders a shared material among the tenant's by time of creation.
pub(crate) fn shared_materials(scope: TenantScope, material: MaterialId) -> IndexKey {
    IndexKey { index: Index::Second, pk: shared_materials_list(scope), sk: material.to_string() }
}

/// Reads one model of a product.
pub(crate) fn model(scope: TenantScope, product: ProductId, model: ModelId) -> Key {
    Key::new(product_partition(scope, product), format!("MDL#{model}"))
}

/// Lists the active products of a tenant.
pub(crate) fn active_products_list(scope: TenantScope) -> String {
    of(scope, "PRDS")
}

/// Orders a product among the active ones by time of creation.
pub(crate) fn active_products(scope: TenantScope, product: ProductId) -> IndexKey {
    IndexKey { index: Index::First, pk: active_products_list(scope), sk: product.to_string() }
}

/// Lists a seller's products, whatever their status.
pub(crate) fn products_of_list(scope: TenantScope, seller: SellerId) -> String {
    of(scope, &format!("SEL#{seller}#PRD"))
}

/// Orders a product among its seller's by time of creation.
pub(crate) fn products_of(scope: TenantScope, seller: SellerId, product: ProductId) -> IndexKey {
    IndexKey { index: Index::Second, pk: products_of_list(scope, seller), sk: product.to_string() }
}

/// Makes a SKU unique within the tenant.
pub(crate) fn sku(scope: TenantScope, sku: &str) -> Key {
    Key::alone(of(scope, &format!("SKU#{sku}")))
}

/// Makes a product's slug unique within the tenant.
pub(crate) fn slug(scope: TenantScope, slug: &str) -> Key {
    Key::alone(of(scope, &format!("SLUG#{slug}")))
}

/// Reads the tree of all categories of a tenant.
pub(crate) fn categories(scope: TenantScope) -> Key {
    Key::alone(of(scope, "CATEGORIES"))
}

/// Counts the products in a category; its existence makes the category one that products can stand in.
pub(crate) fn category(scope: TenantScope, category: CategoryId) -> Key {
    Key::alone(products_in_list(scope, category))
}

/// Lists the active products that stand in a category itself, behind [`PRODUCTS_IN`].
pub(crate) fn products_in_list(scope: TenantScope, category: CategoryId) -> String {
    of(scope, &format!("CAT#{category}"))
}

/// The common start of the products within a category's partition.
pub(crate) const PRODUCTS_IN: &str = "PRD#";

/// Lists an active product in a category by time of creation.
pub(crate) fn product_in(scope: TenantScope, category: CategoryId, product: ProductId) -> Key {
    Key::new(products_in_list(scope, category), format!("{PRODUCTS_IN}{product}"))
}

/// Reads a seller's profile.
pub(crate) fn seller(scope: TenantScope, seller: SellerId) -> Key {
    Key::alone(of(scope, &format!("SEL#{seller}")))
}

/// Finds a seller by its name in URLs, and makes that unique within the tenant.
pub(crate) fn seller_slug(scope: TenantScope, slug: &Slug) -> Key {
    Key::alone(of(scope, &format!("SELSLUG#{slug}")))
}

/// Makes the prefix of a seller's invoices that seller's.
pub(crate) fn seller_prefix(scope: TenantScope, prefix: &InvoicePrefix) -> Key {
    Key::alone(of(scope, &format!("SELPFX#{prefix}")))
}

/// Reads what is out of the ordinary about the tenant's sellers, beside any product.
pub(crate) fn standings(scope: TenantScope) -> Key {
    Key::alone(of(scope, "STANDINGS"))
}

/// Lists the sellers of a tenant, for those who run it.
pub(crate) fn sellers_list(scope: TenantScope) -> String {
    of(scope, "SELLERS")
}

/// Orders a seller among the tenant's by the time when the person's account was opened.
pub(crate) fn sellers(scope: TenantScope, seller: SellerId) -> IndexKey {
    IndexKey { index: Index::First, pk: sellers_list(scope), sk: seller.to_string() }
}

/// Lists the sellers of a tenant who have one status, such as those who wait for approval.
pub(crate) fn sellers_in_list(scope: TenantScope, status: SellerStatus) -> String {
    of(scope, &format!("SELLERS#{}", status.as_str()))
}

/// Orders a seller among those of its status.
pub(crate) fn sellers_in(scope: TenantScope, status: SellerStatus, seller: SellerId) -> IndexKey {
    IndexKey { index: Index::Second, pk: sellers_in_list(scope, status), sk: seller.to_string() }
}

/// Reads a coupon by its code; its existence makes the code unique.
pub(crate) fn coupon(scope: TenantScope, code: &CouponCode) -> Key {
    Key::alone(of(scope, &format!("CPN#{code}")))
}

/// Lists the coupons of a tenant, for those who run it.
pub(crate) fn coupons_list(scope: TenantScope) -> String {
    of(scope, "CPNS")
}

/// Orders a coupon among the tenant's by time of creation.
pub(crate) fn coupons(scope: TenantScope, coupon: CouponId) -> IndexKey {
    IndexKey { index: Index::Second, pk: coupons_list(scope), sk: coupon.to_string() }
}
