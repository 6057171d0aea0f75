//! `POST /products/exports`

use axum::extract::State as Shared;
use axum::response::Response;
use domain::access::Permission;
use domain::bulk::{BulkFormat, Export, JobStatus};
use domain::id::SellerId;
use garde::Validate;
use serde::Deserialize;
use utoipa::ToSchema;
use web::openapi::OptionalKeyHeader;
use web::{Caller, Edge, Envelope, IdempotencyKey, Json, Problem, Reply, idempotent, refusals};

use super::ExportView;
use crate::jobs::{NEWEST, admit};

/// What to export.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExportProducts {
    /// `CSV` or `JSONL`.
    #[garde(skip)]
    #[schema(value_type = String, example = "CSV")]
    pub format: BulkFormat,
    /// For the tenant's people: whose products, drafts among them. Without it everything that is for sale.
    #[serde(default)]
    #[garde(skip)]
    #[schema(value_type = Option<String>, example = json!(null))]
    pub seller_id: Option<SellerId>,
}

/// Export products into a file
///
/// The file has the columns of an import and can be imported again, which changes nothing, or elsewhere, which makes the same
/// products. Archived products, and models of products, are left out. It is made in the background and kept for a week.
/// Five exports of one person may wait or run at once.
#[utoipa::path(
    post,
    path = "/products/exports",
    tag = "Products",
    params(OptionalKeyHeader),
    request_body = ExportProducts,
    responses(
        (status = 201, description = "The export waits to be worked on", body = Envelope<ExportView>),
        refusals::Of<(refusals::RuleBroken,)>,
    ),
    extensions(("x-access" = json!("EditProducts"))),
)]
pub async fn export_products(
    Shared(edge): Shared<Edge>,
    caller: Caller,
    key: Option<IdempotencyKey>,
    Json(request): Json<ExportProducts>,
) -> Result<Response, Problem> {
    caller.require(Permission::EditProducts)?;
    idempotent(&edge, caller.tenant(), Some(caller.user), key, start(&edge, &caller, request)).await
}

async fn start(edge: &Edge, caller: &Caller, request: ExportProducts) -> Result<Reply<ExportView>, Problem> {
    let newest = edge.store().exports_of(caller.scope, caller.user, NEWEST, None);
    let seller = admit(edge, caller, request.seller_id, newest).await?;
    let operation = caller.operation();
    let export = Export {
        id: operation.id(),
        format: request.format,
        user: caller.user,
        seller,
        status: JobStatus::Queued,
        cursor: None,
        products: 0,
        rows: 0,
        object_key: None,
        size: 0,
        failure: None,
        version: 1,
        created_at: operation.now,
        updated_at: operation.now,
    };
    edge.store().create_export(&operation, &export).await?;
    let place = format!("/products/exports/{}", export.id);
    Ok(Reply::created(ExportView::from(export), place))
}

#[cfg(test)]
mod tests {
    use domain::access::Role;
    use http::StatusCode;
    use serde_json::json;

    use crate::test_support::Shop;

    #[tokio::test]
    async fn sellers_export_their_own_and_the_tenants_people_whom_they_name_or_all() {
        let shop = Shop::open().await;
        let admin = shop.tenant.member(&[Role::Admin]).await;
        let own = shop.seller.user.seller;
        let ask =
            async |token: &str, request| shop.api.post("/products/exports").bearer(token).json(request).send().await;
        let mine = ask(&shop.seller.token, json!({"format": "JSONL"})).await;
        assert_eq!(
            (&mine.data(StatusCode::CREATED)["sellerId"], &mine.data(StatusCode::CREATED)["status"]),
            (&json!(own), &json!("QUEUED"))
        );
        let named = ask(&admin.token, json!({"format": "CSV", "sellerId": own})).await;
        assert_eq!(named.data(StatusCode::CREATED)["sellerId"], json!(own));
        assert!(ask(&admin.token, json!({"format": "CSV"})).await.data(StatusCode::CREATED)["sellerId"].is_null());
        let rival = shop.tenant.member(&[Role::Seller]).await;
        let foreign = ask(&rival.token, json!({"format": "CSV", "sellerId": own})).await;
        foreign.refused(StatusCode::FORBIDDEN, "FORBIDDEN");
        assert_eq!(ask(&rival.token, json!({"format": "XLSX"})).await.fields(), ["format"]);
        for _ in 0..4 {
            ask(&shop.seller.token, json!({"format": "CSV"})).await.data(StatusCode::CREATED);
        }
        let sixth = ask(&shop.seller.token, json!({"format": "CSV"})).await;
        sixth.refused(StatusCode::UNPROCESSABLE_ENTITY, "RULE_BROKEN");
        let events = shop.tenant.stored("EVT#").await;
        let calls = events.iter().filter(|event| event["event"]["type"] == "ProductExportRequested").count();
        assert_eq!(calls, 7);
    }
}
