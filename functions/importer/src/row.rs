//! A row: what it says of a product, and of one of its materials.
//!
//! A product with several materials takes a row for each, all with the same SKU. What a row says is judged by the rules of
//! requests ([`domain::catalog::rules`]).

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

use domain::amount;
use domain::bulk::FaultCode;
use domain::catalog::rules::{self, MAX_LEAD_TIME_DAYS, MAX_STOCK, MAX_WEIGHT_GRAMS};
use domain::catalog::{
    CategoryTree, MAX_CATEGORIES, MAX_IMAGES, MAX_SHARED_MATERIALS, Material, Product, ProductEdit, ProductStatus,
    Size, Sku, StockPolicy, TaxClass,
};
use domain::id::{CategoryId, Id};
use domain::money::{Currency, Money};
use domain::pricing::TaxSettings;
use domain::text;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::column::Column;
use crate::fields::{Fault, Fields};

/// What a row says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Which product.
    pub sku: Sku,
    /// What it says of the product.
    pub edit: ProductEdit,
    /// What it says of a material.
    pub material: Option<MaterialRow>,
}

/// What a row says of a material, which is known by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MaterialRow {
    /// The name.
    pub name: String,
    /// What it adds to the price.
    pub surcharge: Option<Money>,
    /// How many pieces there are.
    pub stock: Option<u32>,
    /// How many days a piece takes.
    pub lead_time_days: Option<u32>,
    /// Whether it can be chosen.
    pub active: Option<bool>,
}

/// What a marketplace lets rows speak of.
#[derive(Debug, Clone)]
pub struct Market {
    /// What it trades in.
    pub currency: Currency,
    /// How it taxes what is sold.
    pub tax: TaxSettings,
    /// Its categories.
    pub categories: CategoryTree,
}

/// What is wrong where a picture is named that there is not.
pub const NO_PICTURE: &str = "must be ids of uploaded product images of this seller, with blanks between them";
/// What is wrong where a shared material is named that there is not.
pub const NO_MATERIAL: &str = "must be ids of shared materials of the marketplace, with blanks between them";
/// What is wrong where a category is named that there is not.
pub const NO_CATEGORY: &str = "must be names in URLs of categories of the marketplace, with blanks between them";

/// Reads a row of a marketplace.
///
/// # Errors
/// With everything that is wrong with it.
pub fn read(fields: &Fields, market: &Market) -> Result<Row, Vec<Fault>> {
    let currency = market.currency;
    let mut from = Reading { fields, faults: Vec::new() };
    let sku: Option<Sku> = from.value(Column::Sku, parsed);
    if sku.is_none() && !fields.contains_key(&Column::Sku) {
        from.faults.push(Fault::of(Column::Sku, FaultCode::Required, "must be given"));
    }
    from.value(Column::Currency, |text| match text == currency.code() {
        true => Ok(()),
        false => Err(format!("must be {currency}, which the marketplace trades in")),
    });
    let price = |text: &str, rule: fn(Money) -> Result<(), rules::BrokenRule>| {
        let money = amount::parse(text, currency).map_err(said)?;
        rule(money).map(|()| money).map_err(said)
    };
    let edit = ProductEdit {
        sku: sku.clone(),
        name: from.value(Column::Name, parsed),
        slug: from.value(Column::Slug, parsed),
        description: from
            .value(Column::Description, |text| rules::description(text).map(|()| text.to_owned()).map_err(said)),
        base_price: from.value(Column::BasePrice, |text| price(text, rules::price)),
        tax_class: from.value(Column::TaxClass, |text| tax_class(text, &market.tax)),
        weight_grams: from.value(Column::WeightGrams, |text| whole(text, MAX_WEIGHT_GRAMS)),
        size: from.size(),
        stock_policy: from.value(Column::StockPolicy, |text| word(text, "FINITE, MADE_TO_ORDER or DIGITAL")),
        images: from.value(Column::Images, |text| ids(text, MAX_IMAGES, NO_PICTURE)),
        categories: from.value(Column::Categories, |text| categories(text, &market.categories)),
        shared_materials: from.value(Column::SharedMaterials, |text| ids(text, MAX_SHARED_MATERIALS, NO_MATERIAL)),
        attributes: from.value(Column::Attributes, attributes),
        licence_keys: from.value(Column::LicenceKeys, flag),
        status: from.value(Column::Status, |text| match word(text, "DRAFT or ACTIVE")? {
            ProductStatus::Archived => Err("must be DRAFT or ACTIVE".to_owned()),
            status => Ok(status),
        }),
    };
    let name = from.value(Column::Material, |text| rules::material_name(text).map(|()| text.to_owned()).map_err(said));
    let surcharge = from.value(Column::Surcharge, |text| price(text, rules::surcharge));
    let stock = from.value(Column::Stock, |text| whole(text, MAX_STOCK));
    let lead_time_days = from.value(Column::LeadTimeDays, |text| whole(text, MAX_LEAD_TIME_DAYS));
    let active = from.value(Column::MaterialActive, flag);
    let of_material = [Column::Surcharge, Column::Stock, Column::LeadTimeDays, Column::MaterialActive];
    if !fields.contains_key(&Column::Material) && of_material.iter().any(|column| fields.contains_key(column)) {
        let reason = "must be given where a row says something of a material";
        from.faults.push(Fault::of(Column::Material, FaultCode::Required, reason));
    }
    match (sku, from.faults) {
        (Some(sku), faults) if faults.is_empty() => {
            let material = name.map(|name| MaterialRow { name, surcharge, stock, lead_time_days, active });
            Ok(Row { sku, edit, material })
        }
        (_, faults) => Err(faults),
    }
}

/// Writes a row.
pub fn write(product: &Product, material: Option<&Material>, categories: &CategoryTree) -> Fields {
    let mut fields = Fields::new();
    let mut say = |column: Column, text: String| {
        if !text.is_empty() {
            fields.insert(column, text);
        }
    };
    say(Column::Sku, product.sku.to_string());
    say(Column::Name, product.name.to_string());
    say(Column::Slug, product.slug.to_string());
    say(Column::Description, product.description.clone());
    say(Column::BasePrice, amount::decimal(product.base_price));
    say(Column::Currency, product.base_price.currency.to_string());
    say(Column::TaxClass, spelled(&product.tax_class));
    say(Column::WeightGrams, product.weight_grams.to_string());
    if let Some(Size { width, depth, height }) = product.size {
        say(Column::WidthMm, width.to_string());
        say(Column::DepthMm, depth.to_string());
        say(Column::HeightMm, height.to_string());
    }
    say(Column::StockPolicy, spelled(&product.stock_policy));
    say(Column::Images, listed(&product.images));
    let names = product.categories.iter().filter_map(|id| categories.find(*id)).map(|category| category.slug.as_str());
    say(Column::Categories, names.collect::<Vec<_>>().join(" "));
    say(Column::SharedMaterials, listed(&product.shared_materials));
    if !product.attributes.is_empty() {
        say(Column::Attributes, serde_json::to_string(&product.attributes).unwrap_or_default());
    }
    say(Column::LicenceKeys, product.licence_keys.to_string());
    say(Column::Status, spelled(&product.status));
    if let Some(material) = material {
        say(Column::Material, material.name.clone());
        say(Column::Surcharge, amount::decimal(material.surcharge));
        if product.stock_policy == StockPolicy::Finite {
            say(Column::Stock, material.stock.unwrap_or(0).to_string());
        }
        say(Column::LeadTimeDays, material.lead_time_days.to_string());
        say(Column::MaterialActive, material.active.to_string());
    }
    fields
}

struct Reading<'a> {
    fields: &'a Fields,
    faults: Vec<Fault>,
}

impl Reading<'_> {
    fn value<T>(&mut self, column: Column, read: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        match read(self.fields.get(&column)?) {
            Ok(value) => Some(value),
            Err(reason) => {
                self.faults.push(Fault::of(column, FaultCode::InvalidValue, reason));
                None
            }
        }
    }

    fn size(&mut self) -> Option<Size> {
        let columns = [Column::WidthMm, Column::DepthMm, Column::HeightMm];
        let said = columns.iter().filter(|column| self.fields.contains_key(column)).count();
        let [width, depth, height] = columns.map(|column| self.value(column, |text| whole(text, u32::MAX)));
        if said > 0 && said < columns.len() {
            let reason = "must be given together with the other two sides";
            let missing = columns.iter().filter(|column| !self.fields.contains_key(column));
            let faults: Vec<_> = missing.map(|column| Fault::of(*column, FaultCode::Required, reason)).collect();
            self.faults.extend(faults);
        }
        let size = Size { width: width?, depth: depth?, height: height? };
        if let Err(wrong) = rules::size(size) {
            self.faults.push(Fault::of(Column::WidthMm, FaultCode::InvalidValue, wrong.to_string()));
        }
        Some(size)
    }
}

fn said(wrong: impl Display) -> String {
    wrong.to_string()
}

fn parsed<T: FromStr<Err: Display>>(text: &str) -> Result<T, String> {
    text.parse().map_err(said)
}

fn whole(text: &str, most: u32) -> Result<u32, String> {
    let number = text.bytes().all(|digit| digit.is_ascii_digit()).then(|| text.parse::<u32>().ok()).flatten();
    let number = number.ok_or_else(|| format!("must be a whole number of at most {most}"))?;
    rules::at_most(number, most).map(|()| number).map_err(said)
}

fn flag(text: &str) -> Result<bool, String> {
    text.parse().map_err(|_| "must be true or false".to_owned())
}

/// Reads a tax class. A retired one is read too: what was exported can be imported again.
fn tax_class(text: &str, tax: &TaxSettings) -> Result<TaxClass, String> {
    let class = text.parse().ok().filter(|class| tax.knows(*class));
    class.ok_or_else(|| "must be a tax class of the marketplace, such as STANDARD".to_owned())
}

/// Reads a word as JSON has it.
fn word<T: DeserializeOwned>(text: &str, wanted: &str) -> Result<T, String> {
    serde_json::from_value(Value::from(text)).map_err(|_| format!("must be {wanted}"))
}

/// Writes a word as JSON has it.
fn spelled(word: &impl serde::Serialize) -> String {
    serde_json::to_value(word).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

fn ids<T: Id + Ord>(text: &str, most: usize, wrong: &str) -> Result<Vec<T>, String> {
    let ids: Result<Vec<T>, _> = text.split_whitespace().map(str::parse).collect();
    let ids = ids.map_err(|_| wrong.to_owned())?;
    rules::distinct(&ids, most).map(|()| ids).map_err(said)
}

fn listed(ids: &[impl Id]) -> String {
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

fn categories(text: &str, tree: &CategoryTree) -> Result<Vec<CategoryId>, String> {
    let ids: Option<Vec<_>> =
        text.split_whitespace().map(|slug| tree.named(slug).map(|category| category.id)).collect();
    let ids = ids.ok_or_else(|| NO_CATEGORY.to_owned())?;
    rules::distinct(&ids, MAX_CATEGORIES).map(|()| ids).map_err(said)
}

fn attributes(text: &str) -> Result<BTreeMap<String, String>, String> {
    let wrong = |_| "must be a JSON object of texts".to_owned();
    let pairs: BTreeMap<String, String> = serde_json::from_str(text).map_err(wrong)?;
    let clean = |text: &str| text::clean(text, false).map_err(said);
    let pairs: Result<BTreeMap<_, _>, String> =
        pairs.into_iter().map(|(name, value)| Ok((clean(&name)?, clean(&value)?))).collect();
    let pairs = pairs?;
    rules::attributes(&pairs).map(|()| pairs).map_err(said)
}

#[cfg(test)]
mod tests;
