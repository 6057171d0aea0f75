//! Files under our care: what may be uploaded, what it must look like, and who may fetch it how often.

mod digest;
mod entitlement;
mod format;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::id::{FileId, SellerId, UserId};
use crate::tenant::TenantScope;

pub use digest::{Digest, InvalidDigest};
pub use entitlement::{Allowance, Entitlement, LimitReached, Visit};
pub use format::{Format, HEAD_LENGTH, Mismatch};

/// The largest table of products, in bytes: what may be imported, and what an export may grow to.
pub const MAX_IMPORT: u64 = 50 * 1024 * 1024;

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
}

/// Makes the place of a file in the object store. Nothing that a client says goes into it.
pub fn object_key(scope: TenantScope, purpose: FilePurpose, file: FileId) -> String {
    format!("{}/{}/{file}", scope.tenant(), purpose.as_str())
}
