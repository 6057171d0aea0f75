//! The tree of categories, as the tenant's people change it.
//!
//! Each change is one step of the whole tree under its version; so `If-Match` names the version of the tree.

pub(crate) mod add;
pub(crate) mod change;
pub(crate) mod remove;
#[cfg(test)]
mod tests;

use domain::catalog::{Category, CategoryError, CategoryName, CategoryTree, Slug, TreeStep};
use domain::clock::Timestamp;
use domain::id::CategoryId;
use serde::Serialize;
use store::categories::TreeRefused;
use store::table::Consistency;
use utoipa::ToSchema;
use web::{Caller, Code, Edge, IfMatch, Problem};

/// How often a change is tried again when another change of the tree comes first.
const TRIES: usize = 8;

/// A category.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ManagedCategory)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CategoryView {
    /// The category's id.
    #[schema(value_type = String, example = "cat_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    id: CategoryId,
    /// The name shown to people.
    #[schema(example = "Vases")]
    name: String,
    /// The name in URLs.
    #[schema(example = "vases")]
    slug: String,
    /// What it is a part of; null at the top.
    #[schema(value_type = Option<String>, example = "cat_01JQZX3N9Q5S0V6T7W8Y9Z0ABD")]
    parent_id: Option<CategoryId>,
    /// Its place among its siblings: lower ones come first, equal ones by name.
    #[schema(example = 10)]
    position: u32,
    /// How many levels down it stands: 1 at the top, 5 at most.
    #[schema(example = 2)]
    depth: usize,
    /// The version of the whole tree; also in `ETag`.
    #[schema(example = 12)]
    tree_version: u64,
}

impl CategoryView {
    fn of(tree: &CategoryTree, category: &Category) -> Self {
        Self {
            id: category.id,
            name: category.name.to_string(),
            slug: category.slug.to_string(),
            parent_id: category.parent,
            position: category.position,
            depth: tree.depth_of(category.id),
            tree_version: tree.version,
        }
    }
}

/// Does one step on the tree, and again on the tree as it is then when somebody else's step comes first.
async fn step(
    edge: &Edge,
    caller: &Caller,
    if_match: Option<&IfMatch>,
    mut tree: CategoryTree,
    change: impl Fn(CategoryTree, Timestamp) -> Result<(CategoryTree, TreeStep), CategoryError>,
) -> Result<CategoryTree, Problem> {
    let operation = caller.operation();
    for _ in 0..TRIES {
        if let Some(if_match) = if_match {
            if_match.check(tree.version)?;
        }
        let (after, step) = change(tree, operation.now).map_err(refused)?;
        match edge.store().change_categories(&operation, &after, step).await? {
            Ok(()) => return Ok(after),
            Err(TreeRefused::InUse) => return Err(Problem::new(Code::CategoryInUse)),
            Err(TreeRefused::Changed) => {
                tree = edge.store().categories(caller.scope, Consistency::Strong).await?;
            }
        }
    }
    Err(Problem::new(Code::Conflict))
}

fn refused(error: CategoryError) -> Problem {
    match error {
        CategoryError::Unknown => Problem::not_found(),
        CategoryError::UnknownParent => Problem::invalid("parentId", error.to_string()),
        CategoryError::SlugTaken => Problem::new(Code::SlugTaken).field("slug", error.to_string()),
        CategoryError::HasChildren => Problem::new(Code::CategoryInUse),
        CategoryError::Circle | CategoryError::TooDeep => {
            Problem::new(Code::RuleBroken).field("parentId", error.to_string())
        }
        CategoryError::Full => Problem::new(Code::RuleBroken).message("There are as many categories as there may be"),
    }
}

fn is_name(text: &str, (): &()) -> garde::Result {
    text.parse::<CategoryName>().map(drop).map_err(garde::Error::new)
}

fn is_slug(text: &str, (): &()) -> garde::Result {
    text.parse::<Slug>().map(drop).map_err(garde::Error::new)
}
