//! What carriers carry.

pub(crate) mod advance;
pub(crate) mod list;
pub(crate) mod read;
