//! `POST /files/uploads`

use std::collections::BTreeMap;
use std::time::Duration;

use axum::extract::State as Shared;
use axum::response::Response;
use domain::access::Permission;
use domain::file::{Digest, File, FilePurpose, FileStatus, Format, object_key};
use domain::id::FileId;
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::openapi::OptionalKeyHeader;
use web::{Caller, Edge, Envelope, IdempotencyKey, Json, Problem, Reply, idempotent};

use crate::{Buckets, failed};

/// How long the client has to begin its upload.
const WINDOW: Duration = Duration::from_secs(15 * 60);

/// What is going to be uploaded.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateUpload {
    /// `product-model` (STL, OBJ, 3MF, GLB; up to 500 MiB), `product-image` (JPEG, PNG, WebP; up to 10 MiB) or `import` (a table
    /// of products as CSV or JSON Lines; up to 50 MiB).
    #[garde(skip)]
    #[schema(value_type = String, example = "product-model")]
    pub purpose: FilePurpose,
    /// The file's name: buyers will see it.
    #[garde(length(chars, min = 1, max = 255), custom(one_line))]
    #[schema(example = "vase.stl", min_length = 1, max_length = 255)]
    pub name: String,
    /// The exact size in bytes.
    #[garde(range(min = 1))]
    #[schema(example = 684_084, minimum = 1)]
    pub size: u64,
    /// The media type, such as `model/stl`.
    #[serde(rename = "type")]
    #[garde(skip)]
    #[schema(example = "model/stl")]
    pub content_type: String,
    /// The SHA-256 checksum in hexadecimal.
    #[garde(custom(checksum))]
    #[schema(
        example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        min_length = 64,
        max_length = 64
    )]
    pub sha256: String,
}

fn one_line(name: &str, _: &()) -> garde::Result {
    if name.chars().any(char::is_control) { Err(garde::Error::new("must be one line")) } else { Ok(()) }
}

fn checksum(text: &str, _: &()) -> garde::Result {
    text.parse::<Digest>().map(drop).map_err(garde::Error::new)
}

/// An upload that waits for its bytes.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AnnouncedView {
    /// The file's id: complete the upload with it.
    #[schema(value_type = String, example = "fil_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    pub file_id: FileId,
    /// How to send the bytes.
    pub upload: UploadView,
}

/// Where and how to send the bytes.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UploadView {
    /// Where the bytes go.
    #[schema(example = "https://files.s3.amazonaws.com/…")]
    pub url: String,
    /// The HTTP method.
    #[schema(example = "PUT")]
    pub method: String,
    /// The headers to send, exactly as they are.
    #[schema(example = json!({"content-type": "model/stl", "content-length": "684084", "x-amz-checksum-sha256": "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg="}))]
    pub headers: BTreeMap<String, String>,
    /// For how many seconds the address works.
    #[schema(example = 900)]
    pub expires_in: u64,
}

/// Announce an upload
///
/// Then send the bytes to `upload.url` with exactly the given headers (the store refuses another size, type or content), and
/// complete the upload. An upload that is never completed is forgotten after a day.
#[utoipa::path(
    post,
    path = "/files/uploads",
    tag = "Files",
    params(OptionalKeyHeader),
    request_body = CreateUpload,
    responses((status = 201, description = "Where to upload", body = Envelope<AnnouncedView>)),
    extensions(("x-access" = json!("EditProducts"))),
)]
pub async fn create_upload(
    Shared(edge): Shared<Edge>,
    Shared(buckets): Shared<Buckets>,
    caller: Caller,
    key: Option<IdempotencyKey>,
    Json(request): Json<CreateUpload>,
) -> Result<Response, Problem> {
    caller.require(Permission::EditProducts)?;
    idempotent(&edge, caller.tenant(), Some(caller.user), key, create(&edge, &buckets, &caller, request)).await
}

async fn create(
    edge: &Edge,
    buckets: &Buckets,
    caller: &Caller,
    request: CreateUpload,
) -> Result<Reply<AnnouncedView>, Problem> {
    let operation = caller.operation();
    let file = request.into_file(caller, operation.id(), operation.now)?;
    let content_type = file.format.content_type();
    let link = buckets.files.presign_put(&file.object_key, content_type, file.size, &file.sha256.0, WINDOW);
    let link = link.await.map_err(failed)?;
    edge.store().create_upload(&operation, &file).await?;
    let upload = UploadView {
        url: link.url,
        method: link.method,
        headers: link.headers.into_iter().filter(|(name, _)| is_signed(name)).collect(),
        expires_in: WINDOW.as_secs(),
    };
    let view = AnnouncedView { file_id: file.id, upload };
    let place = format!("/files/uploads/{}", file.id);
    Ok(Reply::created(view, place))
}

/// Tells what the client must send from what the SDK adds for itself on Lambda, such as a trace id.
fn is_signed(header: &str) -> bool {
    header.starts_with("content-") || header.starts_with("x-amz-")
}

impl CreateUpload {
    fn into_file(self, caller: &Caller, id: FileId, now: domain::clock::Timestamp) -> Result<File, Problem> {
        let formats = self.purpose.formats();
        let format = Format::of_content_type(&self.content_type).filter(|format| formats.contains(format));
        let format = format.ok_or_else(|| {
            let allowed: Vec<&str> = formats.iter().map(|format| format.content_type()).collect();
            Problem::invalid("type", format!("must be one of {}", allowed.join(", ")))
        })?;
        if self.size > self.purpose.max_size() {
            return Err(Problem::invalid("size", format!("must be at most {} bytes", self.purpose.max_size())));
        }
        Ok(File {
            id,
            purpose: self.purpose,
            owner: caller.user,
            seller: caller.seller,
            label: self.name,
            object_key: object_key(caller.scope, self.purpose, id),
            size: self.size,
            sha256: self.sha256.parse().map_err(|_| Problem::invalid("sha256", "must be a SHA-256 checksum"))?,
            format,
            status: FileStatus::Uploading,
            created_at: now,
        })
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;
    use serde_json::{Value, json};

    use crate::test_support::{Shop, announcement, put, stl};

    #[tokio::test]
    async fn an_announced_file_is_uploaded_with_exactly_that_content() {
        let shop = Shop::open().await;
        let bytes = stl();
        let announced = shop.announce(announcement("vase.stl", &bytes)).await;
        let announced = announced.data(StatusCode::CREATED);
        assert_eq!(announced["upload"]["expiresIn"], 900);
        assert!(!put(announced, &[&bytes[..], b"more"].concat()).await.is_success(), "another size");
        let mut other = bytes.clone();
        other[0] = b'X';
        assert!(!put(announced, &other).await.is_success(), "other content");
        assert!(put(announced, &bytes).await.is_success());
    }

    #[test]
    fn only_what_the_link_is_bound_to_must_be_sent() {
        assert!(["content-length", "content-type", "x-amz-checksum-sha256"].into_iter().all(super::is_signed));
        assert!(!super::is_signed("x-amzn-trace-id") && !super::is_signed("host"));
    }

    #[tokio::test]
    async fn the_purpose_limits_type_and_size() {
        let shop = Shop::open().await;
        let refuse = async |change: Value, field: &str| {
            let mut request = announcement("vase.stl", &stl());
            request.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
            let refused = shop.announce(request).await;
            refused.refused(StatusCode::BAD_REQUEST, "VALIDATION_FAILED");
            assert_eq!(refused.fields(), [field], "{}", refused.text());
        };
        refuse(json!({"type": "text/html"}), "type").await;
        refuse(json!({"type": "image/png"}), "type").await;
        refuse(json!({"size": 500 * 1024 * 1024 + 1}), "size").await;
        refuse(json!({"size": 0}), "size").await;
        refuse(json!({"purpose": "product-image", "type": "image/png", "size": 10 * 1024 * 1024 + 1}), "size").await;
        refuse(json!({"purpose": "import", "type": "text/csv", "size": 50 * 1024 * 1024 + 1}), "size").await;
        refuse(json!({"purpose": "import", "type": "application/json"}), "type").await;
        refuse(json!({"sha256": "abc"}), "sha256").await;
        refuse(json!({"purpose": "kyc"}), "purpose").await;
        refuse(json!({"objectKey": "../../x"}), "objectKey").await;
    }

    #[tokio::test]
    async fn buyers_upload_nothing() {
        let shop = Shop::open().await;
        let request = shop.api.post("/files/uploads").bearer(&shop.buyer.token).json(announcement("a.stl", &stl()));
        request.send().await.refused(StatusCode::FORBIDDEN, "FORBIDDEN");
    }
}
