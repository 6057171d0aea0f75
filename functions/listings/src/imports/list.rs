//! `GET /products/imports`

use axum::extract::State as Shared;
use domain::access::Permission;
use web::{Answer, Bearer, Edge, ListEnvelope, ListQuery, Query};

use super::ImportView;

/// List one's own imports, newest first
#[utoipa::path(
    get,
    path = "/products/imports",
    tag = "Products",
    params(ListQuery),
    responses((status = 200, description = "A page of imports", body = ListEnvelope<ImportView>)),
    extensions(("x-access" = json!("EditProducts"))),
)]
pub async fn list_imports(
    Shared(edge): Shared<Edge>,
    bearer: Bearer,
    Query(query): Query<ListQuery>,
) -> Answer<Vec<ImportView>> {
    let user = bearer.user();
    let cursors = edge.cursors(bearer.tenant(), "GET /products/imports", &user)?;
    let from = cursors.open(query.cursor.as_deref()).await?;
    let read = async |scope| edge.store().imports_of(scope, user, query.limit.get(), from).await;
    let (caller, page) = bearer.with(read).await?;
    caller.require(Permission::EditProducts)?;
    cursors.page(page.map(ImportView::from), query.limit).await
}

#[cfg(test)]
mod tests {
    use domain::access::Role;
    use domain::file::FilePurpose;
    use http::StatusCode;
    use serde_json::json;

    use crate::test_support::Shop;

    #[tokio::test]
    async fn everybody_sees_their_own_newest_first() {
        let shop = Shop::open().await;
        let file = shop.file(&shop.seller, FilePurpose::Import).await;
        for _ in 0..3 {
            let ask = shop.api.post("/products/imports").bearer(&shop.seller.token).json(json!({"fileId": file}));
            ask.send().await.data(StatusCode::CREATED);
        }
        let listed = shop.api.get("/products/imports?limit=2").bearer(&shop.seller.token).send().await;
        let ids: Vec<_> = listed.data(StatusCode::OK).as_array().unwrap().iter().map(|import| &import["id"]).collect();
        assert_eq!((ids.len(), listed.round_trips()), (2, 1));
        assert!(ids[0].as_str() > ids[1].as_str());
        let cursor = listed.body["pagination"]["nextCursor"].as_str().unwrap();
        let rest = shop.api.get(&format!("/products/imports?cursor={cursor}")).bearer(&shop.seller.token).send().await;
        assert_eq!(rest.data(StatusCode::OK).as_array().unwrap().len(), 1);
        let rival = shop.tenant.member(&[Role::Seller]).await;
        let none = shop.api.get("/products/imports").bearer(&rival.token).send().await;
        assert!(none.data(StatusCode::OK).as_array().unwrap().is_empty());
    }
}
