//! `GET /products/{productId}`

use axum::extract::State as Shared;
use domain::id::ProductId;
use http::header::VARY;
use store::table::Consistency;
use web::{Answer, Bearer, Edge, Envelope, Path, Problem, Reply, TenantOf};

use super::view::ProductView;
use crate::access;

/// Show a product with its materials and models
///
/// With the token of its seller or of the tenant's people it also shows drafts, archived products and materials that
/// can't be chosen any more; such an answer is not for caches.
#[utoipa::path(
    get,
    path = "/products/{productId}",
    tag = "Products",
    params(("productId" = String, Path, description = "The product", example = "prd_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")),
    responses((status = 200, description = "The product", body = Envelope<ProductView>)),
    extensions(("x-access" = json!("public"))),
)]
pub async fn show_product(
    Shared(edge): Shared<Edge>,
    bearer: Option<Bearer>,
    tenant: TenantOf,
    Path(product): Path<ProductId>,
) -> Answer<ProductView> {
    let read = async |scope| edge.store().product(scope, product, Consistency::Eventual).await;
    let (caller, found) = match bearer {
        Some(bearer) => {
            let (caller, found) = bearer.with(read).await?;
            (Some(caller), found)
        }
        None => (None, read(tenant.scope()).await?),
    };
    let found = found.ok_or_else(Problem::not_found)?;
    let version = found.product.version;
    if caller.is_some_and(|caller| access::is_editor(&caller, &found.product)) {
        return Ok(Reply::ok(ProductView::of(found, true)).etag(version));
    }
    if !found.product.is_active() {
        return Err(Problem::not_found());
    }
    // An editor sees more, so a cache must not give one the other's answer.
    Ok(Reply::ok(ProductView::of(found, false)).etag(version).public().header(VARY, "Authorization"))
}
