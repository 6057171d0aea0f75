//! `GET /products/exports`

use axum::extract::State as Shared;
use domain::access::Permission;
use web::{Answer, Bearer, Edge, ListEnvelope, ListQuery, Query};

use super::ExportView;

/// List one's own exports, newest first
///
/// Without links to their files: ask for the one that is wanted.
#[utoipa::path(
    get,
    path = "/products/exports",
    tag = "Products",
    params(ListQuery),
    responses((status = 200, description = "A page of exports", body = ListEnvelope<ExportView>)),
    extensions(("x-access" = json!("EditProducts"))),
)]
pub async fn list_exports(
    Shared(edge): Shared<Edge>,
    bearer: Bearer,
    Query(query): Query<ListQuery>,
) -> Answer<Vec<ExportView>> {
    let user = bearer.user();
    let cursors = edge.cursors(bearer.tenant(), "GET /products/exports", &user)?;
    let from = cursors.open(query.cursor.as_deref()).await?;
    let read = async |scope| edge.store().exports_of(scope, user, query.limit.get(), from).await;
    let (caller, page) = bearer.with(read).await?;
    caller.require(Permission::EditProducts)?;
    cursors.page(page.map(ExportView::from), query.limit).await
}

#[cfg(test)]
mod tests {
    use domain::access::Role;
    use http::StatusCode;
    use serde_json::{Value, json};

    use crate::test_support::Shop;

    #[tokio::test]
    async fn everybody_sees_their_own_newest_first_and_page_by_page() {
        let shop = Shop::open().await;
        let admin = shop.tenant.member(&[Role::Admin]).await;
        let mut asked = Vec::new();
        for format in ["CSV", "JSONL", "CSV"] {
            let ask = shop.api.post("/products/exports").bearer(&shop.seller.token).json(json!({"format": format}));
            asked.push(ask.send().await.data(StatusCode::CREATED)["id"].clone());
        }
        asked.reverse();
        let ask = shop.api.post("/products/exports").bearer(&admin.token).json(json!({"format": "CSV"}));
        let theirs = ask.send().await.data(StatusCode::CREATED)["id"].clone();
        let list = async |query: &str, token: &str| {
            let listed = shop.api.get(&format!("/products/exports{query}")).bearer(token).send().await;
            let ids = listed.data(StatusCode::OK).as_array().unwrap().iter().map(|export| export["id"].clone());
            (ids.collect::<Vec<Value>>(), listed)
        };
        let (first, listed) = list("?limit=2", &shop.seller.token).await;
        assert_eq!((first.as_slice(), listed.round_trips()), (&asked[..2], 1));
        assert!(listed.data(StatusCode::OK)[0]["downloadUrl"].is_null());
        let cursor = listed.body["pagination"]["nextCursor"].as_str().unwrap().to_owned();
        assert_eq!(list(&format!("?cursor={cursor}"), &shop.seller.token).await.0, asked[2..]);
        assert_eq!(list("", &admin.token).await.0, [theirs]);
        let rival = shop.tenant.member(&[Role::Seller]).await;
        assert!(list("", &rival.token).await.0.is_empty());
        let stolen = shop.api.get(&format!("/products/exports?cursor={cursor}")).bearer(&rival.token).send().await;
        stolen.refused(StatusCode::BAD_REQUEST, "INVALID_CURSOR");
        let buyer = shop.tenant.member(&[Role::Customer]).await;
        let refused = shop.api.get("/products/exports").bearer(&buyer.token).send().await;
        refused.refused(StatusCode::FORBIDDEN, "FORBIDDEN");
    }
}
