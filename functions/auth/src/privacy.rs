//! What belongs to the person alone: taking everything along, and being forgotten.

pub(crate) mod erase;
pub(crate) mod export;

#[cfg(test)]
mod tests;
