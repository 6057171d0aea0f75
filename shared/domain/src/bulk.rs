//! Work on many products at once: an import of a file, an export into one.
//!
//! Both are jobs that a worker does slice by slice. What a job has reached is kept in its item, so that a slice which is cut off
//! is done again from there and nothing that it had done already is done twice.

mod export;
mod import;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::id::FileId;
use crate::tenant::TenantScope;

pub use export::Export;
pub use import::{Import, ImportMode, Outcome, Progress};

/// How products are written in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum BulkFormat {
    /// Comma-separated values with a header (RFC 4180).
    Csv,
    /// One JSON object in each line.
    Jsonl,
}

impl BulkFormat {
    /// Returns the media type.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv",
            Self::Jsonl => "application/x-ndjson",
        }
    }

    /// Returns the ending of file names.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Jsonl => "jsonl",
        }
    }
}

/// How far a job has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum JobStatus {
    /// It waits for the worker.
    Queued,
    /// The worker is at it.
    Running,
    /// It is done; rows that could not be imported are reported one by one.
    Done,
    /// It could not be done as a whole.
    Failed,
}

impl JobStatus {
    /// Tells whether nothing more will happen.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Done | Self::Failed)
    }
}

macro_rules! fault_codes {
    ($($(#[doc = $doc:literal])+ $name:ident $text:literal,)*) => {
        /// Why a row, or a whole file, could not be used: one stable word each.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum FaultCode {
            $($(#[doc = $doc])+ #[serde(rename = $text)] $name,)*
        }

        impl FaultCode {
            /// All codes.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Returns the code as people see it.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

fault_codes! {
    /// The file has no content.
    EmptyFile "EMPTY_FILE",
    /// The file is gone.
    FileGone "FILE_GONE",
    /// Who asked for the job may not do it any more.
    NotAllowed "NOT_ALLOWED",
    /// There is more than one file may hold.
    TooLarge "TOO_LARGE",
    /// The header lacks a column that is needed.
    MissingColumn "MISSING_COLUMN",
    /// There is no column of that name.
    UnknownColumn "UNKNOWN_COLUMN",
    /// A column is there twice.
    DuplicateColumn "DUPLICATE_COLUMN",
    /// The row has more or fewer cells than the header.
    WrongCellCount "WRONG_CELL_COUNT",
    /// The row is longer than a row may be.
    RowTooLong "ROW_TOO_LONG",
    /// The text is not UTF-8.
    NotUtf8 "NOT_UTF8",
    /// The line is no JSON object.
    Malformed "MALFORMED",
    /// A value is missing that the row needs.
    Required "REQUIRED",
    /// A value breaks the rule of its column.
    InvalidValue "INVALID_VALUE",
    /// The SKU belongs to a product that this import may not change.
    SkuTaken "SKU_TAKEN",
    /// Another product has this slug.
    SlugTaken "SLUG_TAKEN",
    /// The import names no seller, so it can't make new products.
    SellerRequired "SELLER_REQUIRED",
    /// An archived product can't be changed.
    Archived "ARCHIVED",
    /// The product has as many materials as it may have.
    TooManyMaterials "TOO_MANY_MATERIALS",
    /// The product has several materials of this name.
    AmbiguousMaterial "AMBIGUOUS_MATERIAL",
    /// The product was changed by somebody else again and again while its row was imported.
    Conflict "CONFLICT",
}

/// Why a job could not be done as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The stable word.
    pub code: FaultCode,
    /// A sentence for people.
    pub reason: String,
}

/// How long what a job has written is kept. The bucket's lifecycle rule for `jobs/` says the same.
pub const FILES_KEPT: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Makes the place of a file that a job has written.
pub fn object_key(scope: TenantScope, file: FileId, extension: &str) -> String {
    format!("jobs/{}/{file}.{extension}", scope.tenant())
}
