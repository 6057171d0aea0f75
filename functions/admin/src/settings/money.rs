//! How the document describes what `domain` writes of prices, tax and shipping.
#![expect(dead_code, reason = "describes how `domain` writes these")]

use utoipa::ToSchema;
use web::schema;

/// How what is sold is taxed.
#[derive(Debug, ToSchema)]
#[schema(as = TaxSettings)]
#[schema(rename_all = "camelCase")]
pub(crate) struct TaxView {
    /// Whether prices contain the tax (`INCLUSIVE`) or it is added on top (`EXCLUSIVE`).
    #[schema(example = "EXCLUSIVE")]
    mode: String,
    /// The rates, at most 200; of those for a class, the most specific for the address applies.
    rates: Vec<TaxRateView>,
    /// The classes that the tenant has named itself, at most 50. None is taken back, because products may name it.
    classes: Vec<TaxClassView>,
    /// As which class of products shipping is taxed, by the address; null is not at all.
    #[schema(example = "STANDARD")]
    shipping_class: Option<String>,
}

/// A tax class of the tenant's own.
#[derive(Debug, ToSchema)]
#[schema(as = TaxClass)]
#[schema(rename_all = "camelCase")]
pub(crate) struct TaxClassView {
    /// The name by which products and rates know it: 2 to 24 of `A-Z`, `0-9` and `_`.
    #[schema(example = "LUXURY")]
    name: String,
    /// Whether products can't choose it any more. Those that name it go on being taxed as its rates say.
    #[schema(example = false)]
    retired: bool,
}

/// The tax rate of one class of products in one place.
#[derive(Debug, ToSchema)]
#[schema(as = TaxRate)]
#[schema(rename_all = "camelCase")]
pub(crate) struct TaxRateView {
    /// The class of products: `STANDARD`, `REDUCED` or one of the tenant's own. `ZERO` and `EXEMPT` are never taxed; what has no rate of its own is
    /// taxed like `STANDARD`.
    #[schema(example = "STANDARD")]
    class: String,
    /// The ISO 3166-1 alpha-2 code of the country; none is everywhere.
    #[schema(example = "IN")]
    country: Option<String>,
    /// The state within the country, as addresses write it; none is the whole country.
    #[schema(example = "Karnataka")]
    state: Option<String>,
    /// The rate in basis points: 1800 is 18 %.
    #[schema(example = 1800, maximum = 10_000)]
    rate_bp: u32,
}

/// What shipping of a whole checkout costs.
#[derive(Debug, ToSchema)]
#[schema(as = ShippingSettings)]
#[schema(rename_all = "camelCase")]
pub(crate) struct ShippingView {
    /// The prices by weight, lightest first, at most 50. One band without a limit is a flat price.
    bands: Vec<BandView>,
    /// From which value of goods on shipping is free, after the discount; none is never.
    free_above: Option<schema::Money>,
}

/// The price of shipping up to a weight.
#[derive(Debug, ToSchema)]
#[schema(as = WeightBand)]
#[schema(rename_all = "camelCase")]
pub(crate) struct BandView {
    /// The heaviest checkout that it is for, in grams; none is any weight.
    #[schema(example = 2000)]
    up_to_grams: Option<u64>,
    /// The price.
    price: schema::Money,
}
