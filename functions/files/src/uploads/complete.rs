//! `POST /files/uploads/{fileId}/complete`

use axum::extract::State as Shared;
use axum::response::Response;
use domain::access::Permission;
use domain::file::{File, FileStatus, HEAD_LENGTH};
use domain::id::FileId;
use platform::objects::{ObjectError, ObjectInfo};
use store::table::Consistency;
use web::openapi::OptionalKeyHeader;
use web::{Bearer, Caller, Code, Edge, Envelope, IdempotencyKey, Path, Problem, Reply, idempotent, refusals};

use super::FileView;
use crate::{Buckets, failed};

/// Complete an upload
///
/// Checks that the object is there with the announced size, checksum and type, and that its content is what the type says.
/// Completing twice changes nothing.
#[utoipa::path(
    post,
    path = "/files/uploads/{fileId}/complete",
    tag = "Files",
    params(
        ("fileId" = String, Path, description = "The announced file", example = "fil_01JQZX3N9Q5S0V6T7W8Y9Z0ABC"),
        OptionalKeyHeader,
    ),
    responses(
        (status = 200, description = "The file is ready for use", body = Envelope<FileView>),
        refusals::Of<(refusals::UploadMismatch,)>,
    ),
    extensions(("x-access" = json!("EditProducts"))),
)]
pub async fn complete_upload(
    Shared(edge): Shared<Edge>,
    Shared(buckets): Shared<Buckets>,
    bearer: Bearer,
    Path(file): Path<FileId>,
    key: Option<IdempotencyKey>,
) -> Result<Response, Problem> {
    let read = async |scope| edge.store().file(scope, file, Consistency::Strong).await;
    let (caller, file) = bearer.with(read).await?;
    caller.require(Permission::EditProducts)?;
    let file = file.filter(|file| caller.owns(file.owner)).ok_or_else(Problem::not_found)?;
    idempotent(&edge, caller.tenant(), Some(caller.user), key, complete(&edge, &buckets, &caller, file)).await
}

async fn complete(edge: &Edge, buckets: &Buckets, caller: &Caller, file: File) -> Result<Reply<FileView>, Problem> {
    if file.is_ready() {
        return Ok(Reply::ok(FileView::from(file)));
    }
    let (info, head) =
        tokio::join!(buckets.files.head(&file.object_key), buckets.files.read_start(&file.object_key, HEAD_LENGTH));
    let info = info.map_err(missing)?;
    verify(&file, &info, &head.map_err(missing)?)?;
    edge.store().complete_upload(&caller.operation(), &file).await?;
    Ok(Reply::ok(FileView::from(File { status: FileStatus::Ready, ..file })))
}

fn missing(error: ObjectError) -> Problem {
    match error {
        ObjectError::NotFound => Problem::new(Code::UploadMismatch).message("Nothing has been uploaded yet"),
        ObjectError::Unavailable(_) => failed(error),
    }
}

/// Compares what lies in the bucket with what was announced.
fn verify(file: &File, info: &ObjectInfo, head: &[u8]) -> Result<(), Problem> {
    let mismatch = |field: &str, message: &str| Problem::new(Code::UploadMismatch).field(field, message);
    if info.size != file.size {
        return Err(mismatch("size", "differs from the uploaded file's"));
    }
    // The store only knows a checksum that it has verified itself.
    if info.sha256 != Some(file.sha256.0) {
        return Err(mismatch("sha256", "differs from the uploaded file's"));
    }
    if info.content_type.as_deref() != Some(file.format.content_type()) {
        return Err(mismatch("type", "differs from the uploaded file's"));
    }
    file.format.check(head, info.size).map_err(|wrong| mismatch("type", &wrong.to_string()))
}

#[cfg(test)]
mod tests {
    use domain::access::Role;
    use http::StatusCode;

    use crate::test_support::{Shop, announcement, put, stl};

    #[tokio::test]
    async fn a_file_is_ready_only_after_its_bytes_are_there() {
        let shop = Shop::open().await;
        let bytes = stl();
        let announced = shop.announce(announcement("vase.stl", &bytes)).await;
        let announced = announced.data(StatusCode::CREATED);
        let file = announced["fileId"].as_str().unwrap();
        shop.complete(file).await.refused(StatusCode::BAD_REQUEST, "UPLOAD_MISMATCH");
        let early = shop.download(&shop.seller, file.parse().unwrap()).await;
        early.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
        assert!(put(announced, &bytes).await.is_success());
        let completed = shop.complete(file).await;
        assert_eq!(completed.data(StatusCode::OK)["status"], "READY");
        assert_eq!(completed.round_trips(), 2);
        assert_eq!(shop.complete(file).await.data(StatusCode::OK)["status"], "READY");
    }

    #[tokio::test]
    async fn a_web_page_that_calls_itself_a_model_is_refused() {
        let shop = Shop::open().await;
        let page = b"<html><script>alert(1)</script></html>";
        let announced = shop.announce(announcement("vase.stl", page)).await;
        let announced = announced.data(StatusCode::CREATED);
        assert!(put(announced, page).await.is_success());
        let refused = shop.complete(announced["fileId"].as_str().unwrap()).await;
        refused.refused(StatusCode::BAD_REQUEST, "UPLOAD_MISMATCH");
        assert_eq!(refused.fields(), ["type"]);
    }

    #[tokio::test]
    async fn a_table_of_products_names_their_skus() {
        let shop = Shop::open().await;
        for (content_type, bytes, fits) in [
            ("text/csv", &b"\xef\xbb\xbfsku,name\r\nVASE-1,Vase\r\n"[..], true),
            ("application/x-ndjson", b"{\"sku\": \"VASE-1\"}\n", true),
            ("text/csv", b"<html><script>alert(1)</script></html>", false),
            ("text/csv", b"\xff\xfes\0k\0u\0\n\0", false),
            ("application/x-ndjson", b"sku,name\n", false),
        ] {
            let mut request = announcement("vases", bytes);
            (request["purpose"], request["type"]) = ("import".into(), content_type.into());
            let announced = shop.announce(request).await;
            let announced = announced.data(StatusCode::CREATED);
            assert!(put(announced, bytes).await.is_success());
            let completed = shop.complete(announced["fileId"].as_str().unwrap()).await;
            match fits {
                true => assert_eq!(completed.data(StatusCode::OK)["status"], "READY"),
                false => assert_eq!(completed.fields(), ["type"]),
            }
        }
    }

    #[tokio::test]
    async fn somebody_elses_upload_is_not_there() {
        let (shop, other) = (Shop::open().await, Shop::open().await);
        let announced = shop.announce(announcement("vase.stl", &stl())).await;
        let path =
            format!("/files/uploads/{}/complete", announced.data(StatusCode::CREATED)["fileId"].as_str().unwrap());
        let rival = shop.tenant.member(&[Role::Seller]).await;
        shop.api.post(&path).bearer(&rival.token).send().await.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
        other.api.post(&path).bearer(&other.seller.token).send().await.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
    }
}
