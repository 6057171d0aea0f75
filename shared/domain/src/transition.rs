//! The refusal that every stored state machine answers with.

/// A status that can't follow the present one. Nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{from} can't become {to}")]
pub struct InvalidTransition {
    /// The status as it is.
    pub from: &'static str,
    /// The status that was asked for.
    pub to: &'static str,
}
