//! The materials of a product. What sells moves their stock at the same time as people change them.

use domain::catalog::{MAX_MATERIALS, Material, ProductStatus};
use domain::operation::Operation;

use super::changed;
use crate::error::{Error, Result};
use crate::row::{self, Row};
use crate::write::Write;
use crate::{Store, key};

/// Why a material can't be stored as asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MaterialRefused {
    /// The product is archived or gone, or has as many materials as it may have.
    #[error("the product takes no more materials")]
    ProductClosed,
    /// Somebody else changed the material first, or its stock has moved.
    #[error("the material was changed meanwhile")]
    Changed,
    /// The stock would fall below zero.
    #[error("the stock can't fall below zero")]
    StockTooLow,
}

/// What happens to a material's stock beside its other changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StockChange {
    /// It stays as it is.
    None,
    /// It becomes this, if nobody moved it since it was read.
    To(Option<u32>),
    /// It moves by this, whatever it is now, but not below zero.
    By(i64),
}

impl Store {
    /// Adds a material to a product that is not archived and has room for it.
    ///
    /// # Errors
    /// When the table can't be written. The inner error says what stands against it.
    pub async fn add_material(
        &self,
        operation: &Operation,
        material: &Material,
    ) -> Result<std::result::Result<(), MaterialRefused>> {
        let scope = operation.scope;
        let product = Write::update(key::product(scope, material.product))
            .add("materialCount", 1)?
            .add("version", 1)?
            .set("updatedAt", operation.now)?
            .when("status", "<>", ProductStatus::Archived)?
            .when("materialCount", "<", MAX_MATERIALS)?;
        let key = key::material(scope, material.product, material.id);
        let writes =
            vec![product, Write::create(Row::new(key, "Material", material)?), changed(operation, material.product)?];
        match self.table.transact(writes).await? {
            Ok(()) => Ok(Ok(())),
            Err(refused) if refused.index == 0 => Ok(Err(MaterialRefused::ProductClosed)),
            Err(_) => Err(Error::Conflict),
        }
    }

    /// Changes a material from `before`, as it was read, to `after`. Its stock only moves by `stock`, because
    /// sales move it at the same time; the answer shows it as it was read, moved.
    ///
    /// # Errors
    /// When the table can't be written. The inner error says what stands against it.
    pub async fn update_material(
        &self,
        operation: &Operation,
        before: &Material,
        after: &Material,
        stock: StockChange,
    ) -> Result<std::result::Result<Material, MaterialRefused>> {
        let mut update = Write::update(key::material(operation.scope, before.product, before.id))
            .set("name", &after.name)?
            .set("surcharge", after.surcharge)?
            .set("leadTimeDays", after.lead_time_days)?
            .set("active", after.active)?
            .add("version", 1)?
            .when("version", "=", before.version)?;
        update = with_stock(update, stock, before.stock)?;
        let writes = vec![update, changed(operation, before.product)?];
        let Err(refused) = self.table.transact(writes).await? else {
            let stock = stock.of(before.stock);
            return Ok(Ok(Material { stock, version: before.version.saturating_add(1), ..after.clone() }));
        };
        let now: Option<Material> = refused.found.map(row::value).transpose()?;
        Ok(Err(stock.refusal(now.is_some_and(|now| now.version == before.version))))
    }
}

impl StockChange {
    /// Returns what a stock becomes.
    pub(super) fn of(self, before: Option<u32>) -> Option<u32> {
        match self {
            Self::None => before,
            Self::To(next) => next,
            Self::By(step) => {
                let moved = i64::from(before.unwrap_or(0)).saturating_add(step);
                Some(u32::try_from(moved).unwrap_or(0))
            }
        }
    }

    /// Tells why the change was refused, by whether the material still has the version that was read.
    pub(super) fn refusal(self, unchanged: bool) -> MaterialRefused {
        if unchanged && matches!(self, Self::By(_)) { MaterialRefused::StockTooLow } else { MaterialRefused::Changed }
    }
}

/// Adds what happens to a stock that was read as `was` to the update of its material.
pub(super) fn with_stock(update: Write, stock: StockChange, was: Option<u32>) -> Result<Write> {
    match (stock, was) {
        (StockChange::None, _) => Ok(update),
        (StockChange::To(next), was) => {
            let update = match was {
                Some(was) => update.when("stock", "=", was)?,
                None => update.when_absent("stock"),
            };
            match next {
                Some(next) => update.set("stock", next),
                None => Ok(update.remove("stock")),
            }
        }
        (StockChange::By(step), _) => {
            let update = update.add("stock", step)?;
            let least = step.saturating_neg();
            if step < 0 {
                update.when("stock", ">=", least)
            } else {
                // An absent stock starts at zero; the sum must stay a count of pieces.
                update.when_absent_or("stock", "<=", i64::from(u32::MAX).saturating_sub(step))
            }
        }
    }
}
