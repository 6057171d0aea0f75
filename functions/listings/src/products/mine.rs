//! `GET /products/mine`

use axum::extract::State as Shared;
use domain::access::Permission;
use domain::catalog::Seller;
use web::{Answer, Bearer, Edge, ListEnvelope, ListQuery, Query};

use super::view::ProductSummary;

/// List one's own products, whatever their status, newest first
#[utoipa::path(
    get,
    path = "/products/mine",
    tag = "Products",
    params(ListQuery),
    responses((status = 200, description = "A page of the seller's products", body = ListEnvelope<ProductSummary>)),
    extensions(("x-access" = json!("SellProducts"))),
)]
pub async fn list_own_products(
    Shared(edge): Shared<Edge>,
    bearer: Bearer,
    Query(query): Query<ListQuery>,
) -> Answer<Vec<ProductSummary>> {
    // Known before the session check has answered, so that both reads go out together.
    let seller = Seller::id_of(bearer.user());
    let cursors = edge.cursors(bearer.tenant(), "GET /products/mine", &seller)?;
    let from = cursors.open(query.cursor.as_deref()).await?;
    let read = async |scope| edge.store().products_of(scope, seller, query.limit.get(), from).await;
    let (caller, page) = bearer.with(read).await?;
    caller.require(Permission::SellProducts)?;
    cursors.page(page.map(ProductSummary::from), query.limit).await
}
