//! What the endpoints promise, in process on a local AWS.

mod amounts;
mod cancel;
mod capacity;
mod cart;
mod checkout;
mod coupon;
mod faults;
mod free;
mod guest;
mod load;
mod merge;
mod money;
mod orders;
mod payment;
mod providers;
mod read;
mod seller_refunds;
mod sellers;
mod shared;
mod shipping;
