//! Exports of products: asked for here, done by the importer.

pub mod create;
pub mod list;
pub mod show;

use domain::bulk::{BulkFormat, Export, JobStatus};
use domain::clock::Timestamp;
use domain::id::{ExportId, SellerId};
use serde::Serialize;
use utoipa::ToSchema;
use web::Routes;

use crate::State;
use crate::imports::FailureView;

/// Returns the routes of exports.
pub(crate) fn routes() -> Routes<State> {
    web::routes![list::list_exports, create::export_products, show::show_export]
}

/// An export and how far it has come.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExportView {
    /// The export's id.
    #[schema(value_type = String, example = "exp_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    pub id: ExportId,
    /// `CSV` or `JSONL`.
    #[schema(value_type = String, example = "CSV")]
    pub format: BulkFormat,
    /// Whose products, drafts among them; null for everything that is for sale.
    #[schema(value_type = Option<String>, example = "sel_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    pub seller_id: Option<SellerId>,
    /// `QUEUED`, `RUNNING`, `DONE` or `FAILED`.
    #[schema(value_type = String, example = "DONE")]
    pub status: JobStatus,
    /// How many products are written so far.
    #[schema(example = 40)]
    pub products: u64,
    /// How many rows they take.
    #[schema(example = 95)]
    pub rows: u64,
    /// How many bytes that is.
    #[schema(example = 18_211)]
    pub bytes: u64,
    /// Why there will be no file, where the status is `FAILED`: `TOO_LARGE` or `NOT_ALLOWED`.
    pub failure: Option<FailureView>,
    /// Where the file is, for GET only, once it is done.
    #[schema(example = "https://files.s3.amazonaws.com/…")]
    pub download_url: Option<String>,
    /// For how many seconds the link works.
    #[schema(example = 300)]
    pub expires_in: Option<u64>,
    /// When it was asked for.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it last moved on.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
}

impl From<Export> for ExportView {
    fn from(export: Export) -> Self {
        Self {
            id: export.id,
            format: export.format,
            seller_id: export.seller,
            status: export.status,
            products: export.products,
            rows: export.rows,
            bytes: export.size,
            failure: export.failure.map(FailureView::from),
            download_url: None,
            expires_in: None,
            created_at: export.created_at,
            updated_at: export.updated_at,
        }
    }
}
