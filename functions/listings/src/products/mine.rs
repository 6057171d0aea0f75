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
    let cursors = edge.cursors(bearer.tenant(), "GET /products/mine", &bearer.user())?;
    let from = cursors.open(query.cursor.as_deref()).await?;
    // Known before the session check has answered, so that both reads go out together.
    let expected = Seller::id_of(bearer.user());
    let read = async |scope, seller| edge.store().products_of(scope, seller, query.limit.get(), from.clone()).await;
    let (caller, page) = bearer.with(async |scope| read(scope, expected).await).await?;
    caller.require(Permission::SellProducts)?;
    let page = match caller.seller {
        Some(seller) if seller != expected => read(caller.scope, seller).await?,
        _ => page,
    };
    cursors.page(page.map(ProductSummary::from), query.limit).await
}

#[cfg(test)]
mod tests {
    use domain::access::Role;
    use http::StatusCode;

    use crate::test_support::Shop;

    #[tokio::test]
    async fn a_seller_sees_all_of_their_own_and_nobody_elses() {
        let shop = Shop::open().await;
        shop.product("DRAFT").await;
        shop.product("ACTIVE").await;
        let own = shop.api.get("/products/mine").bearer(&shop.seller.token).send().await;
        assert_eq!((own.data(StatusCode::OK).as_array().unwrap().len(), own.round_trips()), (2, 1));
        assert_eq!(own.header("cache-control"), "no-store");
        let other = shop.tenant.member(&[Role::Seller]).await;
        let none = shop.api.get("/products/mine").bearer(&other.token).send().await;
        assert!(none.data(StatusCode::OK).as_array().unwrap().is_empty());
        let buyer = shop.tenant.member(&[Role::Customer]).await;
        let refused = shop.api.get("/products/mine").bearer(&buyer.token).send().await;
        refused.refused(StatusCode::FORBIDDEN, "FORBIDDEN");
    }
}
