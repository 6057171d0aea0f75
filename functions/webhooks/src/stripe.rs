//! Stripe's webhooks.

pub mod receive;
