//! Files in S3: links that let a client upload or download exactly one object, and our own reads and writes.

use std::fmt::Debug;
use std::time::{Duration, UNIX_EPOCH};

use aws_sdk_s3::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::ChecksumMode;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::ambient::Ambient;

/// Why S3 did not do it.
#[derive(Debug, thiserror::Error)]
pub enum ObjectError {
    /// No such object.
    #[error("no such object")]
    NotFound,
    /// S3 can't be reached, is busy or refuses us.
    #[error("the object store is not available: {0}")]
    Unavailable(String),
}

/// An upload that the client does itself. It must send exactly these headers, which are signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresignedUpload {
    /// Where to.
    pub url: String,
    /// `PUT`.
    pub method: String,
    /// The headers, by lower-case name.
    pub headers: Vec<(String, String)>,
}

/// What S3 knows about an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectInfo {
    /// The size in bytes.
    pub size: u64,
    /// The content type.
    pub content_type: Option<String>,
    /// The SHA-256 that S3 checked at upload, if it was given one.
    pub sha256: Option<[u8; 32]>,
}

/// One bucket. Cheap to clone.
#[derive(Clone)]
pub struct Objects {
    s3: aws_sdk_s3::Client,
    bucket: String,
    ambient: Ambient,
}

/// The longest life of a download link.
pub const LONGEST_DOWNLOAD: Duration = Duration::from_secs(300);

impl Objects {
    /// Takes the client and the bucket.
    pub fn new(s3: aws_sdk_s3::Client, bucket: impl Into<String>, ambient: Ambient) -> Self {
        Self { s3, bucket: bucket.into(), ambient }
    }

    /// Lets a client upload one object of exactly this type, size and checksum.
    pub async fn presign_put(
        &self,
        key: &str,
        content_type: &str,
        size: u64,
        sha256: &[u8; 32],
        expires: Duration,
    ) -> Result<PresignedUpload, ObjectError> {
        let request = self
            .s3
            .put_object()
            .bucket(&self.bucket)
            .key(key)
            .content_type(content_type)
            .content_length(i64::try_from(size).unwrap_or(i64::MAX))
            .checksum_sha256(STANDARD.encode(sha256))
            .presigned(self.window(expires)?)
            .await
            .map_err(failed)?;
        Ok(PresignedUpload {
            url: request.uri().to_owned(),
            method: request.method().to_owned(),
            headers: request.headers().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        })
    }

    /// Lets a client download one object as a file named `file_name`, for at most [`LONGEST_DOWNLOAD`].
    pub async fn presign_get(&self, key: &str, file_name: &str, expires: Duration) -> Result<String, ObjectError> {
        let request = self
            .s3
            .get_object()
            .bucket(&self.bucket)
            .key(key)
            .response_content_disposition(attachment(file_name))
            .response_cache_control("private, no-store")
            .presigned(self.window(expires.min(LONGEST_DOWNLOAD))?)
            .await
            .map_err(failed)?;
        Ok(request.uri().to_owned())
    }

    /// Returns what S3 knows about an object.
    pub async fn head(&self, key: &str) -> Result<ObjectInfo, ObjectError> {
        let answer = self
            .s3
            .head_object()
            .bucket(&self.bucket)
            .key(key)
            .checksum_mode(ChecksumMode::Enabled)
            .send()
            .await
            .map_err(failed)?;
        let sha256 = answer.checksum_sha256.and_then(|text| STANDARD.decode(text).ok()?.try_into().ok());
        Ok(ObjectInfo {
            size: answer.content_length.and_then(|size| u64::try_from(size).ok()).unwrap_or(0),
            content_type: answer.content_type,
            sha256,
        })
    }

    /// Reads the first `n` bytes (at least one), fewer when the object is smaller.
    pub async fn read_start(&self, key: &str, n: u64) -> Result<Vec<u8>, ObjectError> {
        self.read_range(key, 0, n).await
    }

    /// Reads `n` bytes (at least one) from byte `from` on, fewer when the object ends before, and none at its end.
    pub async fn read_range(&self, key: &str, from: u64, n: u64) -> Result<Vec<u8>, ObjectError> {
        let answer = self
            .s3
            .get_object()
            .bucket(&self.bucket)
            .key(key)
            .range(format!("bytes={from}-{}", from.saturating_add(n).saturating_sub(1)))
            .send()
            .await;
        match answer {
            Ok(answer) => collect(answer.body).await,
            // There is no first byte to give.
            Err(error) if error.code() == Some("InvalidRange") => Ok(Vec::new()),
            Err(error) => Err(failed(error)),
        }
    }

    /// Stores an object.
    pub async fn put(&self, key: &str, bytes: Vec<u8>, content_type: &str) -> Result<(), ObjectError> {
        self.s3
            .put_object()
            .bucket(&self.bucket)
            .key(key)
            .content_type(content_type)
            .body(ByteStream::from(bytes))
            .send()
            .await
            .map_err(failed)?;
        Ok(())
    }

    /// Stores an object and removes every older version of it for good. A run that was cut off leaves older versions to the
    /// next one.
    pub async fn replace(&self, key: &str, bytes: Vec<u8>, content_type: &str) -> Result<(), ObjectError> {
        self.put(key, bytes, content_type).await?;
        loop {
            let listed =
                self.s3.list_object_versions().bucket(&self.bucket).prefix(key).send().await.map_err(failed)?;
            let same = |name: Option<&str>| name == Some(key);
            let versions = listed.versions.unwrap_or_default().into_iter();
            let old = versions.filter(|version| same(version.key()) && version.is_latest() != Some(true));
            let mut removed = false;
            for id in old.filter_map(|version| version.version_id) {
                self.s3.delete_object().bucket(&self.bucket).key(key).version_id(id).send().await.map_err(failed)?;
                removed = true;
            }
            // Each round removes what it lists, so the list starts anew instead of going on.
            if !removed || listed.is_truncated != Some(true) {
                return Ok(());
            }
        }
    }

    /// Reads a whole object into memory.
    pub async fn get(&self, key: &str) -> Result<Vec<u8>, ObjectError> {
        let answer = self.s3.get_object().bucket(&self.bucket).key(key).send().await.map_err(failed)?;
        collect(answer.body).await
    }

    /// Asks whether the bucket is there, for the readiness check.
    pub async fn check(&self) -> Result<(), ObjectError> {
        self.s3.head_bucket().bucket(&self.bucket).send().await.map_err(failed)?;
        Ok(())
    }

    fn window(&self, expires: Duration) -> Result<PresigningConfig, ObjectError> {
        let since = Duration::from_millis(u64::try_from(self.ambient.now().as_millis()).unwrap_or(0));
        PresigningConfig::builder()
            .start_time(UNIX_EPOCH + since)
            .expires_in(expires)
            .build()
            .map_err(|error| ObjectError::Unavailable(error.to_string()))
    }
}

async fn collect(body: ByteStream) -> Result<Vec<u8>, ObjectError> {
    let bytes = body.collect().await.map_err(|error| ObjectError::Unavailable(error.to_string()))?;
    Ok(bytes.to_vec())
}

fn failed<E, R: Debug>(error: SdkError<E, R>) -> ObjectError
where
    SdkError<E, R>: std::error::Error + ProvideErrorMetadata,
{
    match error.code() {
        Some("NoSuchKey" | "NotFound") => ObjectError::NotFound,
        Some(code) => ObjectError::Unavailable(code.to_owned()),
        None => ObjectError::Unavailable(DisplayErrorContext(error).to_string()),
    }
}

/// Writes a `Content-Disposition` (RFC 6266): a plain name for old clients, the real one in the form of RFC 8187.
fn attachment(file_name: &str) -> String {
    let label = |c: char| (!c.is_control()).then_some(if matches!(c, '/' | '\\') { '_' } else { c });
    let name: String = file_name.chars().filter_map(label).collect();
    let name = if name.trim_matches(['.', ' ']).is_empty() { "file" } else { &name };
    let fallback = |c: char| if matches!(c, '"' | '%') || !c.is_ascii() { '_' } else { c };
    let fallback: String = name.chars().map(fallback).collect();
    let mut exact = String::new();
    for byte in name.bytes() {
        // attr-char of RFC 8187
        if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
            exact.push(char::from(byte));
        } else {
            exact.push('%');
            exact.push_str(&hex::encode_upper([byte]));
        }
    }
    format!("attachment; filename=\"{fallback}\"; filename*=UTF-8''{exact}")
}

#[cfg(test)]
mod tests;
