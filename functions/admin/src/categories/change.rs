//! `PATCH /admin/categories/{categoryId}`

use axum::extract::State;
use domain::access::Permission;
use domain::catalog::{Category, CategoryError, CategoryName, Slug, TreeStep};
use domain::id::CategoryId;
use garde::Validate;
use serde::Deserialize;
use store::table::Consistency;
use utoipa::ToSchema;
use web::openapi::IfMatchHeader;
use web::{Answer, Bearer, Edge, Envelope, IfMatch, Json, Path, Problem, Reply, refusals};

use super::{CategoryView, is_name, is_slug};

/// What to change; what is left out stays as it is.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ChangeCategory {
    /// The name shown to people, 1 to 60 characters.
    #[garde(inner(custom(is_name)))]
    #[schema(min_length = 1, max_length = 60, example = "Vases and bowls")]
    name: Option<String>,
    /// The name in URLs, unique.
    #[garde(inner(custom(is_slug)))]
    #[schema(min_length = 3, max_length = 80, example = "vases-and-bowls")]
    slug: Option<String>,
    /// What it is a part of from now on, with all that is below it; null puts it at the top.
    #[serde(default, deserialize_with = "web::json::given")]
    #[garde(skip)]
    #[schema(value_type = Option<String>, example = "cat_01JQZX3N9Q5S0V6T7W8Y9Z0ABD")]
    parent_id: Option<Option<CategoryId>>,
    /// Its place among its siblings: lower ones come first, equal ones by name.
    #[garde(range(max = 1_000_000))]
    #[schema(example = 20, maximum = 1_000_000)]
    position: Option<u32>,
}

/// Change or move a category
///
/// `If-Match` names the version of the tree, as `GET /categories` shows it.
#[utoipa::path(
    patch,
    path = "/admin/categories/{categoryId}",
    tag = "Categories",
    params(
        ("categoryId" = String, Path, description = "The category", example = "cat_01JQZX3N9Q5S0V6T7W8Y9Z0ABC"),
        IfMatchHeader
    ),
    request_body = ChangeCategory,
    responses(
        (status = 200, description = "The category as it is now", body = Envelope<CategoryView>),
        refusals::Of<(refusals::SlugTaken, refusals::RuleBroken)>
    ),
    extensions(("x-access" = json!("ManageCatalog")))
)]
pub(crate) async fn change_category(
    State(edge): State<Edge>,
    bearer: Bearer,
    Path(id): Path<CategoryId>,
    if_match: IfMatch,
    Json(request): Json<ChangeCategory>,
) -> Answer<CategoryView> {
    let (caller, tree) = bearer.with(|scope| edge.store().categories(scope, Consistency::Strong)).await?;
    caller.require(Permission::ManageCatalog)?;
    let wrong = |field: &str| Problem::invalid(field, "is not valid");
    let name: Option<CategoryName> = request.name.map(|name| name.parse()).transpose().map_err(|_| wrong("name"))?;
    let slug: Option<Slug> = request.slug.map(|slug| slug.parse()).transpose().map_err(|_| wrong("slug"))?;
    let tree = super::step(&edge, &caller, Some(&if_match), tree, |tree, now| {
        let before = tree.find(id).cloned().ok_or(CategoryError::Unknown)?;
        let after = Category {
            id,
            name: name.clone().unwrap_or(before.name),
            slug: slug.clone().unwrap_or(before.slug),
            parent: request.parent_id.unwrap_or(before.parent),
            position: request.position.unwrap_or(before.position),
        };
        Ok((tree.change(after, now)?, TreeStep::Change(id)))
    })
    .await?;
    let category = tree.find(id).ok_or_else(Problem::not_found)?;
    Ok(Reply::ok(CategoryView::of(&tree, category)).etag(tree.version))
}
