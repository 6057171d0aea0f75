//! What the endpoints promise, in process on a local AWS.

mod cart;
mod checkout;
mod coupon;
mod faults;
mod free;
mod guest;
mod load;
mod merge;
mod money;
mod payment;
mod read;
mod sellers;
