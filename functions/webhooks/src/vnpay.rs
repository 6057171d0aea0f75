//! VNPay's notifications.

pub mod receive;
