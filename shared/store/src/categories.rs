//! The tree of categories: one item for all of it, replaced under its version, so that of two moves at once each sees the other.
//!
//! Beside it each category has an item of its own that counts the products in it. Products come and go under that item alone, and
//! a category goes under both.

use domain::catalog::{CategoryTree, TreeStep};
use domain::operation::{Action, Operation};
use domain::tenant::TenantScope;
use serde::Serialize;

use crate::error::{Error, Result};
use crate::row::Row;
use crate::table::Consistency;
use crate::write::Write;
use crate::{Store, audit, key};

/// Why the tree was not changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TreeRefused {
    /// Somebody else changed the tree first.
    #[error("the tree was changed meanwhile")]
    Changed,
    /// Products stand in the category.
    #[error("there are products in the category")]
    InUse,
}

#[derive(Serialize)]
struct Count {
    products: u32,
}

impl Store {
    /// Reads the tree of categories; an empty one where there is none yet.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn categories(&self, scope: TenantScope, consistency: Consistency) -> Result<CategoryTree> {
        Ok(self.table.get(key::categories(scope), consistency).await?.unwrap_or_default())
    }

    /// Stores the tree that follows from the one that was read by one step.
    ///
    /// # Errors
    /// When the table can't be written. The inner error says what stands against it.
    pub async fn change_categories(
        &self,
        operation: &Operation,
        after: &CategoryTree,
        step: TreeStep,
    ) -> Result<std::result::Result<(), TreeRefused>> {
        let scope = operation.scope;
        let row = Row::new(key::categories(scope), "Categories", after)?;
        let tree = match after.version {
            0 | 1 => Write::create(row),
            version => Write::put(row).when("version", "=", version.saturating_sub(1))?,
        };
        let (category, own) = match step {
            TreeStep::Add(id) => {
                let row = Row::new(key::category(scope, id), "Category", &Count { products: 0 })?;
                (id, Some(Write::create(row)))
            }
            TreeStep::Change(id) => (id, None),
            TreeStep::Remove(id) => (id, Some(Write::delete(key::category(scope, id)).when("products", "=", 0)?)),
        };
        let mut writes = vec![tree, audit::record(operation, Action::CategoryChanged, &category.to_string())?];
        writes.extend(own);
        match self.table.transact(writes).await? {
            Ok(()) => Ok(Ok(())),
            Err(refused) if refused.index == 0 => Ok(Err(TreeRefused::Changed)),
            Err(refused) if refused.index == 2 => Ok(Err(TreeRefused::InUse)),
            Err(_) => Err(Error::Conflict),
        }
    }
}
