//! A stand-in for Razorpay: its wire format, its signatures, its habits.
//!
//! Under `/v1` it speaks Razorpay's API of orders, payments and refunds (source: Razorpay's API reference), with basic
//! authentication by key id and secret. Under `/_standin` a test or a person plays the payer and the network in between:
//!
//! - `POST /_standin/accounts` makes an account known: `{keyId, keySecret, accountId, webhookSecret, webhookUrl}`, or
//!   `tenant` instead of `webhookUrl` to deliver to `<webhook base>/api/v1/webhooks/razorpay/<tenant>`. Doing it again
//!   with another `webhookSecret` rotates the secret and keeps the old one.
//! - `POST /_standin/orders/{id}/pay` pays an order (see [`Pay`]), delivers the webhooks (see [`Deliver`]), and returns
//!   what the browser would bring back (`paymentId`, `signature`) beside what was delivered and answered.
//! - `POST /_standin/payments` takes payments without an order, as by a payment link (see [`Take`]); nobody is told.
//! - `POST /_standin/orders/{id}/deliver` delivers everything that happened to the order once more.
//! - `POST /_standin/faults` makes the next calls under `/v1` fail before they do anything: `{times, status}`.
//!
//! It reproduces what misleads: `captured: true` on failed and authorized payments, `notes: []` when there are none,
//! unordered and repeated deliveries. It signs with its own code, so that a mistake in ours can't hide in it.
//! Everything is in memory and bound to 127.0.0.1.

mod books;
mod control;
mod delivery;
mod remote;
mod wire;

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use domain::ambient::Ambient;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use self::books::Books;
pub use self::control::{Account, Alter, Deliver, Delivered, Outcome, Paid, Pay, Take};
pub use self::remote::Remote;
pub use crate::network::{Faults, Signer};

/// What all handlers share.
#[derive(Clone)]
struct Shared {
    books: Arc<Mutex<Books>>,
    ambient: Ambient,
    http: reqwest::Client,
    webhook_base: Option<Arc<str>>,
}

impl Shared {
    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes an id as Razorpay's look: a prefix and 14 letters and digits.
    fn id(&self, prefix: &str) -> String {
        const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        let letters = self.ambient.bytes::<14>();
        let letters = letters.iter().filter_map(|byte| ALPHABET.get(usize::from(*byte) % ALPHABET.len()));
        format!("{prefix}_{}", letters.map(|letter| char::from(*letter)).collect::<String>())
    }
}

/// A running stand-in; it ends when this is dropped.
#[derive(Debug)]
pub struct StandIn {
    /// Where it answers, without a slash at the end.
    pub url: String,
    server: JoinHandle<()>,
}

impl StandIn {
    /// Starts on a port of 127.0.0.1, 0 for a free one. `webhook_base` is the address of the API under test.
    ///
    /// # Errors
    /// When the port can't be bound.
    pub async fn start(port: u16, webhook_base: Option<&str>) -> std::io::Result<Self> {
        Self::start_on_clock(port, webhook_base, platform::ambient::system()).await
    }

    /// Starts likewise, with a clock that a test moves.
    ///
    /// # Errors
    /// When the port can't be bound.
    pub async fn start_on_clock(port: u16, webhook_base: Option<&str>, ambient: Ambient) -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let webhook_base: Option<Arc<str>> = webhook_base.map(|base| base.trim_end_matches('/').into());
        let shared = Shared {
            books: Arc::default(),
            ambient: ambient.clone(),
            http: reqwest::Client::new(),
            webhook_base: webhook_base.clone(),
        };
        let router = Router::new().merge(wire::router()).merge(control::router()).with_state(shared);
        // The other providers of payments and identities answer at the same address.
        let router = router
            .merge(crate::vnpay::router(ambient.clone(), webhook_base.clone()))
            .merge(crate::stripe::router(ambient.clone(), webhook_base))
            .merge(crate::oidc::Providers::new(ambient).router());
        let server = tokio::spawn(async move {
            // `serve` only returns when the process ends.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { url, server })
    }

    /// Returns a client of the control API.
    pub fn remote(&self) -> Remote {
        Remote::at(&self.url)
    }

    /// Returns a client of VNPay's control API.
    pub fn vnpay(&self) -> crate::vnpay::Remote {
        crate::vnpay::Remote::at(&self.url)
    }

    /// Returns a client of Stripe's control API.
    pub fn stripe(&self) -> crate::stripe::Remote {
        crate::stripe::Remote::at(&self.url)
    }

    /// Runs until the process is stopped.
    pub async fn serve(mut self) {
        let _ = (&mut self.server).await;
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Notes as Razorpay writes them: `[]` when there are none.
fn notes(notes: &BTreeMap<String, String>) -> serde_json::Value {
    if notes.is_empty() { serde_json::json!([]) } else { serde_json::json!(notes) }
}

#[cfg(test)]
mod tests;
