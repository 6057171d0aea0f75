//! The report of the rows that could not be imported: a CSV file with a line for each fault.

use domain::bulk::{self, Import};
use domain::formula;
use domain::id::FileId;
use domain::operation::Operation;
use platform::objects::{ObjectError, Objects};
use worker::JobError;

use crate::fields::Fault;

/// The most faults that are listed; more are only counted.
pub const MOST_LISTED: u64 = 10_000;
/// The columns of the report.
const HEADER: [&str; 5] = ["row", "sku", "column", "code", "reason"];

/// A report that grows.
pub struct Report {
    bytes: Vec<u8>,
    listed: u64,
    is_stored: bool,
}

impl Report {
    /// Goes on with the report of an import, as its last step has left it. Of an import that stood still for so long that its
    /// report is gone, what follows is reported.
    ///
    /// # Errors
    /// When it can't be read.
    pub async fn open(files: &Objects, import: &Import) -> Result<Self, ObjectError> {
        let known = match &import.report_key {
            Some(key) => files.get(key).await.map(Some),
            None => Ok(None),
        };
        match known {
            Ok(Some(bytes)) => Ok(Self { bytes, listed: import.reported, is_stored: true }),
            Ok(None) | Err(ObjectError::NotFound) => Ok(Self { bytes: Vec::new(), listed: 0, is_stored: true }),
            Err(error) => Err(error),
        }
    }

    /// Adds what is wrong with a row, which is numbered as a spreadsheet does.
    ///
    /// # Errors
    /// Never: it is written to memory.
    pub fn add(&mut self, row: u64, sku: &str, faults: &[Fault]) -> Result<(), JobError> {
        let room = usize::try_from(MOST_LISTED.saturating_sub(self.listed)).unwrap_or(usize::MAX);
        if room == 0 || faults.is_empty() {
            return Ok(());
        }
        let mut lines = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
        if self.bytes.is_empty() {
            lines.write_record(HEADER).map_err(JobError::fail)?;
        }
        for fault in faults.iter().take(room) {
            let texts = [sku, &fault.column, fault.code.as_str(), &fault.reason].map(formula::guard);
            let cells = std::iter::once(row.to_string()).chain(texts);
            lines.write_record(cells).map_err(JobError::fail)?;
            self.listed = self.listed.saturating_add(1);
        }
        self.bytes.extend(lines.into_inner().map_err(|error| JobError::fail(error.into_error()))?);
        self.is_stored = false;
        Ok(())
    }

    /// Stores what was added and notes its place in the import. Each time it is another object: the one that the import's item
    /// names is always as long as the item says, whichever worker wrote it.
    ///
    /// # Errors
    /// When it can't be written.
    pub async fn store(
        &mut self,
        files: &Objects,
        operation: &Operation,
        import: &mut Import,
    ) -> Result<(), ObjectError> {
        if self.is_stored {
            return Ok(());
        }
        let key = bulk::object_key(operation.scope, operation.id::<FileId>(), "csv");
        files.put(&key, self.bytes.clone(), "text/csv").await?;
        (import.report_key, import.reported) = (Some(key), self.listed);
        self.is_stored = true;
        Ok(())
    }
}
