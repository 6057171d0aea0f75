//! What became of each row: by its number, and by our id. Nothing else of a row is written down.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use domain::id::UserId;
use serde::Serialize;

use crate::Failure;

/// What became of a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "camelCase")]
pub enum Outcome {
    /// The account was opened; on a dry run, it would be, and has no id yet.
    Created {
        /// Our id.
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<UserId>,
    },
    /// The e-mail has an account already, which was left as it is.
    Exists {
        /// Our id.
        id: UserId,
    },
    /// The row is wrong.
    Invalid {
        /// What is wrong.
        reason: String,
    },
}

#[derive(Serialize)]
struct Line<'a> {
    line: usize,
    #[serde(flatten)]
    outcome: &'a Outcome,
}

/// The report of one file.
pub struct Report {
    file: Option<BufWriter<File>>,
    created: usize,
    existing: usize,
    invalid: usize,
}

impl Report {
    /// Begins a report, in a file where one is named.
    ///
    /// # Errors
    /// When the file can't be made.
    pub fn begin(path: Option<&Path>) -> Result<Self, Failure> {
        let file = match path {
            Some(path) => {
                Some(BufWriter::new(File::create(path).map_err(|error| format!("{}: {error}", path.display()))?))
            }
            None => None,
        };
        Ok(Self { file, created: 0, existing: 0, invalid: 0 })
    }

    /// Writes down what became of a row.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn note(&mut self, line: usize, outcome: &Outcome) -> Result<(), Failure> {
        let count = match outcome {
            Outcome::Created { .. } => &mut self.created,
            Outcome::Exists { .. } => &mut self.existing,
            Outcome::Invalid { .. } => &mut self.invalid,
        };
        *count = count.saturating_add(1);
        match &mut self.file {
            Some(file) => {
                serde_json::to_writer(&mut *file, &Line { line, outcome })?;
                file.write_all(b"\n")?;
            }
            None => {
                if let Outcome::Invalid { reason } = outcome {
                    eprintln!("line {line}: {reason}");
                }
            }
        }
        Ok(())
    }

    /// Ends the report and returns how many were created, existed already, and were wrong.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn end(mut self) -> Result<(usize, usize, usize), Failure> {
        if let Some(file) = &mut self.file {
            file.flush()?;
        }
        Ok((self.created, self.existing, self.invalid))
    }
}
