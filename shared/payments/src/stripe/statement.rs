use domain::money::Money;
use domain::reconciliation::{Statement, Taken};

use super::refund::List;
use super::wire::{IntentStatus, money};
use super::{Credentials, Stripe};
use crate::api::{ApiError, PlacedOrder};
use crate::notification::Charge;
use crate::refund::RefundState;

impl Stripe {
    /// Says what an intent took, and how much of it went back.
    ///
    /// # Errors
    /// See [`ApiError`].
    pub(super) async fn stated(&self, credentials: &Credentials, order: &PlacedOrder) -> Result<Statement, ApiError> {
        let intent = self.intent(credentials, &order.reference).await?;
        if intent.status != IntentStatus::Succeeded {
            return Ok(Statement { taken: Some(Vec::new()), given_back: None });
        }
        let charge = Charge::from(intent);
        let list: List = self.refunds_of(credentials, &order.reference).await?;
        if list.has_more {
            return Err(ApiError::Unreadable("more refunds than can be looked through"));
        }
        let mut given_back = None;
        for refund in list.data.into_iter().filter(|refund| refund.state() == Some(RefundState::Done)) {
            let back = money(refund.amount, &refund.currency);
            let back = back.ok_or(ApiError::Unreadable("an amount in a currency or size that we don't trade in"))?;
            let sum = given_back.unwrap_or_else(|| Money::zero(back.currency)).plus(back);
            given_back = Some(sum.map_err(|_| ApiError::Unreadable("refunds that can't be added up"))?);
        }
        let given_back = given_back.or(charge.amount.map(|amount| Money::zero(amount.currency)));
        Ok(Statement { taken: Some(vec![Taken { charge: charge.payment_id, amount: charge.amount }]), given_back })
    }
}
