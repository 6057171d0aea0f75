//! The demo's categories, two levels deep.

use std::collections::BTreeMap;

use domain::catalog::{Category, CategoryTree, Slug, TreeStep};
use domain::id::CategoryId;
use domain::tenant::Tenant;
use store::table::Consistency;

use super::Seeding;
use crate::Failure;

/// Adds what is missing of the categories, such as `home/vases`, and returns them by these paths.
pub async fn grow(
    seeding: &Seeding<'_>,
    tenant: &Tenant,
    paths: impl Iterator<Item = &'static str>,
) -> Result<BTreeMap<&'static str, CategoryId>, Failure> {
    let operation = seeding.operation(tenant);
    let mut tree = seeding.store.categories(operation.scope, Consistency::Strong).await?;
    let mut grown = BTreeMap::new();
    for path in paths {
        if grown.contains_key(path) {
            continue;
        }
        let (mut parent, mut slug) = (None, String::new());
        for part in path.split('/') {
            slug = if slug.is_empty() { part.to_owned() } else { format!("{slug}-{part}") };
            let slug: Slug = slug.parse()?;
            let id = match named(&tree, &slug) {
                Some(id) => id,
                None => {
                    let name = format!(
                        "{}{}",
                        part.get(..1).unwrap_or_default().to_uppercase(),
                        part.get(1..).unwrap_or_default()
                    );
                    let category = Category { id: operation.id(), name: name.parse()?, slug, parent, position: 0 };
                    let id = category.id;
                    tree = tree.add(category, operation.now)?;
                    seeding.store.change_categories(&operation, &tree, TreeStep::Add(id)).await??;
                    id
                }
            };
            parent = Some(id);
        }
        if let Some(id) = parent {
            grown.insert(path, id);
        }
    }
    Ok(grown)
}

fn named(tree: &CategoryTree, slug: &Slug) -> Option<CategoryId> {
    tree.in_order().into_iter().find(|(category, _)| category.slug == *slug).map(|(category, _)| category.id)
}
