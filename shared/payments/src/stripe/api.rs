use std::fmt;
use std::sync::Arc;

use domain::calendar::Day;
use domain::money::Currency;
use domain::reconciliation::Statement;
use reqwest::RequestBuilder;
use serde::de::DeserializeOwned;

use super::Credentials;
use super::wire::{Failure, Intent, IntentStatus, money};
use crate::api::{ApiError, Attempt, Closing, Gateway, Handover, List, NewOrder, OpenOrder, PlacedOrder, Visit};
use crate::form::encode_pairs;
use crate::http::{LazyClient, read};
use crate::refund::{MadeRefund, NewRefund};

/// The version of Stripe's API that we speak, whatever the account's own is.
const VERSION: &str = "2024-06-20";

/// Stripe's API under one base URL; cheap to clone.
#[derive(Clone)]
pub struct Stripe {
    base_url: Arc<str>,
    client: LazyClient,
}

impl fmt::Debug for Stripe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Stripe({})", self.base_url)
    }
}

impl Stripe {
    /// Where Stripe itself answers.
    pub const LIVE_URL: &'static str = "https://api.stripe.com";

    /// Points at an API, such as [`Self::LIVE_URL`].
    pub fn new(base_url: &str) -> Self {
        Self { base_url: base_url.trim_end_matches('/').into(), client: LazyClient::default() }
    }

    pub(super) async fn intent(&self, credentials: &Credentials, id: &str) -> Result<Intent, ApiError> {
        if !well_formed(id) {
            return Err(ApiError::Unreadable("the stored intent is none of Stripe's"));
        }
        self.call(credentials, self.client.get()?.get(format!("{}/v1/payment_intents/{id}", self.base_url))).await
    }

    pub(super) fn base_url(&self) -> &str {
        &self.base_url
    }

    pub(super) fn client(&self) -> Result<&reqwest::Client, ApiError> {
        self.client.get()
    }

    /// Posts a form. A call that is repeated with the same `key` does nothing more.
    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        credentials: &Credentials,
        path: &str,
        key: &str,
        form: String,
    ) -> Result<T, ApiError> {
        let request = self.client.get()?.post(format!("{}{path}", self.base_url));
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        self.call(credentials, request.header("idempotency-key", key).body(form)).await
    }

    pub(super) async fn call<T: DeserializeOwned>(
        &self,
        credentials: &Credentials,
        request: RequestBuilder,
    ) -> Result<T, ApiError> {
        let request = request.bearer_auth(credentials.secret_key().expose()).header("stripe-version", VERSION);
        let (status, body) = read(request.send().await).await?;
        if status.is_success() {
            return serde_json::from_slice(&body).map_err(|_| ApiError::Unreadable("not the documented JSON"));
        }
        let failure: Failure =
            serde_json::from_slice(&body).map_err(|_| ApiError::Unreadable("an error without the documented JSON"))?;
        Err(ApiError::Refused {
            status: status.as_u16(),
            code: failure.error.code.or(failure.error.kind).unwrap_or_default(),
            description: failure.error.message,
            field: failure.error.param,
        })
    }
}

/// Tells whether an id can be part of a path.
pub(super) fn well_formed(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

fn handover(credentials: &Credentials, intent: Intent) -> Result<Handover, ApiError> {
    let client_secret = intent.client_secret.ok_or(ApiError::Unreadable("the intent has no client secret"))?;
    Ok(Handover::Stripe { client_secret, publishable_key: credentials.publishable_key().to_owned() })
}

impl Gateway for Stripe {
    type Credentials = Credentials;

    async fn open(
        &self,
        credentials: &Credentials,
        order: &NewOrder,
        _visit: &Visit,
    ) -> Result<(OpenOrder, Handover), ApiError> {
        // Stripe takes dinars with three decimals of which the last is 0.
        if order.amount.currency == Currency::Kwd && order.amount.amount.checked_rem(10) != Some(0) {
            return Err(ApiError::Unsupported("Stripe takes amounts in KWD that end in 0"));
        }
        let (amount, currency) = (order.amount.amount.to_string(), order.amount.currency.code().to_ascii_lowercase());
        let notes: Vec<_> = order.notes.iter().map(|(name, value)| (format!("metadata[{name}]"), value)).collect();
        let mut form =
            vec![("amount", amount.as_str()), ("currency", &currency), ("automatic_payment_methods[enabled]", "true")];
        form.extend(notes.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        // Our id of the payment is the key: a call that is repeated opens one intent.
        let form = encode_pairs(form);
        let intent: Intent = self.post(credentials, "/v1/payment_intents", &order.receipt, form).await?;
        if money(intent.amount, &intent.currency) != Some(order.amount) {
            return Err(ApiError::Unreadable("the intent was opened for another amount"));
        }
        Ok((OpenOrder { id: intent.id.clone(), amount: order.amount }, handover(credentials, intent)?))
    }

    async fn resume(
        &self,
        credentials: &Credentials,
        _order: &NewOrder,
        reference: &str,
        _visit: &Visit,
    ) -> Result<Handover, ApiError> {
        handover(credentials, self.intent(credentials, reference).await?)
    }

    async fn attempts(&self, credentials: &Credentials, order: &PlacedOrder) -> Result<Vec<Attempt>, ApiError> {
        let intent = self.intent(credentials, &order.reference).await?;
        Ok(vec![Attempt { state: intent.state(), charge: intent.into() }])
    }

    /// Cancels the intent: whoever still has its client secret can't pay with it any more.
    ///
    /// The call has no idempotency key, under which Stripe would answer for a day as it did at first: an intent that is
    /// `processing` is refused now and may be cancelled an hour later. One that is at its end is refused too, and read instead.
    /// Source: Stripe's API reference, "Cancel a PaymentIntent".
    async fn close(&self, credentials: &Credentials, order: &PlacedOrder) -> Result<Closing, ApiError> {
        let id = &order.reference;
        if !well_formed(id) {
            return Err(ApiError::Unreadable("the stored intent is none of Stripe's"));
        }
        let form = encode_pairs([("cancellation_reason", "abandoned")]);
        let request = self.client.get()?.post(format!("{}/v1/payment_intents/{id}/cancel", self.base_url));
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(form);
        let intent: Intent = match self.call(credentials, request).await {
            Err(ApiError::Refused { code, .. }) if code == "payment_intent_unexpected_state" => {
                self.intent(credentials, id).await?
            }
            called => called?,
        };
        if intent.id != *id {
            return Err(ApiError::Unreadable("the answer is about another intent"));
        }
        let closed = intent.status == IntentStatus::Canceled;
        Ok(Closing { closed, attempts: vec![Attempt { state: intent.state(), charge: intent.into() }] })
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
