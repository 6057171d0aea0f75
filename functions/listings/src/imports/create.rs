//! `POST /products/imports`

use axum::extract::State as Shared;
use axum::response::Response;
use domain::access::Permission;
use domain::bulk::{BulkFormat, Import, ImportMode, JobStatus, Progress};
use domain::file::{File, Format};
use domain::id::{FileId, SellerId};
use garde::Validate;
use serde::Deserialize;
use store::table::Consistency;
use utoipa::ToSchema;
use web::openapi::OptionalKeyHeader;
use web::{Bearer, Caller, Edge, Envelope, IdempotencyKey, Json, Problem, Reply, idempotent, refusals};

use super::ImportView;
use crate::jobs::{NEWEST, admit};

/// A file to import.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ImportProducts {
    /// A completed upload of purpose `import`, of the last 7 days.
    #[garde(skip)]
    #[schema(value_type = String, example = "fil_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    pub file_id: FileId,
    /// `UPSERT` (the default): a row whose SKU is known changes its product. `CREATE_ONLY`: such a row is refused.
    #[serde(default)]
    #[garde(skip)]
    #[schema(value_type = Option<String>, example = "UPSERT")]
    pub mode: Option<ImportMode>,
    /// For the tenant's people: whose products are changed and made. Without it everybody's are changed, and none is made.
    #[serde(default)]
    #[garde(skip)]
    #[schema(value_type = Option<String>, example = json!(null))]
    pub seller_id: Option<SellerId>,
}

/// Import products from a file
///
/// The file was uploaded with the purpose `import`: CSV (RFC 4180, UTF-8, `text/csv`) or JSON Lines (`application/x-ndjson`), up
/// to 50 MiB, in the last 7 days; a week after that it is cleared away. It is worked on in the background; ask for the import to see how far it has come. Five imports of one person may
/// wait or run at once.
///
/// **Rows.** Each row is about one product, known by its `sku`, and may be about one of its materials, known by its name: a product
/// with three materials takes three rows. A row is imported whole or not at all. Rows that can't be used are listed in a report; the
/// others are imported. A row that says what is so already changes nothing, so a file can be imported again.
///
/// **Columns**, in any order; only `sku` is needed, and `name`, `basePrice`, `stockPolicy` where a product is new. An empty cell, or in
/// JSON Lines null or an empty text, says nothing: what is so stays, and a new product gets the usual.
///
/// | column | what is in it |
/// | --- | --- |
/// | `sku` | 5 to 50 of `A-Z`, `0-9`, `-`, `_` and `.` |
/// | `name` | 3 to 255 characters |
/// | `slug` | the name in URLs; made of the name where a new product has none |
/// | `description` | rich text; all but a few harmless tags are dropped |
/// | `basePrice` | in the major unit with a point and no separators, such as `1499.00`; in JSON Lines as a text too |
/// | `currency` | the marketplace's own, as a check |
/// | `taxClass` | such as `STANDARD` |
/// | `weightGrams` | up to 1000000 |
/// | `widthMm`, `depthMm`, `heightMm` | 1 to 10000, all three or none |
/// | `stockPolicy` | `FINITE`, `MADE_TO_ORDER` or `DIGITAL` |
/// | `images` | ids of uploaded product images with blanks between them; in JSON Lines also a list |
/// | `categories` | names in URLs of up to 5 categories with blanks between them; in JSON Lines also a list |
/// | `sharedMaterials` | ids of shared materials of the marketplace, written like `images` |
/// | `attributes` | a JSON object of texts |
/// | `licenceKeys` | `true` or `false`: whether each piece comes with a key |
/// | `status` | `DRAFT` or `ACTIVE` |
/// | `material` | the name of a material, 2 to 100 characters; the columns below are about it |
/// | `surcharge` | what it adds to the price, written like it |
/// | `stock` | how many pieces there are when the row is imported; only where the stock is finite |
/// | `leadTimeDays` | up to 365 |
/// | `materialActive` | `true` or `false` |
///
/// In CSV a text that a spreadsheet would take for a formula is written with an apostrophe in front, which is taken away again:
/// `'=A1` is the text `=A1`. Exports write it so.
///
/// **Faults** of rows have a `row` (as a spreadsheet counts, where the header of a CSV file is row 1 and blank lines are not
/// counted), a column and a code: `REQUIRED`, `INVALID_VALUE`, `NOT_UTF8`, `MALFORMED`, `UNKNOWN_COLUMN`, `DUPLICATE_COLUMN`,
/// `WRONG_CELL_COUNT`, `ROW_TOO_LONG`, `SKU_TAKEN`, `SLUG_TAKEN`, `SELLER_REQUIRED`, `ARCHIVED`, `TOO_MANY_MATERIALS`, `AMBIGUOUS_MATERIAL`,
/// `CONFLICT`. A file as a whole fails with `EMPTY_FILE`, `MISSING_COLUMN`, `UNKNOWN_COLUMN`, `DUPLICATE_COLUMN`, `NOT_UTF8`, `ROW_TOO_LONG`,
/// `FILE_GONE`, or `NOT_ALLOWED` when who asked for it lost the right meanwhile.
#[utoipa::path(
    post,
    path = "/products/imports",
    tag = "Products",
    params(OptionalKeyHeader),
    request_body = ImportProducts,
    responses(
        (status = 201, description = "The import waits to be worked on", body = Envelope<ImportView>),
        refusals::Of<(refusals::RuleBroken,)>,
    ),
    extensions(("x-access" = json!("EditProducts"))),
)]
pub async fn import_products(
    Shared(edge): Shared<Edge>,
    bearer: Bearer,
    key: Option<IdempotencyKey>,
    Json(request): Json<ImportProducts>,
) -> Result<Response, Problem> {
    let read = async |scope| edge.store().file(scope, request.file_id, Consistency::Strong).await;
    let (caller, file) = bearer.with(read).await?;
    caller.require(Permission::EditProducts)?;
    idempotent(&edge, caller.tenant(), Some(caller.user), key, start(&edge, &caller, file, request)).await
}

async fn start(
    edge: &Edge,
    caller: &Caller,
    file: Option<File>,
    request: ImportProducts,
) -> Result<Reply<ImportView>, Problem> {
    let operation = caller.operation();
    let usable = |file: &File| file.may_be_imported(caller.user, operation.now);
    let file = file.filter(usable).ok_or_else(|| {
        Problem::invalid("fileId", "must be a completed upload of yours with the purpose import, of the last 7 days")
    })?;
    let newest = edge.store().imports_of(caller.scope, caller.user, NEWEST, None);
    let seller = admit(edge, caller, request.seller_id, newest).await?;
    let import = Import {
        id: operation.id(),
        file: file.id,
        object_key: file.object_key,
        size: file.size,
        format: if file.format == Format::Csv { BulkFormat::Csv } else { BulkFormat::Jsonl },
        mode: request.mode.unwrap_or(ImportMode::Upsert),
        user: caller.user,
        seller,
        status: JobStatus::Queued,
        columns: Vec::new(),
        offset: 0,
        progress: Progress::default(),
        report_key: None,
        reported: 0,
        failure: None,
        version: 1,
        created_at: operation.now,
        updated_at: operation.now,
    };
    edge.store().create_import(&operation, &import).await?;
    let place = format!("/products/imports/{}", import.id);
    Ok(Reply::created(ImportView::from(import), place))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use domain::access::Role;
    use domain::bulk::JobStatus;
    use domain::file::FilePurpose;
    use http::StatusCode;
    use serde_json::{Value, json};
    use store::bulk::Then;

    use crate::test_support::Shop;

    async fn ask(shop: &Shop, token: &str, request: Value) -> harness::client::TestAnswer {
        shop.api.post("/products/imports").bearer(token).json(request).send().await
    }

    #[tokio::test]
    async fn a_seller_asks_for_an_import_of_their_own_products_and_the_worker_is_called() {
        let shop = Shop::open().await;
        let file = shop.file(&shop.seller, FilePurpose::Import).await;
        let asked = ask(&shop, &shop.seller.token, json!({"fileId": file})).await;
        let import = asked.data(StatusCode::CREATED);
        assert_eq!(
            (&import["status"], &import["mode"], &import["format"]),
            (&json!("QUEUED"), &json!("UPSERT"), &json!("CSV"))
        );
        assert_eq!(import["sellerId"], shop.seller.user.seller.unwrap().to_string());
        assert_eq!(asked.header("location"), format!("/api/v1/products/imports/{}", import["id"].as_str().unwrap()));
        let events = shop.tenant.stored("EVT#").await;
        let calls = events.iter().filter(|event| event["event"]["import"] == import["id"]).count();
        assert_eq!(calls, 1);
    }

    #[tokio::test]
    async fn only_a_completed_import_upload_of_ones_own_is_taken() {
        let shop = Shop::open().await;
        let rival = shop.tenant.member(&[Role::Seller]).await;
        let picture = shop.file(&shop.seller, FilePurpose::ProductImage).await;
        let theirs = shop.file(&rival, FilePurpose::Import).await;
        for file in [picture, theirs, shop.tenant.operation().id()] {
            let refused = ask(&shop, &shop.seller.token, json!({"fileId": file})).await;
            refused.refused(StatusCode::BAD_REQUEST, "VALIDATION_FAILED");
            assert_eq!(refused.fields(), ["fileId"]);
        }
        assert!(shop.tenant.stored("IMP#").await.is_empty());
    }

    #[tokio::test]
    async fn the_tenants_people_name_a_seller_and_sellers_name_nobody_else() {
        let shop = Shop::open().await;
        let admin = shop.tenant.member(&[Role::Admin]).await;
        let (own, theirs) =
            (shop.file(&shop.seller, FilePurpose::Import).await, shop.file(&admin, FilePurpose::Import).await);
        let seller = shop.seller.user.seller;
        let named =
            ask(&shop, &admin.token, json!({"fileId": theirs, "sellerId": seller, "mode": "CREATE_ONLY"})).await;
        assert_eq!(named.data(StatusCode::CREATED)["sellerId"], json!(seller));
        let open = ask(&shop, &admin.token, json!({"fileId": theirs})).await;
        assert!(open.data(StatusCode::CREATED)["sellerId"].is_null());
        let nobody: domain::id::SellerId = shop.tenant.operation().id();
        let wrong = ask(&shop, &admin.token, json!({"fileId": theirs, "sellerId": nobody})).await;
        assert_eq!(wrong.fields(), ["sellerId"]);
        let rival = shop.tenant.member(&[Role::Seller]).await;
        let foreign = ask(&shop, &shop.seller.token, json!({"fileId": own, "sellerId": rival.user.seller})).await;
        foreign.refused(StatusCode::FORBIDDEN, "FORBIDDEN");
        let buyer = shop.tenant.member(&[Role::Customer]).await;
        ask(&shop, &buyer.token, json!({"fileId": own})).await.refused(StatusCode::FORBIDDEN, "FORBIDDEN");
    }

    #[tokio::test]
    async fn five_imports_of_one_person_wait_at_once_and_a_sixth_when_one_is_over_or_stands_still() {
        let shop = Shop::open().await;
        let file = shop.file(&shop.seller, FilePurpose::Import).await;
        let again = || ask(&shop, &shop.seller.token, json!({"fileId": file}));
        let mut imports = Vec::new();
        for _ in 0..5 {
            imports.push(again().await.data(StatusCode::CREATED)["id"].as_str().unwrap().to_owned());
        }
        again().await.refused(StatusCode::UNPROCESSABLE_ENTITY, "RULE_BROKEN");
        let (store, scope) = (shop.tenant.stack.store(), shop.tenant.scope());
        let mut import = store.import(scope, imports[2].parse().unwrap()).await.unwrap().unwrap();
        import.status = JobStatus::Done;
        store.step_import(&shop.tenant.operation(), &import, Then::Here).await.unwrap().unwrap();
        again().await.data(StatusCode::CREATED);
        again().await.refused(StatusCode::UNPROCESSABLE_ENTITY, "RULE_BROKEN");
    }

    #[tokio::test]
    async fn a_file_is_imported_within_a_week_and_its_record_goes_when_the_file_does() {
        let shop = Shop::open().await;
        let file = shop.file(&shop.seller, FilePurpose::Import).await;
        let picture = shop.file(&shop.seller, FilePurpose::ProductImage).await;
        let record = async |id| shop.tenant.stored(&format!("FIL#{id}")).await.remove(0);
        let uploaded = shop.tenant.stack.now().as_seconds();
        assert_eq!(record(file).await["ttl"].as_i64().unwrap() - uploaded, 14 * 24 * 60 * 60);
        assert!(record(picture).await["ttl"].is_null());
        shop.tenant.stack.clock.advance(Duration::from_secs(7 * 24 * 60 * 60 - 60));
        let (user, email) = (shop.seller.user.clone(), shop.seller.email.clone());
        let token = shop.tenant.sign_in(user, email).await.token;
        ask(&shop, &token, json!({"fileId": file})).await.data(StatusCode::CREATED);
        shop.tenant.stack.clock.advance(Duration::from_secs(61));
        assert_eq!(ask(&shop, &token, json!({"fileId": file})).await.fields(), ["fileId"]);
    }

    #[tokio::test]
    async fn a_key_makes_one_import_of_two_requests() {
        let shop = Shop::open().await;
        let file = shop.file(&shop.seller, FilePurpose::Import).await;
        let send = || {
            let request =
                shop.api.post("/products/imports").bearer(&shop.seller.token).header("idempotency-key", "k-1");
            request.json(json!({"fileId": file})).send()
        };
        let (first, second) = (send().await, send().await);
        assert_eq!(first.data(StatusCode::CREATED)["id"], second.data(StatusCode::CREATED)["id"]);
        assert_eq!(shop.tenant.stored("IMP#").await.len(), 1);
    }
}
