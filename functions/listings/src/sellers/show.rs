//! `GET /sellers/{sellerId}`

use axum::extract::State as Shared;
use domain::catalog::{Seller, Slug};
use domain::clock::Timestamp;
use domain::id::SellerId;
use serde::Serialize;
use store::table::Consistency;
use utoipa::ToSchema;
use web::{Answer, Edge, Envelope, Path, Problem, Reply, TenantOf};

/// A seller.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SellerView {
    /// The seller's id.
    #[schema(value_type = String, example = "sel_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    pub id: SellerId,
    /// The trade name.
    #[schema(example = "Layer by Layer Studio")]
    pub name: String,
    /// The name in URLs.
    #[schema(example = "layer-by-layer")]
    pub slug: String,
    /// What the seller says about itself, plain text.
    #[schema(example = "A small workshop that prints for kitchens and chess boards.")]
    pub bio: String,
    /// When the profile was opened.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
}

impl From<Seller> for SellerView {
    fn from(seller: Seller) -> Self {
        Self {
            id: seller.id,
            name: seller.name.into(),
            slug: seller.slug.into(),
            bio: seller.bio,
            created_at: seller.created_at,
        }
    }
}

/// Show a seller
///
/// By its id or its name in URLs. Who waits for approval or was suspended is not there.
#[utoipa::path(
    get,
    path = "/sellers/{sellerId}",
    tag = "Sellers",
    params(("sellerId" = String, Path, description = "The seller's id or name in URLs", example = "layer-by-layer")),
    responses((status = 200, description = "The seller", body = Envelope<SellerView>)),
    extensions(("x-access" = json!("public"))),
)]
pub async fn show_seller(Shared(edge): Shared<Edge>, tenant: TenantOf, Path(name): Path<String>) -> Answer<SellerView> {
    let (store, scope) = (edge.store(), tenant.scope());
    let found = match (name.parse::<SellerId>(), name.parse::<Slug>()) {
        (Ok(id), _) => store.seller(scope, id, Consistency::Eventual).await?,
        (_, Ok(slug)) => store.seller_named(scope, &slug).await?,
        _ => None,
    };
    let seller = found.filter(Seller::is_active).ok_or_else(Problem::not_found)?;
    let version = seller.version;
    Ok(Reply::ok(SellerView::from(seller)).etag(version).public())
}

#[cfg(test)]
mod tests {
    use domain::catalog::SellerStatus;
    use http::StatusCode;
    use serde_json::json;

    use crate::test_support::Shop;

    #[tokio::test]
    async fn a_seller_is_found_by_id_and_by_name_and_is_not_sent_twice() {
        let shop = Shop::open().await;
        let seller = shop.profile("layers").await;
        let by_id = shop.api.get(&format!("/sellers/{}", seller.id)).send().await;
        let shown = by_id.data(StatusCode::OK);
        assert_eq!((&shown["name"], &shown["slug"]), (&json!("Layer by Layer"), &json!("layers")));
        assert!(shown.get("payoutAccount").is_none() && shown.get("userId").is_none());
        let by_name = shop.api.get("/sellers/layers").send().await;
        assert_eq!((by_name.data(StatusCode::OK), by_name.round_trips()), (shown, 2));
        assert_eq!(by_id.header("cache-control"), "public, max-age=300");
        let again = shop.api.get("/sellers/layers").header("if-none-match", by_name.header("etag")).send().await;
        assert_eq!(again.status, StatusCode::NOT_MODIFIED);
    }

    #[tokio::test]
    async fn whoever_may_not_sell_is_not_there() {
        let (shop, other) = (Shop::open().await, Shop::open().await);
        let seller = shop.profile("layers").await;
        for missing in ["/sellers/strata", "/sellers/x", "/sellers/sel_01JQZX3N9Q5S0V6T7W8Y9Z0ABC"] {
            shop.api.get(missing).send().await.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
        }
        for path in [format!("/sellers/{}", seller.id), "/sellers/layers".to_owned()] {
            other.api.get(&path).send().await.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
        }
        shop.tenant.move_seller(&seller, SellerStatus::Suspended).await;
        shop.api.get("/sellers/layers").send().await.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
        let store = shop.tenant.stack.store();
        let stored = store.seller(shop.tenant.scope(), seller.id, store::table::Consistency::Strong).await;
        assert_eq!(stored.unwrap().unwrap().status, SellerStatus::Suspended);
    }

    #[tokio::test]
    async fn what_a_stopped_seller_has_is_shown_to_the_seller_and_the_tenants_people_only() {
        let shop = Shop::open().await;
        let seller = shop.profile("layers").await;
        let product = crate::test_support::path(&shop.product("ACTIVE").await);
        let listed = async || shop.api.get("/products").send().await.data(StatusCode::OK).as_array().unwrap().len();
        assert_eq!(listed().await, 1);
        let seller = shop.tenant.move_seller(&seller, SellerStatus::Suspended).await;
        assert_eq!(listed().await, 0);
        let gone = shop.api.get(&product).send().await;
        gone.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
        assert_eq!(gone.round_trips(), 1);
        let own = shop.api.get(&product).bearer(&shop.seller.token).send().await;
        own.data(StatusCode::OK);
        shop.tenant.move_seller(&seller, SellerStatus::Active).await;
        assert_eq!(listed().await, 1);
        shop.api.get(&product).send().await.data(StatusCode::OK);
    }
}
