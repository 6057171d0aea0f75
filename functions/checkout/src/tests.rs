//! What the endpoints promise, in process on a local AWS.

mod cart;
mod checkout;
mod faults;
mod money;
mod payment;
mod read;
