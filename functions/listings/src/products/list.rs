//! `GET /products`

use axum::extract::State as Shared;
use domain::catalog::{Product, Standings};
use domain::id::{CategoryId, SellerId};
use domain::tenant::TenantScope;
use garde::Validate;
use serde::{Deserialize, Serialize};
use store::Store;
use store::page::{Page, Position};
use store::table::Consistency;
use utoipa::IntoParams;
use web::{Answer, Edge, Limit, ListEnvelope, Problem, Query, TenantOf};

use super::view::ProductSummary;

/// The most categories that one list is made of, each read by a query of its own.
const MOST_CATEGORIES: usize = 50;

/// Which products to show, and where to read on.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ProductsQuery {
    /// Only those in this category or below it.
    #[garde(skip)]
    #[param(value_type = Option<String>, example = "cat_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    category: Option<CategoryId>,
    /// Only those of this seller. Not together with `category`.
    #[garde(skip)]
    #[param(value_type = Option<String>, example = "sel_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    seller: Option<SellerId>,
    /// How many objects a page holds.
    #[serde(default)]
    #[garde(skip)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100, default = 10)]
    limit: Limit,
    /// Where to read on: `nextCursor` of the page before.
    #[serde(default)]
    #[garde(length(bytes, max = 2048))]
    cursor: Option<String>,
}

/// What a list is narrowed to.
#[derive(Debug, Clone, Copy, Serialize)]
enum Filter {
    Nothing,
    Category(CategoryId),
    Seller(SellerId),
}

/// List the products that are for sale, newest first
///
/// What suspended sellers have is left out, and of one seller no more than 500 products are looked at, so a page may show
/// fewer than asked for and have a next one all the same. A category that is not there has no products; one with more than
/// 50 below it is refused.
#[utoipa::path(
    get,
    path = "/products",
    tag = "Products",
    params(ProductsQuery),
    responses((status = 200, description = "A page of products", body = ListEnvelope<ProductSummary>)),
    extensions(("x-access" = json!("public"))),
)]
pub async fn list_products(
    Shared(edge): Shared<Edge>,
    tenant: TenantOf,
    Query(query): Query<ProductsQuery>,
) -> Answer<Vec<ProductSummary>> {
    let filter = match (query.category, query.seller) {
        (None, None) => Filter::Nothing,
        (Some(category), None) => Filter::Category(category),
        (None, Some(seller)) => Filter::Seller(seller),
        (Some(_), Some(_)) => return Err(Problem::invalid("seller", "can't be given together with category")),
    };
    let cursors = edge.cursors(&tenant, "GET /products", &filter)?;
    let from = cursors.open(query.cursor.as_deref()).await?;
    let (mut page, sellers) = read(edge.store(), tenant.scope(), filter, query.limit.get(), from).await?;
    page.items.retain(|product| sellers.terms_of(product.seller).sells);
    Ok(cursors.page(page.map(ProductSummary::from), query.limit).await?.public())
}

async fn read(
    store: &Store,
    scope: TenantScope,
    filter: Filter,
    limit: u32,
    from: Option<Position>,
) -> Result<(Page<Product>, Standings), Problem> {
    let standings = store.standings(scope);
    match filter {
        Filter::Nothing => Ok(tokio::try_join!(store.active_products(scope, limit, from), standings)?),
        Filter::Seller(seller) => {
            Ok(tokio::try_join!(store.active_products_of(scope, seller, limit, from), standings)?)
        }
        Filter::Category(category) => {
            let (tree, standings) = tokio::try_join!(store.categories(scope, Consistency::Eventual), standings)?;
            let categories = tree.subtree(category);
            if categories.len() > MOST_CATEGORIES {
                return Err(Problem::invalid("category", "has more than 50 categories in it: choose a narrower one"));
            }
            Ok((store.products_in(scope, &categories, limit, from).await?, standings))
        }
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;
    use serde_json::json;

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

    #[tokio::test]
    async fn a_category_lists_what_stands_in_it_or_below_it_once_and_reads_on() {
        let shop = Shop::open().await;
        let home = shop.category("home", None).await;
        let vases = shop.category("vases", Some(home)).await;
        let parts = shop.category("parts", None).await;
        let create = async |categories: serde_json::Value, status: &str| {
            let mut draft = shop.draft();
            (draft["categories"], draft["status"]) = (categories, json!(status));
            shop.create(draft).await.data(StatusCode::CREATED)["id"].as_str().unwrap().to_owned()
        };
        let (first, _) = (create(json!([home]), "ACTIVE").await, create(json!([vases]), "DRAFT").await);
        let (both, last) = (create(json!([home, vases]), "ACTIVE").await, create(json!([vases]), "ACTIVE").await);
        create(json!([parts]), "ACTIVE").await;
        let ids = |answer: &harness::client::TestAnswer| {
            let shown = answer.data(StatusCode::OK).as_array().unwrap().iter();
            shown.map(|product| product["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        let page = shop.api.get(&format!("/products?category={home}&limit=2")).send().await;
        assert_eq!((ids(&page), page.round_trips()), (vec![last.clone(), both.clone()], 3));
        let cursor = page.body["pagination"]["nextCursor"].as_str().unwrap();
        let rest = shop.api.get(&format!("/products?category={home}&limit=2&cursor={cursor}")).send().await;
        assert_eq!((ids(&rest), &rest.body["pagination"]["hasMore"]), (vec![first], &json!(false)));
        let stolen = shop.api.get(&format!("/products?category={vases}&cursor={cursor}")).send().await;
        stolen.refused(StatusCode::BAD_REQUEST, "INVALID_CURSOR");
        let path = format!("/products/{last}");
        let patch = |body| shop.api.patch(&path).bearer(&shop.seller.token).json(body).send();
        patch(json!({"categories": [parts]})).await.data(StatusCode::OK);
        let list = async |category| ids(&shop.api.get(&format!("/products?category={category}")).send().await);
        assert_eq!((list(vases).await, list(parts).await.len()), (vec![both.clone()], 2));
        patch(json!({"status": "DRAFT"})).await.data(StatusCode::OK);
        assert_eq!(list(parts).await.len(), 1);
        patch(json!({"status": "ACTIVE"})).await.data(StatusCode::OK);
        assert_eq!(list(parts).await.len(), 2);
        let archived = shop.api.delete(&format!("/products/{both}")).bearer(&shop.seller.token).send().await;
        archived.data(StatusCode::OK);
        assert_eq!(list(vases).await, Vec::<String>::new());
        assert!(ids(&shop.api.get("/products?category=cat_01JQZX3N9Q5S0V6T7W8Y9Z0ABC").send().await).is_empty());
        for number in 0..49 {
            shop.category(&format!("home-{number}"), Some(home)).await;
        }
        let wide = shop.api.get(&format!("/products?category={home}")).send().await;
        wide.refused(StatusCode::BAD_REQUEST, "VALIDATION_FAILED");
        assert_eq!(wide.fields(), ["category"]);
    }

    #[tokio::test]
    async fn a_sellers_list_shows_what_is_for_sale_and_reads_on() {
        let shop = Shop::open().await;
        for status in ["ACTIVE", "DRAFT", "ACTIVE", "DRAFT", "ACTIVE"] {
            shop.product(status).await;
        }
        let seller = shop.seller.user.seller.unwrap();
        let page = shop.api.get(&format!("/products?seller={seller}&limit=2")).send().await;
        assert_eq!((page.data(StatusCode::OK).as_array().unwrap().len(), page.round_trips()), (2, 1));
        let cursor = page.body["pagination"]["nextCursor"].as_str().unwrap();
        let rest = shop.api.get(&format!("/products?seller={seller}&limit=2&cursor={cursor}")).send().await;
        assert_eq!(rest.data(StatusCode::OK).as_array().unwrap().len(), 1);
        assert_eq!(rest.body["pagination"]["hasMore"], false);
        let both = "/products?seller=sel_01JQZX3N9Q5S0V6T7W8Y9Z0ABC&category=cat_01JQZX3N9Q5S0V6T7W8Y9Z0ABC";
        assert_eq!(shop.api.get(both).send().await.fields(), ["seller"]);
        assert_eq!(shop.api.get("/products?seller=me").send().await.fields(), ["seller"]);
    }

    #[tokio::test]
    async fn a_product_stands_in_categories_that_exist_only() {
        let shop = Shop::open().await;
        let home = shop.category("home", None).await;
        let mut draft = shop.draft();
        draft["categories"] = json!([home, "cat_01JQZX3N9Q5S0V6T7W8Y9Z0ABC"]);
        let refused = shop.create(draft).await;
        refused.refused(StatusCode::BAD_REQUEST, "VALIDATION_FAILED");
        assert_eq!(refused.fields(), ["categories"]);
        let product = shop.product("ACTIVE").await;
        let path = crate::test_support::path(&product);
        let patch = |categories| {
            let request = shop.api.patch(&path).bearer(&shop.seller.token);
            request.json(json!({"categories": categories})).send()
        };
        assert_eq!(patch(json!(["cat_01JQZX3N9Q5S0V6T7W8Y9Z0ABC"])).await.fields(), ["categories"]);
        assert_eq!(patch(json!([home])).await.data(StatusCode::OK)["categories"], json!([home]));
        let counts = async || {
            shop.tenant.stored("CAT#").await.into_iter().find(|row| row["sk"] == "A").unwrap()["products"].clone()
        };
        assert_eq!(counts().await, 1);
        patch(json!([])).await.data(StatusCode::OK);
        assert_eq!(counts().await, 0);
    }
}
