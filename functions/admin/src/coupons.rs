//! Coupons, as the tenant's people make them.

pub(crate) mod change;
pub(crate) mod create;
pub(crate) mod list;
pub(crate) mod read;
pub(crate) mod remove;
#[cfg(test)]
mod tests;

use domain::clock::Timestamp;
use domain::coupon::{Coupon, Terms};
use domain::id::CouponId;
use domain::money::{Currency, Money};
use serde::Serialize;
use utoipa::ToSchema;
use web::{Problem, schema};

/// A coupon.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CouponView {
    /// The coupon's id.
    #[schema(value_type = String, example = "cpn_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    id: CouponId,
    /// What buyers type in.
    #[schema(example = "SPRING-10")]
    code: String,
    /// What was decided about it.
    #[schema(value_type = TermsView)]
    terms: Terms,
    /// How many checkouts use it: those that are paid or still hold their stock.
    #[schema(example = 17)]
    used: u32,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When its terms last changed.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    /// Counts up with each change of its terms; also in `ETag`.
    #[schema(example = 1)]
    version: u64,
}

/// What was decided about a coupon.
#[derive(Debug, ToSchema)]
#[schema(as = CouponTerms)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes how `domain` writes terms")]
pub(crate) struct TermsView {
    /// What it takes off the lines that it is for: a `PERCENT` in basis points with an optional `cap`, or an `AMOUNT`.
    discount: DiscountView,
    /// Which lines it is for: `ALL`, or those of up to 100 `PRODUCTS`, `CATEGORIES` or `SELLERS`.
    scope: ScopeView,
    /// What these lines must cost at least, before the discount.
    minimum: Option<schema::Money>,
    /// From when on it counts; none is at once.
    #[schema(format = DateTime)]
    starts_at: Option<String>,
    /// From when on it does not count any more; none is never.
    #[schema(format = DateTime)]
    ends_at: Option<String>,
    /// How many checkouts may use it; none is any number.
    #[schema(example = 100, minimum = 1)]
    max_uses: Option<u32>,
    /// How many checkouts of one user may use it; none is any number.
    #[schema(example = 1, minimum = 1)]
    max_uses_per_user: Option<u32>,
    /// Whether it counts at all.
    #[schema(example = true)]
    active: bool,
}

/// What a coupon takes off the lines that it is for.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CouponDiscount)]
#[serde(tag = "kind", rename_all = "SCREAMING_SNAKE_CASE", rename_all_fields = "camelCase")]
#[expect(dead_code, reason = "describes how `domain` writes a discount")]
pub(crate) enum DiscountView {
    /// A part of their price, rounded half to even.
    Percent {
        /// The part in basis points: 1000 is 10 %.
        #[schema(rename = "basisPoints", example = 1000, minimum = 1, maximum = 10000)]
        basis_points: u32,
        /// The most that it takes off; none is any amount.
        #[schema(value_type = Option<schema::Money>)]
        cap: Option<Money>,
    },
    /// A fixed amount, but never more than their price.
    Amount {
        /// The amount.
        #[schema(value_type = schema::Money)]
        amount: Money,
    },
}

/// Which lines a coupon is for.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CouponScope)]
#[serde(tag = "kind", rename_all = "SCREAMING_SNAKE_CASE", rename_all_fields = "camelCase")]
#[expect(dead_code, reason = "describes how `domain` writes a scope")]
pub(crate) enum ScopeView {
    /// All.
    All {},
    /// Those of these products.
    Products {
        /// The products, 1 to 100.
        #[schema(example = json!(["prd_01JQZX3N9Q5S0V6T7W8Y9Z0ABC"]))]
        products: Vec<String>,
    },
    /// Those of products that stand in one of these categories themselves, not in one below.
    Categories {
        /// The categories, 1 to 100.
        #[schema(example = json!(["cat_01JQZX3N9Q5S0V6T7W8Y9Z0ABC"]))]
        categories: Vec<String>,
    },
    /// Those of these sellers.
    Sellers {
        /// The sellers, 1 to 100.
        #[schema(example = json!(["sel_01JQZX3N9Q5S0V6T7W8Y9Z0ABC"]))]
        sellers: Vec<String>,
    },
}

impl From<&Coupon> for CouponView {
    fn from(coupon: &Coupon) -> Self {
        Self {
            id: coupon.id,
            code: coupon.code.to_string(),
            terms: coupon.terms.clone(),
            used: coupon.used,
            created_at: coupon.created_at,
            updated_at: coupon.updated_at,
            version: coupon.version,
        }
    }
}

/// Refuses terms that make no sense in the tenant's currency.
fn require_sound(terms: &Terms, currency: Currency) -> Result<(), Problem> {
    terms.check(currency).map_err(|error| Problem::invalid("terms", error.to_string()))
}
