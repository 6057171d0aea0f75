//! The tree of categories that products stand in.
//!
//! It is one value, changed as a whole, so that its rules can be kept: no category is above itself, none is deeper than
//! [`MAX_DEPTH`], no two have the same name in URLs.

use serde::{Deserialize, Serialize};

use super::{CategoryName, Slug};
use crate::clock::Timestamp;
use crate::id::CategoryId;

/// How deep the tree may be.
pub const MAX_DEPTH: usize = 5;
/// How many categories a tenant may have.
pub const MAX_TREE: usize = 1_000;
/// How many bytes their names may have together, so that the tree is one item of the table, which holds 400 kB.
pub const MAX_TREE_BYTES: usize = 150_000;

/// A category.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Category {
    /// The category's id.
    pub id: CategoryId,
    /// The name shown to people.
    pub name: CategoryName,
    /// The name in URLs, unique within the tenant.
    pub slug: Slug,
    /// What it is a part of; none at the top.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<CategoryId>,
    /// Its place among its siblings: lower ones come first, equal ones by name.
    pub position: u32,
}

/// All categories of a tenant.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CategoryTree {
    categories: Vec<Category>,
    /// Counts up with every change; 0 when nothing is stored yet.
    pub version: u64,
    /// When it last changed.
    #[serde(default)]
    pub updated_at: Option<Timestamp>,
}

/// What a change of the tree did, for whoever stores it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TreeStep {
    /// A category is new.
    Add(CategoryId),
    /// A category has other words or another place.
    Change(CategoryId),
    /// A category is gone.
    Remove(CategoryId),
}

/// Why the tree can't be changed like that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CategoryError {
    /// There is no such category.
    #[error("there is no such category")]
    Unknown,
    /// There is no category of that id to stand in.
    #[error("must be a category of the marketplace")]
    UnknownParent,
    /// It would be above itself.
    #[error("can't be the category itself or one below it")]
    Circle,
    /// It, or something below it, would be deeper than [`MAX_DEPTH`].
    #[error("would make the tree deeper than 5")]
    TooDeep,
    /// Another category has the name in URLs.
    #[error("is in use")]
    SlugTaken,
    /// There are categories below it.
    #[error("there are categories below it")]
    HasChildren,
    /// The tree is full.
    #[error("there are as many categories as there may be")]
    Full,
}

impl CategoryTree {
    /// Finds a category.
    pub fn find(&self, id: CategoryId) -> Option<&Category> {
        self.categories.iter().find(|category| category.id == id)
    }

    /// Finds a category by its name in URLs.
    pub fn named(&self, slug: &str) -> Option<&Category> {
        self.categories.iter().find(|category| category.slug.as_str() == slug)
    }

    /// Returns how many levels down a category stands: 1 at the top. A category that is not there stands at 0.
    pub fn depth_of(&self, id: CategoryId) -> usize {
        // A tree has no circles; the bound keeps a damaged one from being endless.
        std::iter::successors(self.find(id), |category| self.find(category.parent?)).take(MAX_TREE).count()
    }

    /// Lists a category and all that are below it, level by level.
    pub fn subtree(&self, id: CategoryId) -> Vec<CategoryId> {
        let mut found: Vec<CategoryId> = self.find(id).map(|category| category.id).into_iter().collect();
        let mut next = 0;
        while let Some(above) = found.get(next).copied() {
            let below = self.categories.iter().filter(|category| category.parent == Some(above));
            let below: Vec<_> = below.map(|category| category.id).filter(|id| !found.contains(id)).collect();
            found.extend(below);
            next = next.saturating_add(1);
        }
        found
    }

    /// Lists all categories with their depths as they are shown: each before those below it, siblings in their order.
    pub fn in_order(&self) -> Vec<(&Category, usize)> {
        let mut shown = Vec::with_capacity(self.categories.len());
        let mut waiting: Vec<(&Category, usize)> = self.below(None, 1);
        while let Some((category, depth)) = waiting.pop() {
            shown.push((category, depth));
            if depth < MAX_DEPTH {
                waiting.extend(self.below(Some(category.id), depth.saturating_add(1)));
            }
        }
        shown
    }

    /// Lists what stands right below, the last of them first.
    fn below(&self, parent: Option<CategoryId>, depth: usize) -> Vec<(&Category, usize)> {
        let mut below: Vec<_> = self.categories.iter().filter(|category| category.parent == parent).collect();
        below.sort_by(|a, b| (b.position, &b.name, b.id).cmp(&(a.position, &a.name, a.id)));
        below.into_iter().map(|category| (category, depth)).collect()
    }

    /// Adds a category.
    ///
    /// # Errors
    /// When its place or its name in URLs can't be, or the tree is full.
    pub fn add(mut self, category: Category, now: Timestamp) -> Result<Self, CategoryError> {
        if self.categories.len() >= MAX_TREE {
            return Err(CategoryError::Full);
        }
        if self.find(category.id).is_some() {
            return Err(CategoryError::SlugTaken);
        }
        self.categories.push(category.clone());
        self.changed(category.id, now)
    }

    /// Replaces a category by one of the same id, which may stand elsewhere: all that is below goes with it.
    ///
    /// # Errors
    /// When there is no such category, or its place or its name in URLs can't be.
    pub fn change(mut self, category: Category, now: Timestamp) -> Result<Self, CategoryError> {
        let known = self.categories.iter_mut().find(|known| known.id == category.id);
        *known.ok_or(CategoryError::Unknown)? = category.clone();
        self.changed(category.id, now)
    }

    /// Takes a category out that nothing is below.
    ///
    /// # Errors
    /// When there is no such category, or others are below it.
    pub fn remove(mut self, id: CategoryId, now: Timestamp) -> Result<Self, CategoryError> {
        if self.find(id).is_none() {
            return Err(CategoryError::Unknown);
        }
        if self.categories.iter().any(|category| category.parent == Some(id)) {
            return Err(CategoryError::HasChildren);
        }
        self.categories.retain(|category| category.id != id);
        Ok(self.stamped(now))
    }

    /// Checks the tree after the category `id` was put in or replaced.
    fn changed(self, id: CategoryId, now: Timestamp) -> Result<Self, CategoryError> {
        let category = self.find(id).ok_or(CategoryError::Unknown)?;
        if self.categories.iter().any(|other| other.id != id && other.slug == category.slug) {
            return Err(CategoryError::SlugTaken);
        }
        if let Some(parent) = category.parent {
            if self.find(parent).is_none() {
                return Err(CategoryError::UnknownParent);
            }
            if self.subtree(id).contains(&parent) {
                return Err(CategoryError::Circle);
            }
        }
        if self.subtree(id).into_iter().any(|below| self.depth_of(below) > MAX_DEPTH) {
            return Err(CategoryError::TooDeep);
        }
        let bytes = |category: &Category| category.name.as_str().len().saturating_add(category.slug.as_str().len());
        if self.categories.iter().map(bytes).sum::<usize>() > MAX_TREE_BYTES {
            return Err(CategoryError::Full);
        }
        Ok(self.stamped(now))
    }

    fn stamped(self, now: Timestamp) -> Self {
        Self { version: self.version.saturating_add(1), updated_at: Some(now), ..self }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::id::Id;

    fn now() -> Timestamp {
        Timestamp::from_millis(1_700_000_000_000)
    }

    fn id(number: u128) -> CategoryId {
        CategoryId::from_parts(now(), number)
    }

    fn category(number: u128, parent: Option<u128>) -> Category {
        Category {
            id: id(number),
            name: format!("Category {number}").parse().unwrap(),
            slug: format!("category-{number}").parse().unwrap(),
            parent: parent.map(id),
            position: 0,
        }
    }

    fn tree(categories: &[(u128, Option<u128>)]) -> CategoryTree {
        let add = |tree: CategoryTree, (number, parent): &(u128, Option<u128>)| {
            tree.add(category(*number, *parent), now()).unwrap()
        };
        categories.iter().fold(CategoryTree::default(), add)
    }

    #[test]
    fn a_tree_is_five_deep_and_what_moves_takes_along_what_is_below() {
        let chain = tree(&[(1, None), (2, Some(1)), (3, Some(2)), (4, Some(3)), (5, Some(4))]);
        assert_eq!(chain.depth_of(id(5)), 5);
        assert_eq!(chain.clone().add(category(6, Some(5)), now()), Err(CategoryError::TooDeep));
        // Three levels fit below two, but not below three.
        let two = tree(&[(1, None), (2, Some(1)), (3, Some(2)), (10, None), (11, Some(10)), (12, Some(11))]);
        let moved = two.clone().change(category(10, Some(2)), now()).unwrap();
        assert_eq!((moved.depth_of(id(12)), moved.subtree(id(1)).len()), (5, 6));
        assert_eq!(two.change(category(10, Some(3)), now()), Err(CategoryError::TooDeep));
    }

    #[test]
    fn what_would_break_the_tree_is_told_apart() {
        let known = tree(&[(1, None), (2, Some(1)), (3, None)]);
        let double = Category { slug: "category-3".parse().unwrap(), ..category(2, Some(1)) };
        assert_eq!(known.clone().change(double, now()), Err(CategoryError::SlugTaken));
        assert_eq!(known.clone().change(category(1, Some(1)), now()), Err(CategoryError::Circle));
        assert_eq!(known.clone().change(category(1, Some(2)), now()), Err(CategoryError::Circle));
        assert_eq!(known.clone().change(category(1, Some(9)), now()), Err(CategoryError::UnknownParent));
        assert_eq!(known.clone().change(category(9, None), now()), Err(CategoryError::Unknown));
        assert_eq!(known.clone().remove(id(1), now()), Err(CategoryError::HasChildren));
        assert_eq!(known.clone().remove(id(9), now()), Err(CategoryError::Unknown));
        let without = known.remove(id(2), now()).unwrap().remove(id(1), now()).unwrap();
        assert_eq!((without.in_order().len(), without.version), (1, 5));
    }

    #[test]
    fn categories_are_shown_before_those_below_them_and_siblings_in_their_order() {
        let first = Category { position: 1, ..category(3, None) };
        let known = tree(&[(1, None), (2, Some(1)), (4, Some(1))]);
        let known =
            known.change(Category { position: 2, ..category(1, None) }, now()).unwrap().add(first, now()).unwrap();
        let shown: Vec<_> = known.in_order().into_iter().map(|(category, depth)| (category.id, depth)).collect();
        assert_eq!(shown, [(id(3), 1), (id(1), 1), (id(2), 2), (id(4), 2)]);
    }

    #[test]
    fn a_full_tree_of_the_longest_names_fits_into_one_item() {
        let long = |number: usize| Category {
            name: format!("{number:04}{}", "ế".repeat(56)).parse().unwrap(),
            slug: format!("c{number:04}{}", "x".repeat(75)).parse().unwrap(),
            ..category(number as u128, None)
        };
        let mut full = CategoryTree::default();
        let mut count = 0;
        while let Ok(more) = full.clone().add(long(count), now()) {
            (full, count) = (more, count + 1);
            // Adding checks the whole tree: a sample is enough.
            if count == 60 {
                break;
            }
        }
        let bytes = serde_json::to_string(&full).unwrap().len() / count;
        let most = MAX_TREE.min(MAX_TREE_BYTES / (56 * 3 + 4 + 80));
        assert!(bytes * most < 350_000, "{most} of {bytes} bytes");
        // Many with short names, too: an item spends some 200 bytes on all but the names.
        const { assert!(MAX_TREE * 200 + MAX_TREE_BYTES < 380_000) };
    }

    proptest! {
        #[test]
        fn whatever_is_done_the_tree_stays_a_tree(
            steps in prop::collection::vec((0u8..3, 0u128..12, prop::option::of(0u128..12)), 1..120),
        ) {
            let mut known = CategoryTree::default();
            for (step, number, parent) in steps {
                let next = match step {
                    0 => known.clone().add(category(number, parent), now()),
                    1 => known.clone().change(category(number, parent), now()),
                    _ => known.clone().remove(id(number), now()),
                };
                if let Ok(next) = next {
                    prop_assert_eq!(next.version, known.version + 1);
                    known = next;
                }
                let shown = known.in_order();
                let ids: BTreeSet<_> = shown.iter().map(|(category, _)| category.id).collect();
                // Everything can be reached from the top, once: no circles, nothing astray.
                prop_assert_eq!((ids.len(), shown.len()), (known.categories.len(), known.categories.len()));
                for (category, depth) in shown {
                    prop_assert!(depth <= MAX_DEPTH && depth == known.depth_of(category.id));
                    if let Some(parent) = category.parent {
                        prop_assert_eq!(known.depth_of(parent) + 1, depth);
                        prop_assert!(known.subtree(parent).contains(&category.id));
                        prop_assert!(!known.subtree(category.id).contains(&parent));
                    }
                }
            }
        }
    }
}
