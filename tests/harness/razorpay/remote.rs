//! The control API from the other side.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::control::{Account, Deliver, Delivered, Paid, Pay, Take};
use crate::network::Faults;

/// A client of a stand-in's control API; cheap to clone.
#[derive(Debug, Clone)]
pub struct Remote {
    url: String,
    http: reqwest::Client,
}

impl Remote {
    /// Points at a running stand-in.
    pub fn at(url: &str) -> Self {
        Self { url: url.trim_end_matches('/').to_owned(), http: reqwest::Client::new() }
    }

    /// Makes an account known, or rotates its webhook secret.
    ///
    /// # Errors
    /// When the stand-in can't be reached or refuses.
    pub async fn register(&self, account: &Account) -> reqwest::Result<()> {
        self.post("accounts", account).await?.error_for_status().map(|_| ())
    }

    /// Takes payments without an order, and returns their ids.
    ///
    /// # Errors
    /// When the stand-in can't be reached or refuses.
    pub async fn take(&self, take: &Take) -> reqwest::Result<Vec<String>> {
        self.answer("payments", take).await
    }

    /// Pays an order.
    ///
    /// # Errors
    /// When the stand-in can't be reached or refuses.
    pub async fn pay(&self, order_id: &str, attempt: &Pay) -> reqwest::Result<Paid> {
        self.answer(&format!("orders/{order_id}/pay"), attempt).await
    }

    /// Delivers everything that happened to an order once more.
    ///
    /// # Errors
    /// When the stand-in can't be reached or refuses.
    pub async fn deliver(&self, order_id: &str, how: &Deliver) -> reqwest::Result<Vec<Delivered>> {
        self.answer(&format!("orders/{order_id}/deliver"), how).await
    }

    /// Makes the next calls of the orders API fail.
    ///
    /// # Errors
    /// When the stand-in can't be reached.
    pub async fn fail_next(&self, times: u32, status: u16) -> reqwest::Result<()> {
        self.post("faults", &Faults { times, status, done: false }).await?.error_for_status().map(|_| ())
    }

    async fn answer<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> reqwest::Result<T> {
        self.post(path, body).await?.error_for_status()?.json().await
    }

    async fn post(&self, path: &str, body: &impl Serialize) -> reqwest::Result<reqwest::Response> {
        self.http.post(format!("{}/_standin/{path}", self.url)).json(body).send().await
    }
}
