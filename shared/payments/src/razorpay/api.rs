use std::fmt;
use std::sync::Arc;

use domain::calendar::Day;
use domain::reconciliation::Statement;
use reqwest::RequestBuilder;
use serde::de::DeserializeOwned;
use serde_json::json;

use super::Credentials;
use super::wire::{Collection, Failure, Order, Payment, money};
use crate::api::{ApiError, Attempt, Closing, Gateway, Handover, List, NewOrder, OpenOrder, PlacedOrder, Visit};
use crate::http::{LazyClient, read};
use crate::refund::{MadeRefund, NewRefund};

/// Razorpay's API under one base URL; cheap to clone.
#[derive(Clone)]
pub struct Razorpay {
    base_url: Arc<str>,
    client: LazyClient,
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
        Self { base_url: base_url.trim_end_matches('/').into(), client: LazyClient::default() }
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
        let request = self.client.get()?.post(format!("{}/v1/orders", self.base_url)).json(&body);
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
        let payments = self.all_payments_of(credentials, order_id).await?;
        let attempt = |payment: Payment| Attempt { state: payment.status.state(), charge: payment.into() };
        Ok(payments.into_iter().map(attempt).collect())
    }

    pub(super) async fn all_payments_of(
        &self,
        credentials: &Credentials,
        order_id: &str,
    ) -> Result<Vec<Payment>, ApiError> {
        if order_id.is_empty() || !order_id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
            return Err(ApiError::Unreadable("the stored order id is none of Razorpay's"));
        }
        let request = self.client.get()?.get(format!("{}/v1/orders/{order_id}/payments", self.base_url));
        let payments: Collection<Payment> = self.call(credentials, request).await?;
        Ok(payments.items)
    }

    pub(super) fn base_url(&self) -> &str {
        &self.base_url
    }

    pub(super) fn client(&self) -> Result<&reqwest::Client, ApiError> {
        self.client.get()
    }

    pub(super) async fn call<T: DeserializeOwned>(
        &self,
        credentials: &Credentials,
        request: RequestBuilder,
    ) -> Result<T, ApiError> {
        let request = request.basic_auth(credentials.key_id(), Some(credentials.key_secret().expose()));
        let (status, body) = read(request.send().await).await?;
        if status.is_success() {
            return serde_json::from_slice(&body).map_err(|_| ApiError::Unreadable("not the documented JSON"));
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

impl Gateway for Razorpay {
    type Credentials = Credentials;

    async fn open(
        &self,
        credentials: &Credentials,
        order: &NewOrder,
        visit: &Visit,
    ) -> Result<(OpenOrder, Handover), ApiError> {
        let opened = self.create_order(credentials, order).await?;
        let handover = self.resume(credentials, order, &opened.id, visit).await?;
        Ok((opened, handover))
    }

    async fn resume(
        &self,
        credentials: &Credentials,
        _order: &NewOrder,
        _reference: &str,
        _visit: &Visit,
    ) -> Result<Handover, ApiError> {
        Ok(Handover::Razorpay { key: credentials.key_id().to_owned() })
    }

    async fn attempts(&self, credentials: &Credentials, order: &PlacedOrder) -> Result<Vec<Attempt>, ApiError> {
        self.payments_of(credentials, &order.reference).await
    }

    async fn close(&self, credentials: &Credentials, order: &PlacedOrder) -> Result<Closing, ApiError> {
        // Razorpay's orders can't be cancelled: what is paid late is told like any other payment.
        Ok(Closing { closed: false, attempts: self.attempts(credentials, order).await? })
    }

    async fn refund(&self, credentials: &Credentials, refund: &NewRefund) -> Result<MadeRefund, ApiError> {
        self.give_back(credentials, refund).await
    }

    async fn statement(&self, credentials: &Credentials, order: &PlacedOrder) -> Result<Statement, ApiError> {
        self.stated(credentials, order).await
    }

    async fn list(&self, credentials: &Credentials, day: Day, from: Option<&str>) -> Result<Option<List>, ApiError> {
        self.listed(credentials, day, from).await.map(Some)
    }
}
