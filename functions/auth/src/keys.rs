//! The keys that access tokens are checked with.

pub(crate) mod published;
