//! Uploads: announced, done by the client at the object store, then verified.

pub mod complete;
pub mod create;

use domain::clock::Timestamp;
use domain::file::{File, FilePurpose, FileStatus, Format};
use domain::id::FileId;
use serde::Serialize;
use utoipa::ToSchema;

/// A file as its uploader sees it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FileView {
    /// The file's id.
    #[schema(value_type = String, example = "fil_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    pub id: FileId,
    /// What it is for.
    #[schema(value_type = String, example = "product-model")]
    pub purpose: FilePurpose,
    /// The name that the client gave.
    #[schema(example = "vase.stl")]
    pub name: String,
    /// The size in bytes.
    #[schema(example = 684_084)]
    pub size: u64,
    /// The media type.
    #[serde(rename = "type")]
    #[schema(value_type = String, example = "model/stl")]
    pub content_type: &'static str,
    /// The format.
    #[schema(value_type = String, example = "STL")]
    pub format: Format,
    /// The SHA-256 checksum in hexadecimal.
    #[schema(example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")]
    pub sha256: String,
    /// `UPLOADING` until it was verified, then `READY`.
    #[schema(value_type = String, example = "READY")]
    pub status: FileStatus,
    /// When the upload was announced.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
}

impl From<File> for FileView {
    fn from(file: File) -> Self {
        Self {
            id: file.id,
            purpose: file.purpose,
            name: file.label,
            size: file.size,
            content_type: file.format.content_type(),
            format: file.format,
            sha256: file.sha256.to_string(),
            status: file.status,
            created_at: file.created_at,
        }
    }
}
