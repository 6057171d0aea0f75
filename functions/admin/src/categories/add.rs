//! `POST /admin/categories`

use axum::extract::State;
use axum::response::Response;
use domain::access::Permission;
use domain::catalog::{Category, Slug, TreeStep};
use domain::id::{CategoryId, Id};
use garde::Validate;
use serde::Deserialize;
use store::table::Consistency;
use utoipa::ToSchema;
use web::openapi::OptionalKeyHeader;
use web::{Bearer, Edge, Envelope, IdempotencyKey, Json, Problem, Reply, idempotent, refusals};

use super::{CategoryView, is_name, is_slug};

/// A new category.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AddCategory {
    /// The name shown to people, 1 to 60 characters.
    #[garde(custom(is_name))]
    #[schema(min_length = 1, max_length = 60, example = "Vases")]
    name: String,
    /// The name in URLs, unique; made of the name when not given.
    #[garde(inner(custom(is_slug)))]
    #[schema(min_length = 3, max_length = 80, example = "vases")]
    slug: Option<String>,
    /// What it is a part of; nothing puts it at the top.
    #[garde(skip)]
    #[schema(value_type = Option<String>, example = "cat_01JQZX3N9Q5S0V6T7W8Y9Z0ABD")]
    parent_id: Option<CategoryId>,
    /// Its place among its siblings: lower ones come first, equal ones by name.
    #[serde(default)]
    #[garde(range(max = 1_000_000))]
    #[schema(example = 10, maximum = 1_000_000)]
    position: u32,
}

/// Add a category
///
/// The tree is at most 5 deep and has at most 1000 categories.
#[utoipa::path(
    post,
    path = "/admin/categories",
    tag = "Categories",
    params(OptionalKeyHeader),
    request_body = AddCategory,
    responses(
        (status = 201, description = "The category", body = Envelope<CategoryView>),
        refusals::Of<(refusals::SlugTaken, refusals::RuleBroken, refusals::Conflict)>
    ),
    extensions(("x-access" = json!("ManageCatalog")))
)]
pub(crate) async fn add_category(
    State(edge): State<Edge>,
    bearer: Bearer,
    key: Option<IdempotencyKey>,
    Json(request): Json<AddCategory>,
) -> Result<Response, Problem> {
    let (caller, tree) = bearer.with(|scope| edge.store().categories(scope, Consistency::Strong)).await?;
    caller.require(Permission::ManageCatalog)?;
    let work = async {
        let id: CategoryId = edge.ambient().id();
        let wrong = |field: &str| Problem::invalid(field, "is not valid");
        let slug = match &request.slug {
            Some(slug) => slug.parse().map_err(|_| wrong("slug"))?,
            // The last characters of a ULID are the random ones.
            None => Slug::of_name(&request.name, &id.ulid().to_string().chars().skip(20).collect::<String>()),
        };
        let name = request.name.parse().map_err(|_| wrong("name"))?;
        let category = Category { id, name, slug, parent: request.parent_id, position: request.position };
        let tree = super::step(&edge, &caller, None, tree, |tree, now| {
            Ok((tree.add(category.clone(), now)?, TreeStep::Add(id)))
        })
        .await?;
        let version = tree.version;
        Ok(Reply::created(CategoryView::of(&tree, &category), "/categories").etag(version))
    };
    idempotent(&edge, caller.tenant(), Some(caller.user), key, work).await
}
