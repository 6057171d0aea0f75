//! Imports of products: asked for here, done by the importer.

pub mod create;
pub mod list;
pub mod show;

use domain::bulk::{BulkFormat, Failure, FaultCode, Import, ImportMode, JobStatus, Progress};
use domain::clock::Timestamp;
use domain::id::{FileId, ImportId, SellerId};
use serde::Serialize;
use utoipa::ToSchema;
use web::Routes;

use crate::State;

/// Returns the routes of imports.
pub(crate) fn routes() -> Routes<State> {
    web::routes![list::list_imports, create::import_products, show::show_import]
}

/// An import and how far it has come.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImportView {
    /// The import's id.
    #[schema(value_type = String, example = "imp_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    pub id: ImportId,
    /// The uploaded file.
    #[schema(value_type = String, example = "fil_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    pub file_id: FileId,
    /// `CSV` or `JSONL`.
    #[schema(value_type = String, example = "CSV")]
    pub format: BulkFormat,
    /// `UPSERT` or `CREATE_ONLY`.
    #[schema(value_type = String, example = "UPSERT")]
    pub mode: ImportMode,
    /// Whose products it changes and makes; null where it changes everybody's and makes none.
    #[schema(value_type = Option<String>, example = "sel_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    pub seller_id: Option<SellerId>,
    /// `QUEUED`, `RUNNING`, `DONE` or `FAILED`.
    #[schema(value_type = String, example = "DONE")]
    pub status: JobStatus,
    /// How many of the file's bytes are done with.
    #[schema(example = 18_211)]
    pub bytes_done: u64,
    /// How many bytes the file has.
    #[schema(example = 18_211)]
    pub bytes: u64,
    /// How the rows so far have ended.
    pub progress: ProgressView,
    /// Why nothing more is imported, where the status is `FAILED`.
    pub failure: Option<FailureView>,
    /// The rows that could not be used; only where one import is asked for, is over, and has such rows.
    pub report: Option<ReportView>,
    /// When it was asked for.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it last moved on.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
}

/// How many rows have ended how.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProgressView {
    /// Rows read, the header not counted.
    #[schema(example = 100)]
    pub read: u64,
    /// Rows that made a product.
    #[schema(example = 60)]
    pub created: u64,
    /// Rows that changed a product or a material.
    #[schema(example = 20)]
    pub updated: u64,
    /// Rows that said what was so already.
    #[schema(example = 15)]
    pub unchanged: u64,
    /// Rows that could not be used.
    #[schema(example = 5)]
    pub failed: u64,
}

/// Why a job could not be done.
#[derive(Debug, Serialize, ToSchema)]
pub struct FailureView {
    /// One of the codes that the operation names.
    #[schema(value_type = String, example = "UNKNOWN_COLUMN")]
    pub code: FaultCode,
    /// A sentence for people.
    #[schema(example = "There is no column \"prise\"")]
    pub reason: String,
}

/// Where to get the report of an import.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReportView {
    /// Where it is, for GET only.
    #[schema(example = "https://files.s3.amazonaws.com/…")]
    pub download_url: String,
    /// For how many seconds the link works.
    #[schema(example = 300)]
    pub expires_in: u64,
    /// How many lines it has: one for each thing that is wrong with a row, 10000 at most.
    #[schema(example = 7)]
    pub lines: u64,
}

impl From<Failure> for FailureView {
    fn from(failure: Failure) -> Self {
        Self { code: failure.code, reason: failure.reason }
    }
}

impl From<Import> for ImportView {
    fn from(import: Import) -> Self {
        let Progress { read, created, updated, unchanged, failed } = import.progress;
        Self {
            id: import.id,
            file_id: import.file,
            format: import.format,
            mode: import.mode,
            seller_id: import.seller,
            status: import.status,
            bytes_done: import.offset,
            bytes: import.size,
            progress: ProgressView { read, created, updated, unchanged, failed },
            failure: import.failure.map(FailureView::from),
            report: None,
            created_at: import.created_at,
            updated_at: import.updated_at,
        }
    }
}
