//! Every key of the table.
//!
//! Architecture invariant: only this module knows how keys look. Each constructor names the
//! access pattern that it serves; `ARCHITECTURE.md` lists them all with their cost. Everything that a tenant
//! owns starts with `T#<tenant>#`, which is also what `dynamodb:LeadingKeys` can be narrowed to.

mod book;
mod bulk;
mod catalog;
mod file;
mod job;
mod parcel;
mod person;
mod platform;
mod plumbing;
mod sale;

use domain::tenant::TenantScope;

pub(crate) use book::*;
pub(crate) use bulk::*;
pub(crate) use catalog::*;
pub(crate) use file::*;
pub(crate) use job::*;
pub(crate) use parcel::*;
pub(crate) use person::*;
pub(crate) use platform::*;
pub(crate) use plumbing::*;
pub(crate) use sale::*;

/// The primary key of one item.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    pub(crate) pk: String,
    pub(crate) sk: String,
}

/// The sort key of the item that a partition is named after.
const SELF: &str = "A";

impl Key {
    fn new(pk: String, sk: impl Into<String>) -> Self {
        Self { pk, sk: sk.into() }
    }

    fn alone(pk: String) -> Self {
        Self::new(pk, SELF)
    }

    /// Reads the key of a stored item.
    pub(crate) fn of(item: &crate::row::Attributes) -> Option<Self> {
        let text = |name: &str| item.get(name)?.as_s().ok().cloned();
        Some(Self { pk: text("pk")?, sk: text("sk")? })
    }
}

/// A position in one of the two sparse indexes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexKey {
    pub(crate) index: Index,
    pub(crate) pk: String,
    pub(crate) sk: String,
}

/// A secondary index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Index {
    /// `gsi1`: what belongs to a person, and public lists.
    First,
    /// `gsi2`: what belongs to a seller, and work that waits for a time.
    Second,
}

impl Index {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::First => "gsi1",
            Self::Second => "gsi2",
        }
    }

    pub(crate) fn pk(self) -> &'static str {
        match self {
            Self::First => "gsi1pk",
            Self::Second => "gsi2pk",
        }
    }

    pub(crate) fn sk(self) -> &'static str {
        match self {
            Self::First => "gsi1sk",
            Self::Second => "gsi2sk",
        }
    }
}

fn of(scope: TenantScope, rest: &str) -> String {
    format!("T#{}#{rest}", scope.tenant())
}
