use std::collections::BTreeMap;

use domain::calendar::Day;
use domain::reconciliation::Listed;
use serde::Deserialize;

use super::api::well_formed;
use super::wire::money;
use super::{Credentials, Stripe};
use crate::api::{ApiError, List};
use crate::notification::TENANT_NOTE;

/// A page of charges (source: "List all charges" in Stripe's API reference).
#[derive(Debug, Deserialize)]
struct Charges {
    data: Vec<Charge>,
    has_more: bool,
}

/// A charge, of an intent or of none. It is made when the payer pays, whenever the intent was made.
#[derive(Debug, Deserialize)]
struct Charge {
    id: String,
    amount_captured: i64,
    #[serde(default)]
    amount_refunded: i64,
    currency: String,
    status: String,
    captured: bool,
    payment_intent: Option<String>,
    #[serde(default)]
    metadata: BTreeMap<String, String>,
}

impl Charge {
    /// Returns what is listed of it; none when it took no money.
    fn taken(mut self) -> Option<Listed> {
        if self.status != "succeeded" || !self.captured {
            return None;
        }
        let status = match self.amount_refunded {
            0 => "succeeded",
            back if back < self.amount_captured => "partially_refunded",
            _ => "refunded",
        };
        Some(Listed {
            // An intent takes money once, so our books know its charge by the intent's id.
            charge: self.payment_intent.clone().unwrap_or(self.id),
            reference: self.payment_intent,
            amount: money(self.amount_captured, &self.currency),
            status: status.to_owned(),
            tenant: self.metadata.remove(TENANT_NOTE),
        })
    }
}

impl Stripe {
    /// Lists a page of the account's charges that were made on a day and took money.
    ///
    /// # Errors
    /// See [`ApiError`].
    pub(super) async fn listed(
        &self,
        credentials: &Credentials,
        day: Day,
        from: Option<&str>,
    ) -> Result<List, ApiError> {
        let after = match from {
            None => String::new(),
            Some(id) if well_formed(id) => format!("&starting_after={id}"),
            Some(_) => return Err(ApiError::Unreadable("no place in a list")),
        };
        let (first, end) = (day.seconds().start, day.seconds().end);
        let address =
            format!("{}/v1/charges?created%5Bgte%5D={first}&created%5Blt%5D={end}&limit=100{after}", self.base_url());
        let page: Charges = self.call(credentials, self.client()?.get(address)).await?;
        let next = page.data.last().filter(|_| page.has_more).map(|last| last.id.clone());
        Ok(List { payments: page.data.into_iter().filter_map(Charge::taken).collect(), next })
    }
}
