//! `GET /products/{productId}`

use axum::extract::State as Shared;
use domain::id::ProductId;
use http::header::VARY;
use store::table::Consistency;
use web::{Answer, Bearer, Edge, Envelope, Path, Problem, Reply, TenantOf, refusals};

use super::view::ProductView;
use crate::access;

/// Show a product with its materials and models
///
/// What a suspended seller has is not there. With the token of its seller or of the tenant's people it also shows drafts, archived products and materials that
/// can't be chosen any more; such an answer is not for caches.
#[utoipa::path(
    get,
    path = "/products/{productId}",
    tag = "Products",
    params(("productId" = String, Path, description = "The product", example = "prd_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")),
    responses(
        (status = 200, description = "The product", body = Envelope<ProductView>),
        // Of a token that nobody had to send.
        refusals::Of<(refusals::InvalidToken, refusals::TokenExpired, refusals::SessionEnded, refusals::TenantMismatch)>,
    ),
    extensions(("x-access" = json!("public"))),
)]
pub async fn show_product(
    Shared(edge): Shared<Edge>,
    bearer: Option<Bearer>,
    tenant: TenantOf,
    Path(product): Path<ProductId>,
) -> Answer<ProductView> {
    let store = edge.store();
    let read =
        async |scope| tokio::try_join!(store.product(scope, product, Consistency::Eventual), store.standings(scope));
    let (caller, (found, sellers)) = match bearer {
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
    if !found.product.is_active() || !sellers.terms_of(found.product.seller).sells {
        return Err(Problem::not_found());
    }
    // An editor sees more, so a cache must not give one the other's answer.
    Ok(Reply::ok(ProductView::of(found, false)).etag(version).public().header(VARY, "Authorization"))
}

#[cfg(test)]
mod tests {
    use domain::access::Role;
    use http::StatusCode;

    use crate::test_support::{Shop, path};

    #[tokio::test]
    async fn everybody_sees_what_is_for_sale_and_is_not_sent_it_twice() {
        let shop = Shop::open().await;
        let product = shop.product("ACTIVE").await;
        let shown = shop.api.get(&path(&product)).send().await;
        assert_eq!(shown.data(StatusCode::OK)["isActive"], true);
        assert_eq!((shown.round_trips(), shown.header("cache-control")), (1, "public, max-age=300"));
        let again = shop.api.get(&path(&product)).header("if-none-match", shown.header("etag")).send().await;
        assert_eq!(again.status, StatusCode::NOT_MODIFIED);
        let buyer = shop.tenant.member(&[Role::Customer]).await;
        let signed_in = shop.api.get(&path(&product)).bearer(&buyer.token).send().await;
        assert_eq!((signed_in.data(StatusCode::OK), signed_in.round_trips()), (shown.data(StatusCode::OK), 1));
    }

    #[tokio::test]
    async fn a_draft_is_there_for_its_seller_and_the_tenants_people_only() {
        let shop = Shop::open().await;
        let draft = path(&shop.product("DRAFT").await);
        shop.api.get(&draft).send().await.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
        for role in [Role::Seller, Role::Customer] {
            let stranger = shop.tenant.member(&[role]).await;
            shop.api.get(&draft).bearer(&stranger.token).send().await.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
        }
        let staff = shop.tenant.member(&[Role::Staff]).await;
        for token in [&shop.seller.token, &staff.token] {
            let shown = shop.api.get(&draft).bearer(token).send().await;
            assert_eq!(shown.data(StatusCode::OK)["status"], "DRAFT");
            assert_eq!((shown.round_trips(), shown.header("cache-control")), (1, "no-store"));
        }
    }

    #[tokio::test]
    async fn another_tenants_product_and_a_wrong_id_answer_like_a_missing_one() {
        let (shop, other) = (Shop::open().await, Shop::open().await);
        let product = path(&shop.product("ACTIVE").await);
        for missing in [product.as_str(), "/products/prd_0", "/products/usr_01JQZX3N9Q5S0V6T7W8Y9Z0ABC"] {
            other.api.get(missing).send().await.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
        }
    }
}
