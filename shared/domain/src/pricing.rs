//! What a cart costs: lines, tax, shipping, and one parcel per seller.
//!
//! Invariant: the parcels' totals add up to the whole exactly, to the last minor unit.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::cart::Quantity;
use crate::catalog::{Material, Product, StockPolicy, item_price};
use crate::id::{FileId, MaterialId, ProductId, SellerId};
use crate::money::{Currency, Money, MoneyError};
use crate::tenant::{TaxMode, TenantSettings};

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
    /// The product's name at that time.
    pub name: String,
    /// The material's name at that time.
    pub material_name: Option<String>,
    /// The product's SKU at that time.
    pub sku: String,
    /// The price without the material.
    pub base_price: Money,
    /// What the material added.
    pub material_price: Money,
    /// The price of one piece.
    pub item_price: Money,
    /// How many.
    pub quantity: Quantity,
    /// The price of all pieces; contains the tax where prices do.
    pub line_total: Money,
    /// The tax rate in basis points.
    pub tax_rate_bp: u32,
    /// The tax on the line, rounded half to even.
    pub tax: Money,
}

/// What an order or a whole checkout comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Totals {
    /// The sum of the lines.
    pub subtotal: Money,
    /// The price of shipping, which is not taxed.
    pub shipping: Money,
    /// The sum of the lines' taxes; contained in `subtotal` when prices are inclusive.
    pub tax: Money,
    /// What is to be paid.
    pub total: Money,
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
    /// The model files among them, each once.
    pub model_files: Vec<FileId>,
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
}

/// Returns the tax on an amount, rounded half to even.
///
/// # Errors
/// When the tax is out of range.
pub fn tax_on(amount: Money, rate_bp: u32, mode: TaxMode) -> Result<Money, MoneyError> {
    let rate = u64::from(rate_bp);
    match mode {
        TaxMode::Exclusive => amount.ratio(rate, 10_000),
        TaxMode::Inclusive => amount.ratio(rate, rate.saturating_add(10_000)),
    }
}

/// Prices what is bought under the tenant's settings.
///
/// # Errors
/// When a price is in another currency than the tenant's, or a sum is out of range.
pub fn quote(items: &[Item], settings: &TenantSettings) -> Result<Quote, MoneyError> {
    let (currency, mode) = (settings.currency, settings.tax_mode);
    let mut drafts: Vec<Draft> = Vec::new();
    let mut places: BTreeMap<SellerId, usize> = BTreeMap::new();
    for item in items {
        let seller = item.product.seller;
        let place = *places.entry(seller).or_insert(drafts.len());
        if place == drafts.len() {
            drafts.push(Draft::new(seller, currency));
        }
        if let Some(draft) = drafts.get_mut(place) {
            draft.take(item, settings)?;
        }
    }
    // Parcels that are only downloaded don't pay for shipping.
    let weights: Vec<u64> = drafts.iter().map(|draft| u64::try_from(draft.shipped.amount).unwrap_or(0)).collect();
    let shipping =
        if drafts.iter().any(|draft| draft.is_shipped) { settings.shipping_flat } else { Money::zero(currency) };
    let shares = shipping.allocate(&weights);
    let parcels = drafts
        .into_iter()
        .zip(shares)
        .map(|(draft, share)| draft.finish(share, currency, mode))
        .collect::<Result<Vec<_>, _>>()?;
    let totals = Totals::sum(currency, parcels.iter().map(|parcel| parcel.totals))?;
    Ok(Quote { parcels, totals, tax_mode: mode })
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
    is_shipped: bool,
}

impl Draft {
    fn new(seller: SellerId, currency: Currency) -> Self {
        Self { seller, lines: Vec::new(), model_files: Vec::new(), shipped: Money::zero(currency), is_shipped: false }
    }

    fn take(&mut self, item: &Item, settings: &TenantSettings) -> Result<(), MoneyError> {
        let (product, material) = (&item.product, item.material.as_ref());
        let item_price = item_price(product, material)?;
        if item_price.currency != settings.currency {
            return Err(MoneyError::CurrencyMismatch);
        }
        let line_total = item_price.times(item.quantity.get())?;
        self.lines.push(OrderLine {
            product: product.id,
            material: material.map(|material| material.id),
            name: product.name.to_string(),
            material_name: material.map(|material| material.name.clone()),
            sku: product.sku.to_string(),
            base_price: product.base_price,
            material_price: item_price.minus(product.base_price)?,
            item_price,
            quantity: item.quantity,
            line_total,
            tax_rate_bp: settings.tax_rate_bp,
            tax: tax_on(line_total, settings.tax_rate_bp, settings.tax_mode)?,
        });
        for file in &product.model_files {
            if !self.model_files.contains(file) {
                self.model_files.push(*file);
            }
        }
        if product.stock_policy != StockPolicy::Digital {
            self.is_shipped = true;
            self.shipped = self.shipped.plus(line_total)?;
        }
        Ok(())
    }

    fn finish(self, shipping: Money, currency: Currency, mode: TaxMode) -> Result<Parcel, MoneyError> {
        let subtotal = Money::sum(currency, self.lines.iter().map(|line| line.line_total))?;
        let tax = Money::sum(currency, self.lines.iter().map(|line| line.tax))?;
        let goods = match mode {
            TaxMode::Inclusive => subtotal,
            TaxMode::Exclusive => subtotal.plus(tax)?,
        };
        Ok(Parcel {
            seller: self.seller,
            lines: self.lines,
            totals: Totals { subtotal, shipping, tax, total: goods.plus(shipping)? },
            model_files: self.model_files,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::catalog::{ProductStatus, TaxClass};
    use crate::clock::Timestamp;
    use crate::id::Id;

    fn id<I: Id>(n: u128) -> I {
        I::from_parts(Timestamp::from_millis(1_800_000_000_000), n)
    }

    fn inr(amount: i64) -> Money {
        Money::new(amount, Currency::Inr)
    }

    fn settings(tax_rate_bp: u32, tax_mode: TaxMode, shipping: i64) -> TenantSettings {
        TenantSettings {
            tax_rate_bp,
            tax_mode,
            shipping_flat: inr(shipping),
            ..TenantSettings::initial(Currency::Inr, "Asia/Kolkata", "en")
        }
    }

    fn item(seller: u128, n: u128, base: i64, extra: i64, shipped: bool, count: u32) -> Item {
        let now = Timestamp::from_millis(1_800_000_000_000);
        let product = Product {
            id: id(n),
            seller: id(seller),
            name: "Gear".parse().unwrap(),
            slug: "gear".parse().unwrap(),
            sku: "GEAR-1".parse().unwrap(),
            description: String::new(),
            base_price: inr(base),
            tax_class: TaxClass::Standard,
            weight_grams: 1,
            size: None,
            stock_policy: if shipped { StockPolicy::Finite } else { StockPolicy::Digital },
            images: Vec::new(),
            categories: Vec::new(),
            attributes: BTreeMap::new(),
            status: ProductStatus::Active,
            material_count: 1,
            model_files: vec![id(n % 3)],
            version: 1,
            created_at: now,
            updated_at: now,
        };
        let material = Material {
            id: id(n),
            product: product.id,
            name: "PLA".to_owned(),
            surcharge: inr(extra),
            stock: None,
            lead_time_days: 1,
            active: true,
            version: 1,
            created_at: now,
        };
        Item { product, material: Some(material), quantity: Quantity::try_from(count).unwrap() }
    }

    #[test]
    fn tax_rounds_half_to_even_in_both_modes() {
        // 18 % of 25 paise is 4.5 → 4; of 75 paise 13.5 → 14.
        assert_eq!(tax_on(inr(25), 1800, TaxMode::Exclusive), Ok(inr(4)));
        assert_eq!(tax_on(inr(75), 1800, TaxMode::Exclusive), Ok(inr(14)));
        // 118 contains exactly 18.
        assert_eq!(tax_on(inr(118), 1800, TaxMode::Inclusive), Ok(inr(18)));
        assert_eq!(tax_on(inr(118), 0, TaxMode::Inclusive), Ok(inr(0)));
    }

    #[test]
    fn shipping_is_shared_by_the_sellers_who_ship() {
        let items = [
            item(1, 1, 10_000, 500, true, 2),
            item(2, 2, 9_000, 0, false, 1),
            item(1, 3, 1_000, 0, true, 1),
            item(3, 4, 11_000, 0, true, 1),
        ];
        let quote = quote(&items, &settings(1800, TaxMode::Exclusive, 9_900)).unwrap();
        let shares: Vec<i64> = quote.parcels.iter().map(|parcel| parcel.totals.shipping.amount).collect();
        assert_eq!(shares, [6_600, 0, 3_300]);
        assert_eq!(quote.totals.subtotal, inr(42_000));
        assert_eq!(quote.totals.total, inr(42_000 + 7_560 + 9_900));
    }

    #[test]
    fn downloads_alone_pay_no_shipping_and_foreign_currencies_are_refused() {
        let items = [item(1, 1, 100, 0, false, 1)];
        let settings = settings(0, TaxMode::Exclusive, 9_900);
        assert_eq!(quote(&items, &settings).unwrap().totals.total, inr(100));
        let mut foreign = item(1, 1, 100, 0, true, 1);
        foreign.product.base_price = Money::new(100, Currency::Usd);
        foreign.material = None;
        assert_eq!(quote(&[foreign], &settings), Err(MoneyError::CurrencyMismatch));
    }

    proptest! {
        #[test]
        fn parcels_add_up_to_the_whole_to_the_last_minor_unit(
            items in prop::collection::vec((0u128..8, 0i64..5_000_000, 0i64..500_000, any::<bool>(), 1u32..=999), 1..40),
            rate in 0u32..=5_000,
            inclusive: bool,
            shipping in 0i64..1_000_000,
        ) {
            let mode = if inclusive { TaxMode::Inclusive } else { TaxMode::Exclusive };
            let items: Vec<_> = items
                .into_iter()
                .enumerate()
                .map(|(n, (seller, base, extra, shipped, count))| item(seller, n as u128, base, extra, shipped, count))
                .collect();
            let quote = quote(&items, &settings(rate, mode, shipping)).unwrap();
            let sum = |pick: fn(&Totals) -> i64| quote.parcels.iter().map(|parcel| pick(&parcel.totals)).sum::<i64>();
            prop_assert_eq!(sum(|t| t.total.amount), quote.totals.total.amount);
            prop_assert_eq!(sum(|t| t.tax.amount), quote.totals.tax.amount);
            let any_shipped = items.iter().any(|item| item.product.stock_policy == StockPolicy::Finite);
            prop_assert_eq!(sum(|t| t.shipping.amount), if any_shipped { shipping } else { 0 });
            let goods: i64 = items
                .iter()
                .map(|item| item_price(&item.product, item.material.as_ref()).unwrap().amount * i64::from(item.quantity.get()))
                .sum();
            let tax = if inclusive { 0 } else { quote.totals.tax.amount };
            prop_assert_eq!(quote.totals.total.amount, goods + tax + quote.totals.shipping.amount);
            let sellers: BTreeSet<_> = quote.parcels.iter().map(|parcel| parcel.seller).collect();
            prop_assert_eq!(sellers.len(), quote.parcels.len());
            prop_assert_eq!(quote.parcels.iter().map(|parcel| parcel.lines.len()).sum::<usize>(), items.len());
            for line in quote.parcels.iter().flat_map(|parcel| &parcel.lines) {
                // The tax of a line is within half a unit of the exact one.
                let (whole, part) = (i128::from(line.line_total.amount), i128::from(rate));
                let base = if inclusive { 10_000 + part } else { 10_000 };
                prop_assert!((i128::from(line.tax.amount) * base - whole * part).abs() * 2 <= base);
            }
        }
    }
}
