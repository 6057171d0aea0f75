//! One export: whose products, in which form, and how far it has come.

use serde::{Deserialize, Serialize};

use super::{BulkFormat, FILES_KEPT, Failure, JobStatus};
use crate::clock::Timestamp;
use crate::id::{ExportId, SellerId, UserId};

/// The products of a seller, or all that are for sale, on their way into a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Export {
    /// The export's id.
    pub id: ExportId,
    /// How products are written.
    pub format: BulkFormat,
    /// Who asked for it.
    pub user: UserId,
    /// Whose products, drafts among them; absent for everything that is for sale.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seller: Option<SellerId>,
    /// How far it has come.
    pub status: JobStatus,
    /// Where the list of products goes on: the store's own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// How many products are written.
    pub products: u64,
    /// How many rows they take.
    pub rows: u64,
    /// Where the file lies, once there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object_key: Option<String>,
    /// How many bytes it has.
    pub size: u64,
    /// Why it could not be done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// Counts up with every step.
    pub version: u64,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it last moved on.
    pub updated_at: Timestamp,
}

impl Export {
    /// Returns where the finished file lies, for as long as it is kept.
    pub fn finished(&self, now: Timestamp) -> Option<&str> {
        let kept = self.status == JobStatus::Done && now.since(self.updated_at) < FILES_KEPT;
        self.object_key.as_deref().filter(|_| kept)
    }
}
