//! Orders: placing them, looking at them, calling them off.

pub(crate) mod cancel;
pub(crate) mod checkout;
pub(crate) mod export;
pub(crate) mod line;
pub(crate) mod list;
pub(crate) mod query;
pub(crate) mod reorder;
pub(crate) mod sheet;
pub(crate) mod show;
pub(crate) mod show_group;
pub(crate) mod view;
