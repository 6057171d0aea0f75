//! A stand-in for Stripe: payment intents and their end, refunds, idempotency keys, signed events (source: Stripe's API reference, version
//! 2024-06-20).
//!
//! Under `/stripe/v1` it speaks Stripe's API: forms in, JSON out, the secret key as bearer token or as the user of basic
//! authentication. Under `/_standin/stripe` a test or a person plays the payer, Stripe's people and the network in between:
//!
//! - `POST /_standin/stripe/accounts` makes an account known: see [`Account`]. Doing it again with another `webhookSecret`
//!   rotates the secret; both sign, as at Stripe while one replaces the other.
//! - `POST /_standin/stripe/intents/{id}/decide` says what becomes of an intent (see [`Decide`]) and delivers the events, each
//!   again while nobody answers.
//! - `POST /_standin/stripe/charges` takes charges without an intent (see [`Take`]); nobody is told.
//! - `POST /_standin/stripe/intents/{id}/deliver` delivers everything that happened to it once more.
//! - `POST /_standin/stripe/intents/{id}/refund` gives `{amount}` back in Stripe's dashboard.
//! - `POST /_standin/stripe/intents/{id}/refunds` says how far its refunds have come: `{status, travel}`.
//! - `POST /_standin/stripe/intents/{id}/dispute` lets the payer's bank contest it, or decide: `{status, travel}`.
//! - `POST /_standin/stripe/faults` makes the next calls of the API fail: see [`crate::network::Faults`].
//!
//! It signs with its own code, so that a mistake in ours can't hide in it. Everything is in memory.

mod api;
mod books;
mod charges;
mod control;
mod disputes;
mod wire;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use domain::ambient::Ambient;

use self::books::Books;
pub use self::charges::Take;
pub use self::control::{Account, Decide, Decided, Delivered, Outcome, Remote};
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

    fn now(&self) -> i64 {
        self.ambient.now().as_seconds()
    }

    /// Makes an id as Stripe's look: a prefix and 24 letters and digits.
    fn id(&self, prefix: &str) -> String {
        format!("{prefix}_{}", hex::encode(self.ambient.bytes::<12>()))
    }
}

/// Everything that Stripe answers, and its strings. `webhook_base` is the address of the API under test.
pub fn router(ambient: Ambient, webhook_base: Option<Arc<str>>) -> Router {
    let shared =
        Shared { books: Arc::default(), ahead: Ahead::default(), ambient, http: reqwest::Client::new(), webhook_base };
    let own = api::router(&shared);
    Router::new().nest("/stripe", own).nest("/_standin/stripe", control::router()).with_state(shared)
}

#[cfg(test)]
mod tests;
