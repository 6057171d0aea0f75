//! Razorpay's refunds (source: Razorpay's API reference, "Refunds").

use serde::Deserialize;
use serde_json::json;

use super::wire::money;
use super::{Credentials, Razorpay};
use crate::api::ApiError;
use crate::refund::{MadeRefund, NewRefund, RefundState};

#[derive(Debug, Deserialize)]
struct Refund {
    id: String,
    amount: i64,
    currency: String,
    payment_id: String,
    status: String,
}

impl Razorpay {
    /// Gives money of a captured payment back, under our idempotency key; or asks after it once its id is known.
    ///
    /// # Errors
    /// See [`ApiError`]. Razorpay refuses with 409 while a first call with the key still runs.
    pub(super) async fn give_back(
        &self,
        credentials: &Credentials,
        refund: &NewRefund,
    ) -> Result<MadeRefund, ApiError> {
        let well_formed = |id: &str| !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if !well_formed(&refund.charge) || !refund.known.as_deref().is_none_or(well_formed) {
            return Err(ApiError::Unreadable("the stored id is none of Razorpay's"));
        }
        let base = self.base_url();
        let request = match &refund.known {
            Some(id) => self.client()?.get(format!("{base}/v1/refunds/{id}")),
            None => self
                .client()?
                .post(format!("{base}/v1/payments/{}/refund", refund.charge))
                .header("X-Refund-Idempotency", &refund.key)
                .json(&json!({"amount": refund.amount.amount, "notes": refund.notes})),
        };
        let made: Refund = self.call(credentials, request).await?;
        if money(made.amount, &made.currency) != Some(refund.amount) || made.payment_id != refund.charge {
            return Err(ApiError::Unreadable("the answer is about another refund"));
        }
        let state = match made.status.as_str() {
            "processed" => RefundState::Done,
            "pending" | "created" => RefundState::Pending,
            "failed" => RefundState::Failed,
            _ => return Err(ApiError::Unreadable("an unknown status of a refund")),
        };
        Ok(MadeRefund { id: made.id, state })
    }
}
