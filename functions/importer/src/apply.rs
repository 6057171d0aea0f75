//! Stores a window of rows: those of different products side by side, those of one product one after the other.

use std::collections::BTreeMap;

use domain::bulk::{FaultCode, Import, Outcome};
use domain::catalog::Sku;
use domain::operation::Operation;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use store::products::{ProductDetail, ProductRefused};
use worker::JobError;

use crate::State;
use crate::column::Column;
use crate::fields::Fault;
use crate::plan::{Plan, plan};
use crate::row::{self, Row};

/// How many products are stored at once. More would be in each other's way where they enter the same category.
const SIDE_BY_SIDE: usize = 8;
/// How often a row is tried again whose product somebody else is changing.
const TRIES: u32 = 8;

/// A row that was read, with its number, counted from one.
#[derive(Debug, Clone)]
pub struct Numbered {
    /// The number.
    pub number: u64,
    /// The SKU as far as it could be read, to find the row by.
    pub sku: String,
    /// What it says, or what is wrong with it.
    pub row: Result<Row, Vec<Fault>>,
}

/// How a row has ended.
#[derive(Debug, Clone)]
pub struct Ended {
    /// The row's number.
    pub number: u64,
    /// Its SKU as far as it could be read.
    pub sku: String,
    /// How it counts.
    pub outcome: Outcome,
    /// What is wrong with it.
    pub faults: Vec<Fault>,
}

/// Stores what the rows say and tells, in their order, how each has ended.
///
/// # Errors
/// When the table can't be used. Rows that are stored by then stay stored, and count the same when they are done again.
pub async fn window(
    state: &State,
    import: &Import,
    operation: &Operation,
    rows: Vec<Numbered>,
) -> Result<Vec<Ended>, JobError> {
    let mut ended = Vec::with_capacity(rows.len());
    let mut by_sku: BTreeMap<Sku, Vec<(Numbered, Row)>> = BTreeMap::new();
    for numbered in rows {
        match &numbered.row {
            Ok(row) => {
                let row = row.clone();
                by_sku.entry(row.sku.clone()).or_default().push((numbered, row));
            }
            Err(faults) => ended.push(failed(&numbered, faults.clone())),
        }
    }
    let skus: Vec<Sku> = by_sku.keys().cloned().collect();
    let mut known = state.store.products_by_sku(operation.scope, &skus).await?;
    let products = by_sku.into_iter().map(|(sku, rows)| {
        let found = known.remove(&sku);
        product(state, import, operation, rows, found)
    });
    let stored: Vec<Vec<Ended>> = stream::iter(products).buffer_unordered(SIDE_BY_SIDE).try_collect().await?;
    ended.extend(stored.into_iter().flatten());
    ended.sort_by_key(|row| row.number);
    Ok(ended)
}

fn failed(numbered: &Numbered, faults: Vec<Fault>) -> Ended {
    Ended { number: numbered.number, sku: numbered.sku.clone(), outcome: Outcome::Failed, faults }
}

async fn product(
    state: &State,
    import: &Import,
    operation: &Operation,
    rows: Vec<(Numbered, Row)>,
    mut found: Option<ProductDetail>,
) -> Result<Vec<Ended>, JobError> {
    let mut ended: Vec<Ended> = Vec::with_capacity(rows.len());
    for (numbered, row) in rows {
        // What the row before has stored is what this one finds.
        if ended.last().is_some_and(|before| matches!(before.outcome, Outcome::Created | Outcome::Updated)) {
            found = read(state, operation, &row.sku).await?;
        }
        ended.push(match store(state, import, operation, numbered.number, &row, &mut found).await? {
            Ok(outcome) => Ended { number: numbered.number, sku: numbered.sku, outcome, faults: Vec::new() },
            Err(fault) => failed(&numbered, vec![fault]),
        });
    }
    Ok(ended)
}

async fn read(state: &State, operation: &Operation, sku: &Sku) -> Result<Option<ProductDetail>, JobError> {
    Ok(state.store.products_by_sku(operation.scope, std::slice::from_ref(sku)).await?.remove(sku))
}

/// Stores one row. Where somebody else was first, `found` is read again.
async fn store(
    state: &State,
    import: &Import,
    operation: &Operation,
    number: u64,
    row: &Row,
    found: &mut Option<ProductDetail>,
) -> Result<Result<Outcome, Fault>, JobError> {
    for _ in 0..TRIES {
        let plan = match plan(import, number, row, found.as_ref(), operation) {
            Ok(plan) => plan,
            Err(fault) => return Ok(Err(fault)),
        };
        if !plan.changes_something() {
            return Ok(Ok(plan.outcome));
        }
        if let Some(fault) = foreign_images(state, import, operation, &plan).await? {
            return Ok(Err(fault));
        }
        let saved = state.store.save_product(operation, plan.before.as_ref(), &plan.after, plan.material.as_ref());
        match saved.await {
            Ok(Ok(())) => return Ok(Ok(plan.outcome)),
            Ok(Err(ProductRefused::SlugTaken)) => {
                return Ok(Err(Fault::of(Column::Slug, FaultCode::SlugTaken, "is another product's")));
            }
            Ok(Err(ProductRefused::CategoryGone(_))) => {
                return Ok(Err(Fault::of(Column::Categories, FaultCode::InvalidValue, row::NO_CATEGORY)));
            }
            Ok(Err(ProductRefused::MaterialGone(_))) => {
                return Ok(Err(Fault::of(Column::SharedMaterials, FaultCode::InvalidValue, row::NO_MATERIAL)));
            }
            Ok(Err(ProductRefused::SkuTaken | ProductRefused::Changed)) | Err(store::Error::Conflict) => {
                *found = read(state, operation, &row.sku).await?;
            }
            Err(error) => return Err(error.into()),
        }
    }
    let reason = "could not be stored: somebody else changed the product again and again";
    Ok(Err(Fault::row(FaultCode::Conflict, reason)))
}

/// Finds fault with new pictures that are no verified uploads of the product's seller, or of who asked for the import.
async fn foreign_images(
    state: &State,
    import: &Import,
    operation: &Operation,
    plan: &Plan,
) -> Result<Option<Fault>, JobError> {
    let known = plan.before.as_ref().map_or(&[][..], |before| &before.images);
    let new: Vec<_> = plan.after.images.iter().copied().filter(|image| !known.contains(image)).collect();
    if new.is_empty() {
        return Ok(None);
    }
    let files = state.store.files(operation.scope, &new).await?;
    let usable = files.iter().filter(|file| file.may_picture(plan.after.seller, import.user)).count();
    Ok((usable < new.len()).then(|| Fault::of(Column::Images, FaultCode::InvalidValue, row::NO_PICTURE)))
}
