//! A stand-in for VNPay 2.1.0: its page to pay at, its notifications, its API for questions and refunds (source: VNPay's
//! documentation "PAY" and "querydr, refund").
//!
//! Under `/vnpay` it speaks VNPay's own formats at the paths of VNPay's sandbox. Under `/_standin/vnpay` a test or a person
//! plays the payer, VNPay's people and the network in between:
//!
//! - `POST /_standin/vnpay/terminals` makes a terminal known: see [`Terminal`]. Doing it again with another `hashSecret`
//!   rotates the secret and keeps the old one.
//! - `POST /_standin/vnpay/payments/{txnRef}/decide` says what becomes of a payment whose page was opened (see [`Decide`]),
//!   notifies until the answer is `00` or `02`, and returns where the payer is sent back to.
//! - `POST /_standin/vnpay/payments/{txnRef}/deliver` notifies of everything that happened once more.
//! - `POST /_standin/vnpay/payments/{txnRef}/refund` gives `{amount}` in đồng back in VNPay's own portal.
//! - `POST /_standin/vnpay/payments/{txnRef}/refunds` says how far its refunds have come: `{status}`.
//! - `POST /_standin/vnpay/faults` makes the next calls of the API fail: see [`crate::network::Faults`].
//!
//! It signs with its own code, so that a mistake in ours can't hide in it. Everything is in memory.

mod api;
mod books;
mod control;
mod page;
mod signature;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use domain::ambient::Ambient;
use domain::calendar::local;

use self::books::Books;
pub use self::control::{Decide, Decided, Ipn, Outcome, Remote, Terminal};
use crate::network::Ahead;

/// What all handlers share.
#[derive(Clone)]
struct Shared {
    books: Arc<Mutex<Books>>,
    ahead: Ahead,
    ambient: Ambient,
    http: reqwest::Client,
    webhook_base: Option<Arc<str>>,
}

impl Shared {
    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes the time as VNPay does, on the clocks of Viet Nam.
    fn date(&self) -> String {
        local(self.ambient.now(), "Asia/Ho_Chi_Minh").strftime("%Y%m%d%H%M%S").to_string()
    }

    fn letters(&self) -> String {
        hex::encode(self.ambient.bytes::<16>())
    }
}

/// Everything that VNPay answers, and its strings. `webhook_base` is the address of the API under test.
pub fn router(ambient: Ambient, webhook_base: Option<Arc<str>>) -> Router {
    let shared =
        Shared { books: Arc::default(), ahead: Ahead::default(), ambient, http: reqwest::Client::new(), webhook_base };
    let own = page::router().merge(api::router(&shared));
    Router::new().nest("/vnpay", own).nest("/_standin/vnpay", control::router()).with_state(shared)
}

#[cfg(test)]
mod tests;
