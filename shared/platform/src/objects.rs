//! Files in S3.

use std::time::Duration;

use domain::ambient::Ambient;

/// Why S3 did not do it.
#[derive(Debug, thiserror::Error)]
pub enum ObjectError {
    /// No such object.
    #[error("no such object")]
    NotFound,
    /// S3 can't be reached or is busy.
    #[error("the object store is not available: {0}")]
    Unavailable(String),
}

/// An upload that the client does itself: exactly these headers must be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresignedUpload {
    /// Where to.
    pub url: String,
    /// `PUT`.
    pub method: String,
    /// The signed headers, by lower-case name.
    pub headers: Vec<(String, String)>,
}

/// What S3 knows about an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectInfo {
    /// The size in bytes.
    pub size: u64,
    /// The content type.
    pub content_type: Option<String>,
    /// The SHA-256, if S3 checked one at upload.
    pub sha256: Option<[u8; 32]>,
}

/// One bucket.
#[derive(Clone)]
pub struct Objects {
    s3: aws_sdk_s3::Client,
    bucket: String,
    ambient: Ambient,
}

impl Objects {
    /// Takes the client and the bucket.
    pub fn new(s3: aws_sdk_s3::Client, bucket: impl Into<String>, ambient: Ambient) -> Self {
        Self { s3, bucket: bucket.into(), ambient }
    }

    /// Lets a client upload one object of exactly this type, size and checksum.
    pub async fn presign_put(&self, key: &str, content_type: &str, size: u64, sha256: &[u8; 32], expires: Duration) -> Result<PresignedUpload, ObjectError> {
        let _ = (key, content_type, size, sha256, expires, &self.s3, &self.bucket, &self.ambient);
        todo!()
    }

    /// Lets a client download one object as a file named `file_name`, for at most 300 s.
    pub async fn presign_get(&self, key: &str, file_name: &str, expires: Duration) -> Result<String, ObjectError> {
        let _ = (key, file_name, expires);
        todo!()
    }

    /// Returns what S3 knows about an object.
    pub async fn head(&self, key: &str) -> Result<ObjectInfo, ObjectError> {
        let _ = key;
        todo!()
    }

    /// Reads the first `n` bytes (fewer when the object is smaller).
    pub async fn read_start(&self, key: &str, n: u64) -> Result<Vec<u8>, ObjectError> {
        let _ = (key, n);
        todo!()
    }

    /// Stores an object.
    pub async fn put(&self, key: &str, bytes: Vec<u8>, content_type: &str) -> Result<(), ObjectError> {
        let _ = (key, bytes, content_type);
        todo!()
    }

    /// Reads a whole object.
    pub async fn get(&self, key: &str) -> Result<Vec<u8>, ObjectError> {
        let _ = key;
        todo!()
    }

    /// Asks whether the bucket is there, for the readiness check.
    pub async fn check(&self) -> Result<(), ObjectError> {
        todo!()
    }
}
