//! Payments that come without a provider.

pub(crate) mod mark_paid;
