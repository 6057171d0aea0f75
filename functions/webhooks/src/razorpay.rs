//! Razorpay's webhooks.

pub mod receive;
