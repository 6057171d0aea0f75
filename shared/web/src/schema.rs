//! How domain values look in the API's document: `#[schema(value_type = web::schema::Money)]`.

use utoipa::ToSchema;

/// An amount of money, in the minor unit of its currency. There are no fractions of it.
#[derive(Debug, ToSchema)]
pub struct Money {
    /// The number of minor units: paise, cents, fils; đồng has none.
    #[schema(example = 129_900)]
    pub amount: i64,
    /// The ISO 4217 code.
    #[schema(example = "INR")]
    pub currency: String,
}
