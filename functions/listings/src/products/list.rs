//! `GET /products`

use axum::extract::State as Shared;
use web::{Answer, Edge, ListEnvelope, ListQuery, Query, TenantOf};

use super::view::ProductSummary;

/// List the products that are for sale, newest first
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
    let page = edge.store().active_products(tenant.scope(), query.limit.get(), from).await?;
    Ok(cursors.page(page.map(ProductSummary::from), query.limit).await?.public())
}
