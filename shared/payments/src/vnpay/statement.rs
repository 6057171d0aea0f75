use domain::reconciliation::{Statement, Taken};

use super::{Credentials, Vnpay, amount};
use crate::api::{ApiError, PlacedOrder};

impl Vnpay {
    /// Says what was paid. VNPay answers about the last transaction of a payment: after a refund it does not tell any more what
    /// was paid, and it never tells what went back in all.
    ///
    /// # Errors
    /// See [`ApiError`].
    pub(super) async fn stated(&self, credentials: &Credentials, order: &PlacedOrder) -> Result<Statement, ApiError> {
        let answer = self.query(credentials, &order.reference, order.opened_at, None).await?;
        let nothing = Statement { taken: Some(Vec::new()), given_back: None };
        match answer.code().as_str() {
            "00" => answer.is_about(credentials, &order.reference)?,
            // The payer never came so far.
            "91" => return Ok(nothing),
            _ => return Err(answer.refusal()),
        }
        if answer.tells_of_refund() {
            return Ok(Statement::default());
        }
        if answer.field("vnp_TransactionStatus") != "00" {
            return Ok(nothing);
        }
        let (charge, amount) = (answer.field("vnp_TransactionNo"), amount(&answer.field("vnp_Amount")));
        Ok(Statement { taken: Some(vec![Taken { charge, amount }]), given_back: None })
    }
}
