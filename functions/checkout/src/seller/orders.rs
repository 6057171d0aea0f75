//! Orders as those see them who deliver them.

pub(crate) mod export;
pub(crate) mod list;
pub(crate) mod process;
pub(crate) mod refund;
pub(crate) mod show;
