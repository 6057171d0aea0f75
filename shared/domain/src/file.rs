//! Files under our care: what may be uploaded, what it must look like, and who may fetch it how often.

mod digest;
mod entitlement;
mod format;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::id::{FileId, SellerId, UserId};
use crate::tenant::TenantScope;

pub use digest::{Digest, InvalidDigest};
pub use entitlement::{Allowance, Entitlement, LimitReached, Visit};
pub use format::{Format, HEAD_LENGTH, Mismatch};

/// The largest table of products, in bytes: what may be imported, and what an export may grow to.
pub const MAX_IMPORT: u64 = 50 * 1024 * 1024;

/// How long after its upload was asked for a table of products may be imported.
pub const IMPORTED_WITHIN: Duration = Duration::from_secs(7 * DAY);
/// How long such a table is kept: until the report of the last import that may have read it is gone too. The bucket's lifecycle
/// rule for `imports/` says the same.
pub const IMPORT_KEPT: Duration = Duration::from_secs(14 * DAY);
const DAY: u64 = 24 * 60 * 60;

/// What a file is for. The purpose sets its limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FilePurpose {
    /// The 3D file that buyers of a product may download.
    ProductModel,
    /// A picture of a product.
    ProductImage,
    /// A table of products to import.
    Import,
}

impl FilePurpose {
    /// Returns the name used in requests and object keys.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ProductModel => "product-model",
            Self::ProductImage => "product-image",
            Self::Import => "import",
        }
    }

    /// Returns the largest allowed size in bytes.
    pub fn max_size(self) -> u64 {
        match self {
            Self::ProductModel => 500 * 1024 * 1024,
            Self::ProductImage => 10 * 1024 * 1024,
            Self::Import => MAX_IMPORT,
        }
    }

    /// Returns the allowed formats.
    pub fn formats(self) -> &'static [Format] {
        match self {
            Self::ProductModel => &[Format::Stl, Format::Obj, Format::ThreeMf, Format::Glb],
            Self::ProductImage => &[Format::Jpeg, Format::Png, Format::Webp],
            Self::Import => &[Format::Csv, Format::JsonLines],
        }
    }
}

/// How far a file has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FileStatus {
    /// The client may upload it; nobody may use it.
    Uploading,
    /// It was uploaded and verified.
    Ready,
}

/// The record of one file. Its bytes lie in the object store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct File {
    /// The file's id.
    pub id: FileId,
    /// What it is for.
    pub purpose: FilePurpose,
    /// Who uploaded it.
    pub owner: UserId,
    /// The seller for whom it was uploaded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seller: Option<SellerId>,
    /// The name that the client gave: only ever shown, never used as a path.
    pub label: String,
    /// Where the bytes lie; made by [`object_key`].
    pub object_key: String,
    /// The exact size in bytes.
    pub size: u64,
    /// The exact checksum.
    pub sha256: Digest,
    /// What the bytes are.
    pub format: Format,
    /// How far it has come.
    pub status: FileStatus,
    /// When the upload was asked for.
    pub created_at: Timestamp,
}

impl File {
    /// Tells whether the file was uploaded and verified.
    pub fn is_ready(&self) -> bool {
        self.status == FileStatus::Ready
    }

    /// Tells whether a product of `seller` may be given this picture by the person `by`.
    pub fn may_picture(&self, seller: SellerId, by: UserId) -> bool {
        self.is_ready()
            && self.purpose == FilePurpose::ProductImage
            && (self.seller == Some(seller) || self.owner == by)
    }

    /// Tells whether the person `by` may have the table imported now.
    pub fn may_be_imported(&self, by: UserId, now: Timestamp) -> bool {
        self.is_ready()
            && self.purpose == FilePurpose::Import
            && self.owner == by
            && now.since(self.created_at) <= IMPORTED_WITHIN
    }

    /// Tells whether the file is there for those who may have it.
    pub fn is_there(&self, now: Timestamp) -> bool {
        self.is_ready() && self.kept_until().is_none_or(|end| now < end)
    }

    /// Returns until when the file is kept once it is there; none for as long as the tenant has it.
    pub fn kept_until(&self) -> Option<Timestamp> {
        (self.purpose == FilePurpose::Import).then(|| self.created_at.plus(IMPORT_KEPT))
    }
}

/// Makes the place of a file in the object store. Nothing that a client says goes into it.
pub fn object_key(scope: TenantScope, purpose: FilePurpose, file: FileId) -> String {
    match purpose {
        // In front, since a lifecycle rule goes by how a key begins.
        FilePurpose::Import => format!("imports/{}/{file}", scope.tenant()),
        FilePurpose::ProductModel | FilePurpose::ProductImage => {
            format!("{}/{}/{file}", scope.tenant(), purpose.as_str())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Id;

    fn table() -> File {
        let at = Timestamp::from_millis(1_800_000_000_000);
        let (id, owner): (FileId, UserId) = (Id::from_parts(at, 1), Id::from_parts(at, 2));
        let scope = TenantScope::assume(Id::from_parts(at, 3));
        File {
            id,
            purpose: FilePurpose::Import,
            owner,
            seller: None,
            label: "products.csv".to_owned(),
            object_key: object_key(scope, FilePurpose::Import, id),
            size: 10,
            sha256: Digest([0; 32]),
            format: Format::Csv,
            status: FileStatus::Ready,
            created_at: at,
        }
    }

    #[test]
    fn a_table_is_imported_by_its_owner_in_its_first_week_and_kept_until_the_report_of_that_is_gone() {
        let (table, other) = (table(), Id::from_parts(Timestamp::from_millis(1), 9));
        let last = table.created_at.plus(IMPORTED_WITHIN);
        assert!(table.may_be_imported(table.owner, last));
        assert!(!table.may_be_imported(table.owner, last.plus(Duration::from_millis(1))));
        assert!(!table.may_be_imported(other, last));
        assert!(!File { status: FileStatus::Uploading, ..table.clone() }.may_be_imported(table.owner, last));
        let picture = File { purpose: FilePurpose::ProductImage, ..table.clone() };
        assert!(!picture.may_be_imported(table.owner, last));
        let end = last.plus(crate::bulk::FILES_KEPT);
        assert_eq!((table.kept_until(), picture.kept_until()), (Some(end), None));
        assert!(table.is_there(last) && !table.is_there(end) && picture.is_there(end));
    }

    #[test]
    fn what_is_cleared_away_lies_by_itself() {
        assert!(table().object_key.starts_with("imports/ten_"));
        let scope = TenantScope::assume(Id::from_parts(Timestamp::from_millis(1), 3));
        for purpose in [FilePurpose::ProductModel, FilePurpose::ProductImage] {
            assert!(object_key(scope, purpose, table().id).starts_with("ten_"), "{purpose:?}");
        }
    }
}
