//! What a row makes of a product: nothing that a request could not make.

use domain::bulk::{FaultCode, Import, ImportMode, Outcome};
use domain::catalog::{MAX_MATERIALS, Material, NotAProduct, Product, StockPolicy};
use domain::money::Money;
use domain::operation::Operation;
use store::products::ProductDetail;
use store::products::bulk::MaterialStep;

use crate::column::Column;
use crate::fields::Fault;
use crate::row::{MaterialRow, Row};

/// What is to be stored for a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// How the row counts once that is done.
    pub outcome: Outcome,
    /// The product as it was read; none where it is new.
    pub before: Option<Product>,
    /// The product as it is to be.
    pub after: Product,
    /// What happens to a material.
    pub material: Option<MaterialStep>,
}

impl Plan {
    /// Tells whether there is anything to store.
    pub fn changes_something(&self) -> bool {
        self.before.as_ref() != Some(&self.after) || self.material.is_some()
    }
}

/// Decides what row `number` of an import, counted from one, makes of the product that has its SKU.
///
/// # Errors
/// With what stands against it.
pub fn plan(
    import: &Import,
    number: u64,
    row: &Row,
    found: Option<&ProductDetail>,
    operation: &Operation,
) -> Result<Plan, Fault> {
    let after = match found {
        Some(found) => {
            require_own(import, number, &found.product)?;
            row.edit.clone().apply(found.product.clone())
        }
        None => {
            let seller = import.seller.ok_or_else(|| {
                Fault::of(
                    Column::Sku,
                    FaultCode::SellerRequired,
                    "is new, and the import names no seller who would sell it",
                )
            })?;
            row.edit.clone().open(import.product_of_row(number), seller, operation.now)
        }
    };
    let after = after.map_err(not_a_product)?;
    let materials = found.map_or(&[][..], |found| &found.materials);
    let material = match &row.material {
        Some(said) => material(said, &after, materials, operation)?,
        None => None,
    };
    let before = found.map(|found| found.product.clone());
    let mut plan = Plan { outcome: Outcome::Updated, before, after, material };
    // A row that is done again, because its slice was cut off, counts as it did.
    let made_here = plan.before.as_ref().is_none_or(|before| before.id == import.product_of_row(number));
    plan.outcome = match plan.changes_something() {
        _ if made_here => Outcome::Created,
        true => Outcome::Updated,
        false => Outcome::Unchanged,
    };
    Ok(plan)
}

fn require_own(import: &Import, number: u64, product: &Product) -> Result<(), Fault> {
    let taken = |reason| Err(Fault::of(Column::Sku, FaultCode::SkuTaken, reason));
    if import.seller.is_some_and(|seller| seller != product.seller) {
        return taken("belongs to a product of another seller");
    }
    if import.mode == ImportMode::CreateOnly && !import.has_made(product.id, number) {
        return taken("belongs to a product that is there already");
    }
    Ok(())
}

fn not_a_product(wrong: NotAProduct) -> Fault {
    let reason = wrong.to_string();
    match wrong {
        NotAProduct::Missing(field) => Fault { column: field.to_owned(), code: FaultCode::Required, reason },
        NotAProduct::Archives => Fault::of(Column::Status, FaultCode::InvalidValue, reason),
        NotAProduct::Archived => {
            Fault::of(Column::Sku, FaultCode::Archived, "belongs to an archived product, which can't be changed")
        }
    }
}

fn material(
    said: &MaterialRow,
    product: &Product,
    materials: &[Material],
    operation: &Operation,
) -> Result<Option<MaterialStep>, Fault> {
    let mut same_name = materials.iter().filter(|material| material.name == said.name);
    let (known, other) = (same_name.next(), same_name.next());
    if other.is_some() {
        let reason = "is the name of several materials of the product";
        return Err(Fault::of(Column::Material, FaultCode::AmbiguousMaterial, reason));
    }
    let no_stock =
        |wrong: domain::catalog::NoStockKept| Fault::of(Column::Stock, FaultCode::InvalidValue, wrong.to_string());
    let Some(before) = known else {
        if product.material_count >= MAX_MATERIALS {
            let reason = format!("would be more than the {MAX_MATERIALS} materials that a product has at most");
            return Err(Fault::of(Column::Material, FaultCode::TooManyMaterials, reason));
        }
        return Ok(Some(MaterialStep::Add(Material {
            id: operation.id(),
            product: product.id,
            name: said.name.clone(),
            surcharge: said.surcharge.unwrap_or(Money::zero(product.base_price.currency)),
            stock: product.stock_policy.opening_stock(said.stock).map_err(no_stock)?,
            lead_time_days: said.lead_time_days.unwrap_or(0),
            active: said.active.unwrap_or(true),
            version: 1,
            created_at: operation.now,
        })));
    };
    let stock = match said.stock {
        Some(_) if product.stock_policy != StockPolicy::Finite => return Err(no_stock(domain::catalog::NoStockKept)),
        // No stock and none left are the same.
        Some(0) if before.stock.is_none() => None,
        Some(stock) => Some(stock),
        None => before.stock,
    };
    let after = Material {
        surcharge: said.surcharge.unwrap_or(before.surcharge),
        stock,
        lead_time_days: said.lead_time_days.unwrap_or(before.lead_time_days),
        active: said.active.unwrap_or(before.active),
        ..before.clone()
    };
    Ok((*before != after).then(|| MaterialStep::Change { before: before.clone(), after }))
}
