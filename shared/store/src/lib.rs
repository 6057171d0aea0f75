//! The only code that speaks to DynamoDB.
//!
//! One table holds everything. [`key`] is the only place where key strings are made, [`table`] the only
//! one that calls the SDK, and there is one module per aggregate with the operations that endpoints need.
//! Depends on `domain` and nothing else of ours.
//!
//! Invariants: no call without a `TenantScope` (the few platform calls live in [`platform`]); no scan;
//! no read-modify-write without a condition; an event is written in the transaction of the change that
//! it tells of ([`outbox`]).
//!
//! Verbs: `get` answers an `Option`, `list` a [`page::Page`], `create` refuses to overwrite, `update` and
//! the named transitions are conditional.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod addresses;
pub mod audit;
pub mod bulk;
pub mod cancellations;
pub mod carriers;
pub mod carts;
pub mod categories;
mod chance;
pub mod coupons;
pub mod credit_notes;
pub mod disputes;
pub mod dossiers;
pub mod emails;
pub mod entitlements;
pub mod error;
pub mod exports;
pub mod files;
pub mod gate;
pub mod holds;
pub mod idempotency;
pub mod identities;
pub mod invitations;
pub mod invoices;
pub mod key;
pub mod ledger;
pub mod licences;
pub mod limiter;
pub mod lockouts;
pub mod logins;
pub mod members;
pub mod meter;
pub mod mfa;
pub mod once;
pub mod order_lists;
pub mod orders;
pub mod outbox;
pub(crate) mod owners;
pub mod page;
pub mod passwords;
pub mod payments;
pub mod platform;
pub mod privacy;
pub mod products;
pub mod profiles;
pub mod reconciliations;
pub mod refunds;
pub mod rotations;
mod row;
pub mod sellers;
pub mod sessions;
pub mod settlements;
pub mod shipments;
pub mod table;
pub mod tenants;
pub mod tickets;
pub mod users;
mod write;

pub use error::Error;
pub use table::Table;

/// The table and everything that can be done with it; cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    table: Table,
}

impl Store {
    /// Opens the store on a table.
    pub fn new(table: Table) -> Self {
        Self { table }
    }

    /// Returns the table, for health checks.
    pub fn table(&self) -> &Table {
        &self.table
    }
}
