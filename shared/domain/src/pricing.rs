//! What a cart costs: lines, discount, tax, shipping, and one parcel per seller.
//!
//! A discount is spread over the lines before they are taxed, and shipping over the parcels that are sent, both by
//! largest remainder. Invariant: the parcels' totals add up to the whole exactly, to the last minor unit.

mod shipping;
mod tax;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::cart::Quantity;
use crate::catalog::{Material, Product, StockPolicy, item_price};
use crate::coupon::{Coupon, CouponRefusal};
use crate::id::{FileId, MaterialId, ProductId, SellerId};
use crate::ledger::Commission;
use crate::money::{Currency, Money, MoneyError};
use crate::tenant::{TaxMode, TenantSettings};

pub use self::shipping::{InvalidShipping, MAX_BANDS, ShippingSettings, TooHeavy, WeightBand};
pub use self::tax::{
    InvalidTax, MAX_CLASSES, MAX_RATE_BP, MAX_RATES, NamedTaxClass, Region, TaxRate, TaxSettings, tax_on,
};

/// Pieces of a product in one material, as they are sold right now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The product.
    pub product: Product,
    /// The material, for products that have any.
    pub material: Option<Material>,
    /// How many.
    pub quantity: Quantity,
}

/// A line as it was sold. It never changes again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderLine {
    /// The product.
    pub product: ProductId,
    /// The material, for products that have any.
    pub material: Option<MaterialId>,
    /// Whether the material is one that the tenant's products share.
    #[serde(default)]
    pub shared_material: bool,
    /// The product's name at that time.
    pub name: String,
    /// The material's name at that time.
    pub material_name: Option<String>,
    /// The product's SKU at that time.
    pub sku: String,
    /// Whether it is only downloaded, so that there is nothing to send.
    #[serde(default)]
    pub is_digital: bool,
    /// The price without the material.
    pub base_price: Money,
    /// What the material added.
    pub material_price: Money,
    /// The price of one piece.
    pub item_price: Money,
    /// How many.
    pub quantity: Quantity,
    /// The files that the buyer may download with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<FileId>,
    /// The price of all pieces; contains the tax where prices do.
    pub line_total: Money,
    /// The line's part of the discount, which comes off `line_total` before tax.
    pub discount: Money,
    /// Whether each piece comes with a licence key.
    #[serde(default)]
    pub licence_keys: bool,
    /// The tax rate in basis points.
    pub tax_rate_bp: u32,
    /// The tax on what is left of the line after the discount, rounded half to even.
    pub tax: Money,
}

impl OrderLine {
    /// Returns what is asked for the line: its price less its part of the discount; contains the tax where prices do.
    ///
    /// # Errors
    /// When the amounts don't fit together, which those of a placed order do.
    pub fn charged(&self) -> Result<Money, MoneyError> {
        self.line_total.minus(self.discount)
    }
}

/// What an order or a whole checkout comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Totals {
    /// The sum of the lines.
    pub subtotal: Money,
    /// What a coupon takes off them.
    pub discount: Money,
    /// The price of shipping; contains the tax where prices do.
    pub shipping: Money,
    /// The taxes of the lines and of shipping; contained in `subtotal` less `discount` and in `shipping` when prices are inclusive.
    pub tax: Money,
    /// What is to be paid.
    pub total: Money,
}

/// The tax on the shipping of one order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ShippingTax {
    /// The rate in basis points.
    pub rate_bp: u32,
    /// The tax, rounded half to even.
    pub tax: Money,
}

/// What one seller delivers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parcel {
    /// The seller.
    pub seller: SellerId,
    /// The seller's lines, in the order of the cart.
    pub lines: Vec<OrderLine>,
    /// What they come to.
    pub totals: Totals,
    /// The tax on its part of the shipping; none where that is not taxed, or costs nothing.
    pub shipping_tax: Option<ShippingTax>,
    /// The model files among them, each once.
    pub model_files: Vec<FileId>,
    /// What the tenant keeps of it.
    pub commission: Commission,
}

/// The price of a cart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    /// One parcel per seller, in the order of the cart.
    pub parcels: Vec<Parcel>,
    /// What all of them come to.
    pub totals: Totals,
    /// How the prices relate to tax.
    pub tax_mode: TaxMode,
    /// The coupon whose discount is in the totals.
    pub coupon: Option<Coupon>,
}

/// What a price depends on besides what is bought.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'a> {
    /// What the tenant decided.
    pub settings: &'a TenantSettings,
    /// Where it goes; none before that is known.
    pub region: Option<&'a Region>,
    /// What sending it costs.
    pub shipping: &'a ShippingSettings,
    /// What takes something off. Whether it counts at the moment is decided elsewhere.
    pub coupon: Option<&'a Coupon>,
    /// The share that the tenant keeps of some sellers' sales, in basis points, where it is not the usual one.
    pub agreed: Option<&'a BTreeMap<SellerId, u32>>,
}

impl<'a> Terms<'a> {
    /// Starts with the tenant's settings alone.
    pub fn of(settings: &'a TenantSettings) -> Self {
        Self { settings, region: None, shipping: &settings.shipping, coupon: None, agreed: None }
    }
}

/// Why there is no price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unpriced {
    /// A price is in another currency than the tenant's, or a sum is out of range.
    #[error(transparent)]
    Amount(#[from] MoneyError),
    /// It can't be sent.
    #[error(transparent)]
    Shipping(#[from] TooHeavy),
    /// The coupon takes nothing off.
    #[error(transparent)]
    Coupon(#[from] CouponRefusal),
}

/// Prices what is bought.
///
/// # Errors
/// When a price is in another currency than the tenant's, a sum is out of range, nobody sends such a weight, or the
/// coupon is not for what is bought.
pub fn quote(items: &[Item], terms: &Terms<'_>) -> Result<Quote, Unpriced> {
    let (settings, mode) = (terms.settings, terms.settings.tax.mode);
    let currency = settings.currency;
    let mut lines = items.iter().map(|item| line(item, terms)).collect::<Result<Vec<_>, _>>()?;
    if let Some(coupon) = terms.coupon {
        take_off(coupon, items, &mut lines)?;
    }
    let mut drafts: Vec<Draft> = Vec::new();
    let mut places: BTreeMap<SellerId, usize> = BTreeMap::new();
    for (item, mut line) in items.iter().zip(lines) {
        line.tax = tax_on(line.charged()?, line.tax_rate_bp, mode)?;
        let seller = item.product.seller;
        let place = *places.entry(seller).or_insert(drafts.len());
        if place == drafts.len() {
            drafts.push(Draft::new(seller, currency));
        }
        if let Some(draft) = drafts.get_mut(place) {
            draft.take(item, line)?;
        }
    }
    let shipping = shipping(&drafts, terms)?;
    // Parcels that are only downloaded don't pay for shipping.
    let weights: Vec<u64> = drafts.iter().map(|draft| u64::try_from(draft.shipped.amount).unwrap_or(0)).collect();
    let parcels = drafts
        .into_iter()
        .zip(shipping.allocate(&weights))
        .map(|(draft, share)| draft.finish(share, terms))
        .collect::<Result<Vec<_>, _>>()?;
    let totals = Totals::sum(currency, parcels.iter().map(|parcel| parcel.totals))?;
    Ok(Quote { parcels, totals, tax_mode: mode, coupon: terms.coupon.cloned() })
}

/// Prices one line, before discount and tax.
fn line(item: &Item, terms: &Terms<'_>) -> Result<OrderLine, MoneyError> {
    let (product, material, settings) = (&item.product, item.material.as_ref(), terms.settings);
    let item_price = item_price(product, material)?;
    if item_price.currency != settings.currency {
        return Err(MoneyError::CurrencyMismatch);
    }
    Ok(OrderLine {
        product: product.id,
        material: material.map(|material| material.id),
        shared_material: material.is_some_and(|material| product.shares(material.id)),
        name: product.name.to_string(),
        material_name: material.map(|material| material.name.clone()),
        sku: product.sku.to_string(),
        is_digital: product.stock_policy == StockPolicy::Digital,
        base_price: product.base_price,
        material_price: item_price.minus(product.base_price)?,
        item_price,
        quantity: item.quantity,
        files: product.model_files.clone(),
        line_total: item_price.times(item.quantity.get())?,
        discount: Money::zero(settings.currency),
        licence_keys: product.licence_keys,
        tax_rate_bp: settings.tax.rate_bp(product.tax_class, terms.region),
        tax: Money::zero(settings.currency),
    })
}

/// Spreads what a coupon takes off over the lines that it is for, in proportion to their prices.
fn take_off(coupon: &Coupon, items: &[Item], lines: &mut [OrderLine]) -> Result<(), Unpriced> {
    let covered = |item: &Item| coupon.terms.scope.covers(&item.product);
    let weights: Vec<u64> = items
        .iter()
        .zip(lines.iter())
        .map(|(item, line)| if covered(item) { u64::try_from(line.line_total.amount).unwrap_or(0) } else { 0 })
        .collect();
    let of_covered = items.iter().zip(lines.iter()).filter(|(item, _)| covered(item)).map(|(_, line)| line.line_total);
    let Some(currency) = lines.first().map(|line| line.line_total.currency) else {
        return Err(CouponRefusal::NotForThis.into());
    };
    let price = Money::sum(currency, of_covered)?;
    if price.amount == 0 {
        return Err(CouponRefusal::NotForThis.into());
    }
    if let Some(minimum) = coupon.terms.minimum
        && price.minus(minimum)?.is_negative()
    {
        return Err(CouponRefusal::BelowMinimum(minimum).into());
    }
    for (line, share) in lines.iter_mut().zip(coupon.discount_on(price)?.allocate(&weights)) {
        line.discount = share;
    }
    Ok(())
}

/// Returns what shipping of all parcels costs.
fn shipping(drafts: &[Draft], terms: &Terms<'_>) -> Result<Money, Unpriced> {
    let currency = terms.settings.currency;
    if !drafts.iter().any(|draft| draft.is_shipped) {
        return Ok(Money::zero(currency));
    }
    let charged = drafts.iter().flat_map(|draft| &draft.lines).map(OrderLine::charged);
    let goods = charged.collect::<Result<Vec<_>, _>>()?;
    let goods = Money::sum(currency, goods)?;
    let grams = drafts.iter().map(|draft| draft.grams).fold(0, u64::saturating_add);
    Ok(terms.shipping.price(grams, goods)?)
}

/// Taxes an order's part of the shipping as the tenant's class for it says, by where it goes.
fn tax_on_shipping(shipping: Money, terms: &Terms<'_>) -> Result<Option<ShippingTax>, MoneyError> {
    let tax = &terms.settings.tax;
    let Some(class) = tax.shipping_class.filter(|_| shipping.amount > 0) else { return Ok(None) };
    let rate_bp = tax.rate_bp(class, terms.region);
    Ok(Some(ShippingTax { rate_bp, tax: tax_on(shipping, rate_bp, tax.mode)? }))
}

impl Totals {
    /// Adds up the totals of several orders.
    ///
    /// # Errors
    /// When the currencies differ or a sum is out of range.
    pub fn sum(currency: Currency, parts: impl Iterator<Item = Self> + Clone) -> Result<Self, MoneyError> {
        let of = |pick: fn(Self) -> Money| Money::sum(currency, parts.clone().map(pick));
        Ok(Self {
            subtotal: of(|totals| totals.subtotal)?,
            discount: of(|totals| totals.discount)?,
            shipping: of(|totals| totals.shipping)?,
            tax: of(|totals| totals.tax)?,
            total: of(|totals| totals.total)?,
        })
    }
}

struct Draft {
    seller: SellerId,
    lines: Vec<OrderLine>,
    model_files: Vec<FileId>,
    shipped: Money,
    grams: u64,
    is_shipped: bool,
}

impl Draft {
    fn new(seller: SellerId, currency: Currency) -> Self {
        let shipped = Money::zero(currency);
        Self { seller, lines: Vec::new(), model_files: Vec::new(), shipped, grams: 0, is_shipped: false }
    }

    fn take(&mut self, item: &Item, line: OrderLine) -> Result<(), MoneyError> {
        let product = &item.product;
        for file in &product.model_files {
            if !self.model_files.contains(file) {
                self.model_files.push(*file);
            }
        }
        if product.stock_policy != StockPolicy::Digital {
            let grams = u64::from(product.weight_grams).saturating_mul(u64::from(item.quantity.get()));
            self.grams = self.grams.saturating_add(grams);
            self.is_shipped = true;
            self.shipped = self.shipped.plus(line.line_total)?;
        }
        self.lines.push(line);
        Ok(())
    }

    fn finish(self, shipping: Money, terms: &Terms<'_>) -> Result<Parcel, MoneyError> {
        let settings = terms.settings;
        let agreed = terms.agreed.and_then(|agreed| agreed.get(&self.seller)).copied();
        let currency = settings.currency;
        let sum = |pick: fn(&OrderLine) -> Money| Money::sum(currency, self.lines.iter().map(pick));
        let (subtotal, discount, of_lines) =
            (sum(|line| line.line_total)?, sum(|line| line.discount)?, sum(|line| line.tax)?);
        let shipping_tax = tax_on_shipping(shipping, terms)?;
        let tax = shipping_tax.map_or(Ok(of_lines), |of_shipping| of_lines.plus(of_shipping.tax))?;
        let charged = subtotal.minus(discount)?.plus(shipping)?;
        let total = match settings.tax.mode {
            TaxMode::Inclusive => charged,
            TaxMode::Exclusive => charged.plus(tax)?,
        };
        Ok(Parcel {
            seller: self.seller,
            totals: Totals { subtotal, discount, shipping, tax, total },
            shipping_tax,
            lines: self.lines,
            model_files: self.model_files,
            commission: Commission { rate_bp: agreed.unwrap_or(settings.commission.rate_bp), ..settings.commission },
        })
    }
}
