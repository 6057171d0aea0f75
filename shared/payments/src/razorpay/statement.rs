use domain::money::Money;
use domain::reconciliation::{Statement, Taken};

use super::wire::{Payment, money};
use super::{Credentials, Razorpay};
use crate::api::{ApiError, PlacedOrder};

impl Razorpay {
    /// Says what took money for an order, and how much of it went back.
    ///
    /// # Errors
    /// See [`ApiError`].
    pub(super) async fn stated(&self, credentials: &Credentials, order: &PlacedOrder) -> Result<Statement, ApiError> {
        let payments = self.all_payments_of(credentials, &order.reference).await?;
        let took = |payment: &Payment| payment.status.taken().is_some();
        let (mut taken, mut given_back) = (Vec::new(), None);
        for payment in payments.into_iter().filter(took) {
            let back = money(payment.amount_refunded, &payment.currency);
            let back = back.ok_or(ApiError::Unreadable("an amount in a currency or size that we don't trade in"))?;
            let sum = given_back.unwrap_or_else(|| Money::zero(back.currency)).plus(back);
            given_back = Some(sum.map_err(|_| ApiError::Unreadable("refunds that can't be added up"))?);
            taken.push(Taken { amount: money(payment.amount, &payment.currency), charge: payment.id });
        }
        Ok(Statement { taken: Some(taken), given_back })
    }
}
