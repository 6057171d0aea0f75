//! What is sold, by whom, made of what, and at which price.
//!
//! A [`Product`] belongs to a [`Seller`] and may come in several [`Material`]s, each with a surcharge and, where
//! stock is finite, its own stock. [`Model`]s are the 3D files that a buyer may download after paying.
//! [`offer`] is the one rule that says whether something can be bought now and what one piece costs.

mod category;
pub mod description;
mod edit;
mod legal_identity;
mod model;
mod name;
mod offer;
mod product;
pub mod rules;
mod seller;
mod shared;
mod tax_class;

pub use category::{Category, CategoryError, CategoryTree, MAX_DEPTH, MAX_TREE, MAX_TREE_BYTES, TreeStep};
pub use edit::{NoStockKept, NotAProduct, ProductEdit};
pub use legal_identity::LegalIdentity;
pub use model::{Material, Model};
pub use name::{CategoryName, InvalidText, InvoicePrefix, ProductName, SellerName, Sku, Slug};
pub(crate) use name::{one_line, texts};
pub use offer::{Offer, Sellable, Unsellable, item_price, offer, takes_stock};
pub use product::{
    MAX_CATEGORIES, MAX_IMAGES, MAX_MATERIALS, MAX_MODELS, MAX_PRICE, MAX_SHARED_MATERIALS, Product, ProductStatus,
    Size, StockPolicy,
};
pub use seller::{MAX_BIO, OWN_PROFILE, PAYOUT_ACCOUNT, Seller, SellerStatus, SellerTerms, Standings, masked};
pub use shared::SharedMaterial;
pub use tax_class::{InvalidTaxClass, OwnTaxClass, TaxClass};
