//! `DELETE /products/{productId}`

use axum::extract::State as Shared;
use domain::catalog::{Product, ProductStatus};
use domain::id::ProductId;
use store::products::ProductDetail;
use store::table::Consistency;
use web::openapi::IfMatchHeader;
use web::{Answer, Bearer, Edge, Envelope, IfMatch, Path, Problem, Reply, refusals};

use super::view::ProductView;
use crate::access;

/// Archive a product
///
/// It is withdrawn from sale for good and never removed: orders refer to it, and buyers keep their downloads.
#[utoipa::path(
    delete,
    path = "/products/{productId}",
    tag = "Products",
    params(
        ("productId" = String, Path, description = "The product", example = "prd_01JQZX3N9Q5S0V6T7W8Y9Z0ABC"),
        IfMatchHeader,
    ),
    responses(
        (status = 200, description = "The product, archived", body = Envelope<ProductView>),
        refusals::Of<(refusals::InvalidTransition,)>,
    ),
    extensions(("x-access" = json!("EditProducts"))),
)]
pub async fn archive_product(
    Shared(edge): Shared<Edge>,
    bearer: Bearer,
    Path(product): Path<ProductId>,
    if_match: IfMatch,
) -> Answer<ProductView> {
    let read = async |scope| edge.store().product(scope, product, Consistency::Strong).await;
    let (caller, found) = bearer.with(read).await?;
    let found = found.ok_or_else(Problem::not_found)?;
    access::require_editor(&caller, &found.product)?;
    if_match.check(found.product.version)?;
    let after = Product { status: ProductStatus::Archived, ..found.product.clone() };
    let after = edge.store().update_product(&caller.operation(), &found.product, &after).await?;
    let product = after.map_err(super::refused)?;
    let version = product.version;
    Ok(Reply::ok(ProductView::of(ProductDetail { product, ..found }, true)).etag(version))
}

#[cfg(test)]
mod tests {
    use http::StatusCode;
    use serde_json::json;

    use crate::test_support::{Shop, path};

    #[tokio::test]
    async fn an_archived_product_is_gone_for_strangers_and_frozen_for_its_seller() {
        let shop = Shop::open().await;
        let product = path(&shop.product("ACTIVE").await);
        let archive = || shop.api.delete(&product).bearer(&shop.seller.token).send();
        assert_eq!(archive().await.data(StatusCode::OK)["status"], "ARCHIVED");
        shop.api.get(&product).send().await.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
        assert!(shop.api.get("/products").send().await.data(StatusCode::OK).as_array().unwrap().is_empty());
        archive().await.refused(StatusCode::CONFLICT, "INVALID_TRANSITION");
        let revive = shop.api.patch(&product).bearer(&shop.seller.token).json(json!({"status": "ACTIVE"}));
        revive.send().await.refused(StatusCode::CONFLICT, "INVALID_TRANSITION");
    }
}
