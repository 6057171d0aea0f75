//! What an invoice says.

use domain::money::{Currency, Money};
use jiff::civil::Date;

/// A name and an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    /// The legal or personal name.
    pub name: String,
    /// The address, one line per entry.
    pub address: Vec<String>,
    /// The tax registration number, when there is one.
    pub tax_id: Option<String>,
}

/// One position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvoiceLine {
    /// The product's name at the time of the order.
    pub name: String,
    /// The material's name at the time of the order.
    pub material: Option<String>,
    /// The product's SKU at the time of the order.
    pub sku: String,
    /// How many.
    pub quantity: u32,
    /// The price of one.
    pub unit_price: Money,
    /// The tax rate in basis points.
    pub tax_rate_bp: u32,
    /// The tax on the whole line.
    pub tax: Money,
    /// The price of the whole line.
    pub total: Money,
}

/// The tax of all lines of one rate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaxLine {
    /// The rate in basis points.
    pub rate_bp: u32,
    /// What was taxed, without the tax.
    pub taxable: Money,
    /// The tax.
    pub tax: Money,
}

/// Everything on an invoice; the layout adds nothing but labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvoiceDocument {
    /// The marketplace's name as customers know it.
    pub brand: String,
    /// Who writes the invoice.
    pub issuer: Party,
    /// The seller on the marketplace, when that is not the issuer.
    pub sold_by: Option<String>,
    /// Who pays it.
    pub buyer: Party,
    /// The invoice number.
    pub number: String,
    /// The order that it is for.
    pub order: String,
    /// The date of issue in the tenant's time zone.
    pub issued_on: Date,
    /// When it was paid, in the tenant's time zone.
    pub paid_on: Option<Date>,
    /// The currency of every amount.
    pub currency: Currency,
    /// The BCP 47 tag of the language of the amount in words.
    pub locale: String,
    /// Whether the prices contain the tax.
    pub prices_include_tax: bool,
    /// The positions.
    pub lines: Vec<InvoiceLine>,
    /// The sum of the lines.
    pub subtotal: Money,
    /// What a coupon took off, before tax; zero without one.
    pub discount: Money,
    /// The price of shipping.
    pub shipping: Money,
    /// The tax by rate.
    pub taxes: Vec<TaxLine>,
    /// What is to be paid.
    pub total: Money,
}
