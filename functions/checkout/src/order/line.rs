//! How the lines of an order and what they come to look from outside.

use domain::id::{MaterialId, ProductId};
use domain::money::Money;
use domain::pricing::{OrderLine, ShippingTax, Totals};
use serde::Serialize;
use utoipa::ToSchema;
use web::schema;

/// What an order or a checkout comes to.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TotalsView {
    /// The sum of the lines.
    #[schema(value_type = schema::Money)]
    subtotal: Money,
    /// What a coupon takes off them.
    #[schema(value_type = schema::Money)]
    discount: Money,
    /// The price of shipping.
    #[schema(value_type = schema::Money)]
    shipping: Money,
    /// The tax, on shipping too; contained in `subtotal` less `discount` and in `shipping` where prices are inclusive.
    #[schema(value_type = schema::Money)]
    tax: Money,
    /// What is to be paid.
    #[schema(value_type = schema::Money)]
    total: Money,
}

impl From<Totals> for TotalsView {
    fn from(totals: Totals) -> Self {
        let Totals { subtotal, discount, shipping, tax, total } = totals;
        Self { subtotal, discount, shipping, tax, total }
    }
}

/// The tax on the shipping of an order.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ShippingTaxView {
    /// The tax rate in basis points.
    #[schema(example = 1800)]
    tax_rate_bp: u32,
    /// The tax.
    #[schema(value_type = schema::Money)]
    tax: Money,
}

impl From<ShippingTax> for ShippingTaxView {
    fn from(of_shipping: ShippingTax) -> Self {
        Self { tax_rate_bp: of_shipping.rate_bp, tax: of_shipping.tax }
    }
}

/// One line as it was sold.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OrderLineView {
    /// The product.
    #[schema(value_type = String, example = "prd_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    product_id: ProductId,
    /// The material, for products that have any.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "mat_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    material_id: Option<MaterialId>,
    /// The product's name at that time.
    #[schema(example = "Planetary gear set")]
    name: String,
    /// The material's name at that time.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "PETG, black")]
    material_name: Option<String>,
    /// The product's SKU at that time.
    #[schema(example = "GEAR-014")]
    sku: String,
    /// The price of one piece without its material.
    #[schema(value_type = schema::Money)]
    base_price: Money,
    /// What the material added.
    #[schema(value_type = schema::Money)]
    material_price: Money,
    /// The price of one piece.
    #[schema(value_type = schema::Money)]
    item_price: Money,
    /// How many.
    #[schema(example = 2)]
    quantity: u32,
    /// The price of all pieces.
    #[schema(value_type = schema::Money)]
    line_total: Money,
    /// The line's part of the discount, which comes off `lineTotal` before tax.
    #[schema(value_type = schema::Money)]
    discount: Money,
    /// The tax rate in basis points.
    #[schema(example = 1800)]
    tax_rate_bp: u32,
    /// The tax on the line.
    #[schema(value_type = schema::Money)]
    tax: Money,
}

impl From<&OrderLine> for OrderLineView {
    fn from(line: &OrderLine) -> Self {
        Self {
            product_id: line.product,
            material_id: line.material,
            name: line.name.clone(),
            material_name: line.material_name.clone(),
            sku: line.sku.clone(),
            base_price: line.base_price,
            material_price: line.material_price,
            item_price: line.item_price,
            quantity: line.quantity.get(),
            line_total: line.line_total,
            discount: line.discount,
            tax_rate_bp: line.tax_rate_bp,
            tax: line.tax,
        }
    }
}
