//! Stripe's refunds (source: Stripe's API reference, "Refunds" and "Idempotent requests").

use serde::Deserialize;

use super::api::well_formed;
use super::wire::{Refund, money};
use super::{Credentials, Stripe};
use crate::api::ApiError;
use crate::form::encode_pairs;
use crate::refund::{MadeRefund, NewRefund, REFUND_NOTE, RefundState};

#[derive(Debug, Deserialize)]
pub(super) struct List {
    pub(super) data: Vec<Refund>,
    pub(super) has_more: bool,
}

impl Stripe {
    /// Gives money of an intent back, under our idempotency key; or asks after it once its id is known.
    ///
    /// Stripe forgets a key after a day and answers a repeated call until then as it did at first, also with its own failure.
    /// So before a call is repeated the intent's refunds are looked through for ours.
    ///
    /// # Errors
    /// See [`ApiError`].
    pub(super) async fn give_back(
        &self,
        credentials: &Credentials,
        refund: &NewRefund,
    ) -> Result<MadeRefund, ApiError> {
        if !well_formed(&refund.reference) || !refund.known.as_deref().is_none_or(well_formed) {
            return Err(ApiError::Unreadable("the stored id is none of Stripe's"));
        }
        let made = match &refund.known {
            Some(id) => {
                let request = self.client()?.get(format!("{}/v1/refunds/{id}", self.base_url()));
                self.call(credentials, request).await?
            }
            None => match self.made_before(credentials, refund).await? {
                Some(made) => made,
                None => self.make(credentials, refund).await?,
            },
        };
        let same_intent = made.payment_intent.as_deref() == Some(refund.reference.as_str());
        if money(made.amount, &made.currency) != Some(refund.amount) || !same_intent {
            return Err(ApiError::Unreadable("the answer is about another refund"));
        }
        let state = made.state().ok_or(ApiError::Unreadable("an unknown status of a refund"))?;
        Ok(MadeRefund { id: made.id, state })
    }

    async fn make(&self, credentials: &Credentials, refund: &NewRefund) -> Result<Refund, ApiError> {
        let amount = refund.amount.amount.to_string();
        let notes: Vec<_> = refund.notes.iter().map(|(name, value)| (format!("metadata[{name}]"), value)).collect();
        let mut form = vec![("payment_intent", refund.reference.as_str()), ("amount", &amount)];
        form.extend(notes.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        let form = encode_pairs(form);
        match self.post(credentials, "/v1/refunds", &refund.key, form).await {
            // The key is used up by another call: whether that one gave money back is not known.
            Err(ApiError::Refused { code, .. }) if code == "idempotency_error" => {
                Err(ApiError::Unreadable("the refund was asked for in other words before"))
            }
            made => made,
        }
    }

    /// Lists the newest hundred refunds of an intent.
    pub(super) async fn refunds_of(&self, credentials: &Credentials, intent: &str) -> Result<List, ApiError> {
        let address = format!("{}/v1/refunds?payment_intent={intent}&limit=100", self.base_url());
        self.call(credentials, self.client()?.get(address)).await
    }

    async fn made_before(&self, credentials: &Credentials, refund: &NewRefund) -> Result<Option<Refund>, ApiError> {
        if !refund.again {
            return Ok(None);
        }
        let list = self.refunds_of(credentials, &refund.reference).await?;
        let ours = |made: &Refund| made.note(REFUND_NOTE) == Some(refund.key.as_str());
        match list.data.into_iter().find(ours) {
            None if list.has_more => Err(ApiError::Unreadable("more refunds than can be looked through")),
            found => Ok(found),
        }
    }
}

impl Refund {
    /// Returns how far it has come; none when the status is none that Stripe documents.
    pub(super) fn state(&self) -> Option<RefundState> {
        match self.status.as_deref() {
            Some("succeeded") => Some(RefundState::Done),
            Some("failed" | "canceled") => Some(RefundState::Failed),
            None | Some("pending" | "requires_action") => Some(RefundState::Pending),
            Some(_) => None,
        }
    }

    fn note(&self, name: &str) -> Option<&str> {
        self.metadata.as_ref()?.get(name).map(String::as_str)
    }
}
