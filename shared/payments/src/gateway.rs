use domain::ambient::Ambient;
use domain::calendar::Day;
use domain::reconciliation::Statement;

use crate::Credentials;
use crate::api::{ApiError, Attempt, Closing, Gateway, Handover, List, NewOrder, OpenOrder, PlacedOrder, Visit};
use crate::manual::Manual;
use crate::razorpay::Razorpay;
use crate::refund::{MadeRefund, NewRefund};
use crate::stripe::Stripe;
use crate::vnpay::Vnpay;

/// All providers' gateways. Which one is called follows from the credentials, so one provider's secrets can't reach
/// another.
#[derive(Debug, Clone)]
pub struct Gateways {
    razorpay: Razorpay,
    vnpay: Vnpay,
    stripe: Stripe,
}

impl Gateways {
    /// Joins the gateways.
    pub fn new(razorpay: Razorpay, vnpay: Vnpay, stripe: Stripe) -> Self {
        Self { razorpay, vnpay, stripe }
    }

    /// Points each gateway at what `url` names, such as `HAAT_STRIPE_URL`, and at the provider itself where it names nothing.
    pub fn at(url: impl Fn(&'static str) -> Option<String>, ambient: &Ambient) -> Self {
        let razorpay = url("HAAT_RAZORPAY_URL");
        let vnpay = match url("HAAT_VNPAY_URL") {
            Some(url) => Vnpay::at(&url, ambient.clone()),
            None => Vnpay::live(ambient.clone()),
        };
        let stripe = url("HAAT_STRIPE_URL");
        Self::new(
            Razorpay::new(razorpay.as_deref().unwrap_or(Razorpay::LIVE_URL)),
            vnpay,
            Stripe::new(stripe.as_deref().unwrap_or(Stripe::LIVE_URL)),
        )
    }

    /// Opens an order, and says what the payer's browser goes on with.
    ///
    /// # Errors
    /// See [`ApiError`].
    pub async fn open(
        &self,
        credentials: &Credentials,
        order: &NewOrder,
        visit: &Visit,
    ) -> Result<(OpenOrder, Handover), ApiError> {
        match credentials {
            Credentials::Razorpay(own) => self.razorpay.open(own, order, visit).await,
            Credentials::Vnpay(own) => self.vnpay.open(own, order, visit).await,
            Credentials::Stripe(own) => self.stripe.open(own, order, visit).await,
            Credentials::Manual(own) => Manual.open(own, order, visit).await,
        }
    }

    /// Says once more what the browser goes on with, for an order that is open.
    ///
    /// # Errors
    /// See [`ApiError`].
    pub async fn resume(
        &self,
        credentials: &Credentials,
        order: &NewOrder,
        reference: &str,
        visit: &Visit,
    ) -> Result<Handover, ApiError> {
        match credentials {
            Credentials::Razorpay(own) => self.razorpay.resume(own, order, reference, visit).await,
            Credentials::Vnpay(own) => self.vnpay.resume(own, order, reference, visit).await,
            Credentials::Stripe(own) => self.stripe.resume(own, order, reference, visit).await,
            Credentials::Manual(own) => Manual.resume(own, order, reference, visit).await,
        }
    }

    /// Asks what became of an order.
    ///
    /// # Errors
    /// See [`ApiError`].
    pub async fn attempts(&self, credentials: &Credentials, order: &PlacedOrder) -> Result<Vec<Attempt>, ApiError> {
        match credentials {
            Credentials::Razorpay(own) => self.razorpay.attempts(own, order).await,
            Credentials::Vnpay(own) => self.vnpay.attempts(own, order).await,
            Credentials::Stripe(own) => self.stripe.attempts(own, order).await,
            Credentials::Manual(own) => Manual.attempts(own, order).await,
        }
    }

    /// Closes an order that nobody is to pay any more, where the provider can, and asks what became of it. Repeated, it does
    /// nothing more; what was paid before stays paid.
    ///
    /// # Errors
    /// See [`ApiError`]; after [`ApiError::Unreachable`] the order may be closed: call again.
    pub async fn close(&self, credentials: &Credentials, order: &PlacedOrder) -> Result<Closing, ApiError> {
        match credentials {
            Credentials::Razorpay(own) => self.razorpay.close(own, order).await,
            Credentials::Vnpay(own) => self.vnpay.close(own, order).await,
            Credentials::Stripe(own) => self.stripe.close(own, order).await,
            Credentials::Manual(own) => Manual.close(own, order).await,
        }
    }

    /// Says what took money for an order and what went back, as far as the provider tells.
    ///
    /// # Errors
    /// See [`ApiError`].
    pub async fn statement(&self, credentials: &Credentials, order: &PlacedOrder) -> Result<Statement, ApiError> {
        match credentials {
            Credentials::Razorpay(own) => self.razorpay.statement(own, order).await,
            Credentials::Vnpay(own) => self.vnpay.statement(own, order).await,
            Credentials::Stripe(own) => self.stripe.statement(own, order).await,
            Credentials::Manual(own) => Manual.statement(own, order).await,
        }
    }

    /// Lists a page of the payments that were made on a day and took money, whoever opened them; none when the provider has
    /// no such list. `from` is what the page before ended with.
    ///
    /// # Errors
    /// See [`ApiError`].
    pub async fn list(
        &self,
        credentials: &Credentials,
        day: Day,
        from: Option<&str>,
    ) -> Result<Option<List>, ApiError> {
        match credentials {
            Credentials::Razorpay(own) => self.razorpay.list(own, day, from).await,
            Credentials::Vnpay(own) => self.vnpay.list(own, day, from).await,
            Credentials::Stripe(own) => self.stripe.list(own, day, from).await,
            Credentials::Manual(own) => Manual.list(own, day, from).await,
        }
    }

    /// Gives money back, or asks after a refund that the provider works on. Repeated, it does nothing more.
    ///
    /// # Errors
    /// See [`ApiError`]; after [`ApiError::Unreachable`] the refund may exist: call again.
    pub async fn refund(&self, credentials: &Credentials, refund: &NewRefund) -> Result<MadeRefund, ApiError> {
        match credentials {
            Credentials::Razorpay(own) => self.razorpay.refund(own, refund).await,
            Credentials::Vnpay(own) => self.vnpay.refund(own, refund).await,
            Credentials::Stripe(own) => self.stripe.refund(own, refund).await,
            Credentials::Manual(own) => Manual.refund(own, refund).await,
        }
    }
}
