//! What sellers send.

pub(crate) mod advance;
pub(crate) mod create;
pub(crate) mod list;
pub(crate) mod read;
