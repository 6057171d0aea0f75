//! An export, slice by slice: what there is of the file so far is kept beside the bucket's other files of jobs.

use domain::bulk::{self, BulkFormat, Export, Failure, FaultCode, JobStatus};
use domain::catalog::{CategoryTree, ProductStatus};
use domain::file::MAX_IMPORT;
use domain::id::{ExportId, FileId};
use domain::operation::Operation;
use futures_util::future::try_join_all;
use platform::objects::ObjectError;
use store::bulk::Then;
use store::page::Position;
use store::products::ProductDetail;
use store::table::Consistency;
use worker::JobError;

use crate::State;
use crate::column::Column;
use crate::{fields, row};

/// How many products are read side by side.
const PAGE: u32 = 25;

/// Does a slice of an export; calls the worker again where there is more.
///
/// # Errors
/// When a part that it needs is out of reach: then the slice is done again.
pub async fn run(state: &State, operation: &Operation, export: ExportId) -> Result<(), JobError> {
    let (export, categories) = tokio::try_join!(
        state.store.export(operation.scope, export),
        state.store.categories(operation.scope, Consistency::Eventual),
    )?;
    let mut export = export.ok_or_else(|| JobError::fail("the export is gone"))?;
    if export.status.is_final() {
        return Ok(());
    }
    let operation = match state.acting(operation, export.user, export.seller).await? {
        Ok(acting) => acting,
        Err(failure) => return end(state, operation, export, Some(failure)).await,
    };
    let known = match &export.object_key {
        Some(key) => state.files.get(key).await.map(Some),
        None => Ok(None),
    };
    let mut bytes = match known {
        Ok(Some(bytes)) => bytes,
        // It stood still for so long that what there was of the file is gone.
        Ok(None) | Err(ObjectError::NotFound) => {
            (export.cursor, export.products, export.rows) = (None, 0, 0);
            opening(export.format)?
        }
        Err(error) => return Err(error.into()),
    };
    let started = state.ambient.now();
    let mut done = 0_u64;
    let is_whole = loop {
        let from =
            export.cursor.as_deref().map(serde_json::from_str::<Position>).transpose().map_err(JobError::fail)?;
        let page = match export.seller {
            Some(seller) => state.store.products_of(operation.scope, seller, PAGE, from).await?,
            None => state.store.active_products(operation.scope, PAGE, from).await?,
        };
        let reads =
            page.items.iter().map(|product| state.store.product(operation.scope, product.id, Consistency::Eventual));
        for detail in try_join_all(reads).await?.into_iter().flatten() {
            // What is withdrawn for good could not be imported.
            if detail.product.status == ProductStatus::Archived {
                continue;
            }
            let rows = write(&detail, &categories, export.format, &mut bytes)?;
            (export.products, export.rows) = (export.products.saturating_add(1), export.rows.saturating_add(rows));
            done = done.saturating_add(1);
        }
        export.size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if export.size > MAX_IMPORT {
            let reason = format!("There is more than the {} MiB that a file may hold", MAX_IMPORT >> 20);
            return end(state, &operation, export, Some(Failure { code: FaultCode::TooLarge, reason })).await;
        }
        export.cursor = page.next.map(|next| serde_json::to_string(&next)).transpose().map_err(JobError::fail)?;
        if export.cursor.is_none() || state.slice.is_over(&state.ambient, started, done) {
            break export.cursor.is_none();
        }
    };
    let key = bulk::object_key(operation.scope, operation.id::<FileId>(), export.format.extension());
    state.files.put(&key, bytes, export.format.content_type()).await?;
    export.object_key = Some(key);
    if is_whole {
        return end(state, &operation, export, None).await;
    }
    export.status = JobStatus::Running;
    let operation = Operation { now: state.ambient.now(), ..operation };
    // Another worker that was faster has written the same.
    state.store.step_export(&operation, &export, Then::Later).await?.map(drop).or(Ok(()))
}

async fn end(
    state: &State,
    operation: &Operation,
    mut export: Export,
    failure: Option<Failure>,
) -> Result<(), JobError> {
    export.status = if failure.is_some() { JobStatus::Failed } else { JobStatus::Done };
    if failure.is_some() {
        export.object_key = None;
    }
    export.failure = failure;
    let operation = Operation { now: state.ambient.now(), ..operation.clone() };
    state.store.step_export(&operation, &export, Then::Here).await?.map(drop).or(Ok(()))
}

fn opening(format: BulkFormat) -> Result<Vec<u8>, JobError> {
    match format {
        // Without the mark spreadsheets take UTF-8 for something else.
        BulkFormat::Csv => {
            let names = Column::ALL.iter().map(|column| column.name().to_owned()).collect::<Vec<_>>();
            Ok([&b"\xef\xbb\xbf"[..], &line(&names)?].concat())
        }
        BulkFormat::Jsonl => Ok(Vec::new()),
    }
}

fn line(cells: &[String]) -> Result<Vec<u8>, JobError> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(cells).map_err(JobError::fail)?;
    writer.into_inner().map_err(|error| JobError::fail(error.into_error()))
}

/// Writes a product, with a row for each of its materials, and tells how many rows it takes.
fn write(
    detail: &ProductDetail,
    categories: &CategoryTree,
    format: BulkFormat,
    bytes: &mut Vec<u8>,
) -> Result<u64, JobError> {
    let product = &detail.product;
    let rows = if detail.materials.is_empty() {
        vec![row::write(product, None, categories)]
    } else {
        detail.materials.iter().map(|material| row::write(product, Some(material), categories)).collect()
    };
    for fields in &rows {
        match format {
            BulkFormat::Csv => bytes.extend(line(&fields::to_cells(fields))?),
            BulkFormat::Jsonl => {
                bytes.extend(fields::to_line(fields).map_err(JobError::fail)?.into_bytes());
                bytes.push(b'\n');
            }
        }
    }
    Ok(u64::try_from(rows.len()).unwrap_or(u64::MAX))
}
