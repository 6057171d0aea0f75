use domain::calendar::Day;
use domain::reconciliation::Listed;

use super::wire::{Collection, Payment};
use super::{Credentials, Razorpay};
use crate::api::{ApiError, List};
use crate::notification::{Charge, TENANT_NOTE};

/// The most that Razorpay lists at once (source: "Fetch All Payments" in its API reference).
const COUNT: usize = 100;

impl Razorpay {
    /// Lists a page of the account's payments that were made on a day and took money. The list has the newest first and is asked
    /// for by how many to leave out: what is made meanwhile, on a day that is not over, shows some twice and hides none.
    ///
    /// # Errors
    /// See [`ApiError`].
    pub(super) async fn listed(
        &self,
        credentials: &Credentials,
        day: Day,
        from: Option<&str>,
    ) -> Result<List, ApiError> {
        let skip: usize = from.unwrap_or("0").parse().map_err(|_| ApiError::Unreadable("no place in a list"))?;
        let seconds = day.seconds();
        // Whether the borders belong to the list is not documented, so it is asked for with a second more.
        let (first, last) = (seconds.start.saturating_sub(1), seconds.end);
        let address = format!("{}/v1/payments?from={first}&to={last}&count={COUNT}&skip={skip}", self.base_url());
        let page: Collection<Payment> = self.call(credentials, self.client()?.get(address)).await?;
        let next = (page.items.len() >= COUNT).then(|| skip.saturating_add(page.items.len()).to_string());
        let of_day = page.items.into_iter().filter(|payment| seconds.contains(&payment.created_at));
        let taken = of_day.filter_map(|payment| {
            let status = payment.status.taken()?;
            let charge = Charge::from(payment);
            let tenant = charge.notes.get(TENANT_NOTE).cloned();
            let reference = charge.order_id.filter(|order| !order.is_empty());
            Some(Listed {
                reference,
                charge: charge.payment_id,
                amount: charge.amount,
                status: status.to_owned(),
                tenant,
            })
        });
        Ok(List { payments: taken.collect(), next })
    }
}
