//! The own account: what a person tells of themselves.

pub(crate) mod change;
pub(crate) mod read;

#[cfg(test)]
mod tests;
