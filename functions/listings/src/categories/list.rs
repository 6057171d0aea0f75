//! `GET /categories`

use axum::extract::State as Shared;
use domain::catalog::CategoryTree;
use domain::id::CategoryId;
use serde::Serialize;
use store::table::Consistency;
use utoipa::ToSchema;
use web::{Answer, Edge, Envelope, Reply, TenantOf};

/// The tree of categories.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CategoriesView {
    /// All categories, each before those below it, siblings in their order.
    pub categories: Vec<CategoryView>,
    /// Counts up with every change of the tree; also in `ETag`.
    #[schema(example = 12)]
    pub version: u64,
}

/// A category.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CategoryView {
    /// The category's id.
    #[schema(value_type = String, example = "cat_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    pub id: CategoryId,
    /// The name shown to people.
    #[schema(example = "Vases")]
    pub name: String,
    /// The name in URLs.
    #[schema(example = "vases")]
    pub slug: String,
    /// What it is a part of; null at the top.
    #[schema(value_type = Option<String>, example = "cat_01JQZX3N9Q5S0V6T7W8Y9Z0ABD")]
    pub parent_id: Option<CategoryId>,
    /// Its place among its siblings: lower ones come first, equal ones by name.
    #[schema(example = 10)]
    pub position: u32,
    /// How many levels down it stands: 1 at the top, 5 at most.
    #[schema(example = 2)]
    pub depth: usize,
}

impl From<&CategoryTree> for CategoriesView {
    fn from(tree: &CategoryTree) -> Self {
        let categories = tree.in_order().into_iter().map(|(category, depth)| CategoryView {
            id: category.id,
            name: category.name.to_string(),
            slug: category.slug.to_string(),
            parent_id: category.parent,
            position: category.position,
            depth,
        });
        Self { categories: categories.collect(), version: tree.version }
    }
}

/// Show the tree of categories
#[utoipa::path(
    get,
    path = "/categories",
    tag = "Categories",
    responses((status = 200, description = "All categories", body = Envelope<CategoriesView>)),
    extensions(("x-access" = json!("public"))),
)]
pub async fn list_categories(Shared(edge): Shared<Edge>, tenant: TenantOf) -> Answer<CategoriesView> {
    let tree = edge.store().categories(tenant.scope(), Consistency::Eventual).await?;
    Ok(Reply::ok(CategoriesView::from(&tree)).etag(tree.version).public())
}

#[cfg(test)]
mod tests {
    use http::StatusCode;
    use serde_json::json;

    use crate::test_support::Shop;

    #[tokio::test]
    async fn everybody_sees_the_tree_and_is_not_sent_it_twice() {
        let (shop, other) = (Shop::open().await, Shop::open().await);
        let empty = shop.api.get("/categories").send().await;
        assert_eq!(empty.data(StatusCode::OK), &json!({"categories": [], "version": 0}));
        let home = shop.category("home", None).await;
        let vases = shop.category("vases", Some(home)).await;
        let shown = shop.api.get("/categories").send().await;
        let categories = &shown.data(StatusCode::OK)["categories"];
        assert_eq!((&categories[0]["id"], &categories[0]["depth"]), (&json!(home), &json!(1)));
        assert_eq!((&categories[1]["id"], &categories[1]["parentId"]), (&json!(vases), &json!(home)));
        assert_eq!((shown.round_trips(), shown.header("cache-control")), (1, "public, max-age=300"));
        let again = shop.api.get("/categories").header("if-none-match", shown.header("etag")).send().await;
        assert_eq!(again.status, StatusCode::NOT_MODIFIED);
        assert_eq!(other.api.get("/categories").send().await.data(StatusCode::OK)["version"], 0);
    }
}
