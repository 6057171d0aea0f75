//! Orders: placing them, and looking at them.

pub(crate) mod checkout;
pub(crate) mod list;
pub(crate) mod show;
pub(crate) mod show_group;
mod view;
