//! `GET /products`

use axum::extract::State as Shared;
use web::{Answer, Edge, ListEnvelope, ListQuery, Query, TenantOf};

use super::view::ProductSummary;

/// List the products that are for sale, newest first
///
/// What suspended sellers have is left out, so a page may show fewer than asked for and have a next one all the same.
#[utoipa::path(
    get,
    path = "/products",
    tag = "Products",
    params(ListQuery),
    responses((status = 200, description = "A page of products", body = ListEnvelope<ProductSummary>)),
    extensions(("x-access" = json!("public"))),
)]
pub async fn list_products(
    Shared(edge): Shared<Edge>,
    tenant: TenantOf,
    Query(query): Query<ListQuery>,
) -> Answer<Vec<ProductSummary>> {
    let cursors = edge.cursors(&tenant, "GET /products", &())?;
    let from = cursors.open(query.cursor.as_deref()).await?;
    let (store, scope) = (edge.store(), tenant.scope());
    let (mut page, sellers) =
        tokio::try_join!(store.active_products(scope, query.limit.get(), from), store.standings(scope))?;
    page.items.retain(|product| sellers.terms_of(product.seller).sells);
    Ok(cursors.page(page.map(ProductSummary::from), query.limit).await?.public())
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use crate::test_support::Shop;

    #[tokio::test]
    async fn the_list_shows_what_is_for_sale_newest_first_and_reads_on_with_cursors() {
        let shop = Shop::open().await;
        for status in ["ACTIVE", "DRAFT", "ACTIVE", "ACTIVE"] {
            shop.product(status).await;
        }
        let first = shop.api.get("/products?limit=2").send().await;
        let shown = first.data(StatusCode::OK).as_array().unwrap().clone();
        assert_eq!((shown.len(), first.round_trips()), (2, 1));
        assert_eq!(first.header("cache-control"), "public, max-age=300");
        assert!(shown[0]["id"].as_str() > shown[1]["id"].as_str());
        let cursor = first.body["pagination"]["nextCursor"].as_str().unwrap();
        let second = shop.api.get(&format!("/products?limit=2&cursor={cursor}")).send().await;
        assert_eq!(second.data(StatusCode::OK).as_array().unwrap().len(), 1);
        assert_eq!(second.body["pagination"]["hasMore"], false);

        let other = Shop::open().await;
        let stolen = other.api.get(&format!("/products?cursor={cursor}")).send().await;
        stolen.refused(StatusCode::BAD_REQUEST, "INVALID_CURSOR");
        other.api.get("/products?limit=101").send().await.refused(StatusCode::BAD_REQUEST, "VALIDATION_FAILED");
    }

    #[tokio::test]
    async fn an_unchanged_list_is_not_sent_again() {
        let shop = Shop::open().await;
        shop.product("ACTIVE").await;
        let first = shop.api.get("/products").send().await;
        let again = shop.api.get("/products").header("if-none-match", first.header("etag")).send().await;
        assert_eq!((again.status, again.bytes.len()), (StatusCode::NOT_MODIFIED, 0));
        shop.product("ACTIVE").await;
        let changed = shop.api.get("/products").header("if-none-match", first.header("etag")).send().await;
        assert_eq!(changed.status, StatusCode::OK);
    }
}
