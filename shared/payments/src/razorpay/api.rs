use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder};
use serde::de::DeserializeOwned;
use serde_json::json;

use super::Credentials;
use super::wire::{Collection, Failure, Order, Payment, money};
use crate::api::{ApiError, Attempt, NewOrder, OpenOrder};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
const CALL_TIMEOUT: Duration = Duration::from_secs(8);

/// Razorpay's API under one base URL; cheap to clone.
#[derive(Clone)]
pub struct Razorpay {
    base_url: Arc<str>,
    client: Arc<OnceLock<Client>>,
}

impl fmt::Debug for Razorpay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Razorpay({})", self.base_url)
    }
}

impl Razorpay {
    /// Where Razorpay itself answers.
    pub const LIVE_URL: &'static str = "https://api.razorpay.com";

    /// Points at an API, such as [`Self::LIVE_URL`]. Nothing is loaded or connected before the first call, so that
    /// this costs a cold start nothing.
    pub fn new(base_url: &str) -> Self {
        Self { base_url: base_url.trim_end_matches('/').into(), client: Arc::default() }
    }

    /// Opens an order that must be paid in one piece.
    ///
    /// # Errors
    /// See [`ApiError`]; after [`ApiError::Unreachable`] an order may exist that nobody knows of, which harms nothing.
    pub async fn create_order(&self, credentials: &Credentials, order: &NewOrder) -> Result<OpenOrder, ApiError> {
        let body = json!({
            "amount": order.amount.amount,
            "currency": order.amount.currency.code(),
            "receipt": order.receipt,
            "notes": order.notes,
            "partial_payment": false,
        });
        let request = self.client()?.post(format!("{}/v1/orders", self.base_url)).json(&body);
        let opened: Order = self.call(credentials, request).await?;
        match money(opened.amount, &opened.currency) {
            Some(amount) if amount == order.amount => Ok(OpenOrder { id: opened.id, amount }),
            _ => Err(ApiError::Unreadable("the order was opened for another amount")),
        }
    }

    /// Lists the attempts to pay an order, for reconciliation.
    ///
    /// # Errors
    /// See [`ApiError`].
    pub async fn payments_of(&self, credentials: &Credentials, order_id: &str) -> Result<Vec<Attempt>, ApiError> {
        if order_id.is_empty() || !order_id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
            return Err(ApiError::Unreadable("the stored order id is none of Razorpay's"));
        }
        let request = self.client()?.get(format!("{}/v1/orders/{order_id}/payments", self.base_url));
        let payments: Collection<Payment> = self.call(credentials, request).await?;
        let attempt = |payment: Payment| Attempt { state: payment.status.state(), charge: payment.into() };
        Ok(payments.items.into_iter().map(attempt).collect())
    }

    fn client(&self) -> Result<&Client, ApiError> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let client = Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(CALL_TIMEOUT)
            .redirect(Policy::none())
            .build()
            .map_err(ApiError::Unreachable)?;
        Ok(self.client.get_or_init(|| client))
    }

    async fn call<T: DeserializeOwned>(
        &self,
        credentials: &Credentials,
        request: RequestBuilder,
    ) -> Result<T, ApiError> {
        let response = request
            .basic_auth(credentials.key_id(), Some(credentials.key_secret().expose()))
            .send()
            .await
            .map_err(ApiError::Unreachable)?;
        let status = response.status();
        let body = response.bytes().await.map_err(ApiError::Unreachable)?;
        if status.is_success() {
            return serde_json::from_slice(&body).map_err(|_| ApiError::Unreadable("not the documented JSON"));
        }
        if status.is_server_error() || status.as_u16() == 429 {
            return Err(ApiError::Busy { status: status.as_u16() });
        }
        let failure: Failure =
            serde_json::from_slice(&body).map_err(|_| ApiError::Unreadable("an error without the documented JSON"))?;
        Err(ApiError::Refused {
            status: status.as_u16(),
            code: failure.error.code,
            description: failure.error.description,
            field: failure.error.field,
        })
    }
}
