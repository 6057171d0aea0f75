//! What an invoice or a credit note says.

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
pub struct DocumentLine {
    /// The product's name at the time of the order.
    pub name: String,
    /// The material's name at the time of the order.
    pub material: Option<String>,
    /// The product's SKU at the time of the order.
    pub sku: String,
    /// How many and for how much each; none where only a part of the price is meant.
    pub pieces: Option<(u32, Money)>,
    /// What a coupon took off the whole line; zero without one.
    pub discount: Money,
    /// The tax rate in basis points.
    pub tax_rate_bp: u32,
    /// The tax on the whole line, less the discount.
    pub tax: Money,
    /// The price of the whole line, before the discount.
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

/// What kind of document it is, and what only that kind says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// Asks for money, or says that it was paid.
    Invoice {
        /// When it was paid, in the tenant's time zone.
        paid_on: Option<Date>,
    },
    /// Takes back an invoice or a part of it. Its amounts are negative.
    CreditNote {
        /// The number of the invoice.
        invoice: String,
        /// When that was issued, in the tenant's time zone.
        invoiced_on: Date,
        /// Why.
        reason: String,
    },
}

/// Everything on a document; the layout adds nothing but labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// The marketplace's name as customers know it.
    pub brand: String,
    /// Invoice or credit note.
    pub kind: Kind,
    /// Who writes it.
    pub issuer: Party,
    /// The name under which it was sold, when that is not the issuer's.
    pub sold_by: Option<String>,
    /// Who runs the marketplace, when that is not the issuer.
    pub marketplace: Option<String>,
    /// Who pays, or gets back.
    pub buyer: Party,
    /// The document's number.
    pub number: String,
    /// The order that it is for.
    pub order: String,
    /// The date of issue in the tenant's time zone.
    pub issued_on: Date,
    /// The currency of every amount.
    pub currency: Currency,
    /// The BCP 47 tag of the language of labels and of the amount in words.
    pub locale: String,
    /// Whether the prices contain the tax.
    pub prices_include_tax: bool,
    /// The positions.
    pub lines: Vec<DocumentLine>,
    /// The sum of the lines.
    pub subtotal: Money,
    /// What a coupon took off, before tax; zero without one.
    pub discount: Money,
    /// The price of shipping; contains the tax where prices do.
    pub shipping: Money,
    /// The tax by rate.
    pub taxes: Vec<TaxLine>,
    /// What was to be paid, or went back.
    pub total: Money,
}
