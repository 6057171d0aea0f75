//! What sellers see of their own books.

pub(crate) mod balance;
pub(crate) mod ledger;
pub(crate) mod orders;
