//! Orders as the tenant's people see them.

pub(crate) mod export_orders;
pub(crate) mod list_orders;
