//! One import: its file, what may be done with it, and how far it has come.

use serde::{Deserialize, Serialize};

use super::{BulkFormat, FILES_KEPT, Failure, JobStatus};
use crate::clock::Timestamp;
use crate::id::{FileId, Id, ImportId, ProductId, SellerId, UserId};

/// What an import may do to products that are there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ImportMode {
    /// A row whose SKU is known changes its product, any other makes one.
    Upsert,
    /// A row whose SKU is known is refused.
    CreateOnly,
}

/// What became of one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It made a product.
    Created,
    /// It changed a product or a material.
    Updated,
    /// Everything was as it says already.
    Unchanged,
    /// It could not be used.
    Failed,
}

/// How many rows have ended how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Progress {
    /// Rows read, the header not counted.
    pub read: u64,
    /// Rows that made a product.
    pub created: u64,
    /// Rows that changed a product or a material.
    pub updated: u64,
    /// Rows that said what was so already.
    pub unchanged: u64,
    /// Rows that could not be used.
    pub failed: u64,
}

impl Progress {
    /// Counts one row.
    pub fn count(&mut self, outcome: Outcome) {
        let of = match outcome {
            Outcome::Created => &mut self.created,
            Outcome::Updated => &mut self.updated,
            Outcome::Unchanged => &mut self.unchanged,
            Outcome::Failed => &mut self.failed,
        };
        *of = of.saturating_add(1);
        self.read = self.read.saturating_add(1);
    }
}

/// A file of products on its way into the catalog.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Import {
    /// The import's id.
    pub id: ImportId,
    /// The uploaded file.
    pub file: FileId,
    /// Where its bytes lie.
    pub object_key: String,
    /// How many bytes there are.
    pub size: u64,
    /// How products are written in it.
    pub format: BulkFormat,
    /// What may be done.
    pub mode: ImportMode,
    /// Who asked for it.
    pub user: UserId,
    /// Whose products it may change and make; absent where it may change everybody's and make none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seller: Option<SellerId>,
    /// How far it has come.
    pub status: JobStatus,
    /// The header of a CSV file, once it was read.
    #[serde(default)]
    pub columns: Vec<String>,
    /// How many bytes are done with.
    pub offset: u64,
    /// How the rows before that ended.
    pub progress: Progress,
    /// Where the report of failed rows lies, once there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report_key: Option<String>,
    /// How many lines the report has.
    #[serde(default)]
    pub reported: u64,
    /// Why it could not be done as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// Counts up with every step.
    pub version: u64,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it last moved on.
    pub updated_at: Timestamp,
}

impl Import {
    /// Returns where the report lies of an import that is over, for as long as it is kept.
    pub fn finished_report(&self, now: Timestamp) -> Option<&str> {
        let kept = self.status.is_final() && now.since(self.updated_at) < FILES_KEPT;
        self.report_key.as_deref().filter(|_| kept)
    }

    /// Returns the id of the product that row `row`, counted from one, makes. A row that is done again makes the same product.
    pub fn product_of_row(&self, row: u64) -> ProductId {
        ProductId::from_parts(self.created_at, self.id.ulid().random().wrapping_add(u128::from(row)))
    }

    /// Tells whether a product was made by this import, by row `row` or one before it.
    pub fn has_made(&self, product: ProductId, row: u64) -> bool {
        // What is left of the random part's 80 bits.
        const MASK: u128 = (1 << 80) - 1;
        let number = product.ulid().random().wrapping_sub(self.id.ulid().random()) & MASK;
        product == self.product_of_row(u64::try_from(number).unwrap_or(u64::MAX))
            && (1..=u128::from(row)).contains(&number)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn import(random: u128) -> Import {
        let at = Timestamp::from_millis(1_700_000_000_000);
        Import {
            id: ImportId::from_parts(at, random),
            file: FileId::from_parts(at, 1),
            object_key: "a".to_owned(),
            size: 1,
            format: BulkFormat::Csv,
            mode: ImportMode::Upsert,
            user: UserId::from_parts(at, 1),
            seller: None,
            status: JobStatus::Queued,
            columns: Vec::new(),
            offset: 0,
            progress: Progress::default(),
            report_key: None,
            reported: 0,
            failure: None,
            version: 1,
            created_at: at,
            updated_at: at,
        }
    }

    #[test]
    fn every_row_is_counted_once() {
        let mut progress = Progress::default();
        for outcome in [Outcome::Created, Outcome::Updated, Outcome::Unchanged, Outcome::Failed, Outcome::Failed] {
            progress.count(outcome);
        }
        let Progress { read, created, updated, unchanged, failed } = progress;
        assert_eq!((read, created, updated, unchanged, failed), (5, 1, 1, 1, 2));
    }

    proptest! {
        #[test]
        fn an_import_knows_its_own_products_and_no_others(
            random in prop_oneof![any::<u128>(), Just((1 << 80) - 1), Just(0)],
            row in 1u64..1_000_000,
            later in 1u64..1_000,
            other: u128,
        ) {
            let import = import(random);
            let made = import.product_of_row(row);
            prop_assert!(import.has_made(made, row) && import.has_made(made, row + later));
            prop_assert!(!import.has_made(made, row - 1));
            prop_assert!(!import.has_made(import.product_of_row(0), row));
            let made_at_another_time = ProductId::from_parts(Timestamp::from_millis(1), made.ulid().random());
            prop_assert!(!import.has_made(made_at_another_time, row));
            prop_assume!(other & ((1 << 80) - 1) > 2_000_000 + (random & ((1 << 80) - 1)));
            prop_assert!(!import.has_made(ProductId::from_parts(import.created_at, other), row));
        }
    }
}
