//! Charges: what took money, of an intent or of none.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{RawQuery, State};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Shared;
use super::api::SecretKey;
use super::books::{Intent, Status};
use super::wire::{Form, Refusal};
use crate::network::Impossible;

/// Charges that the merchant takes without an intent, such as by an invoice of Stripe's; nobody is told of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Take {
    /// The account's secret key.
    pub secret_key: String,
    /// How much each, in the smallest unit.
    pub amount: i64,
    /// The currency, in small letters.
    pub currency: String,
    /// What is attached to each.
    #[serde(default)]
    pub metadata: BTreeMap<String, String>,
    /// How many.
    pub count: usize,
}

impl Intent {
    /// Writes the charge that was tried last as the API does; none before the first.
    fn charge_object(&self) -> Option<Value> {
        let id = self.charge.as_ref()?;
        let captured = self.status == Status::Succeeded;
        let succeeded = captured || self.status == Status::RequiresCapture;
        let back = self.given_back();
        Some(json!({
            "id": id, "object": "charge", "amount": self.amount,
            "amount_captured": if captured { self.amount } else { 0 }, "amount_refunded": back,
            "billing_details": { "email": "payer@example.com", "name": "Payer" },
            "captured": captured, "created": self.charged, "currency": self.currency, "customer": null,
            "failure_code": if succeeded { Value::Null } else { json!("card_declined") }, "livemode": false,
            "metadata": self.metadata, "paid": succeeded,
            "payment_intent": if self.by_hand { Value::Null } else { json!(self.id) },
            "refunded": captured && back == self.amount, "status": if succeeded { "succeeded" } else { "failed" },
        }))
    }
}

/// Lists charges, those that were made last first.
pub(super) async fn list_charges(
    State(shared): State<Shared>,
    SecretKey(key): SecretKey,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, Refusal> {
    let query = Form::read(query.as_deref().unwrap_or_default());
    query.only(&["created[gte]", "created[lt]", "limit", "starting_after"])?;
    let number = |name: &'static str, default: i64| match query.value(name).map(str::parse) {
        None => Ok(default),
        Some(Ok(number)) => Ok(number),
        Some(Err(_)) => Err(Refusal::invalid("parameter_invalid_integer", name, "Invalid integer")),
    };
    let limit = number("limit", 10)?;
    let limit = usize::try_from(limit).ok().filter(|limit| (1..=100).contains(limit));
    let limit = limit.ok_or_else(|| Refusal::invalid("parameter_invalid_integer", "limit", "Invalid limit"))?;
    let created = number("created[gte]", i64::MIN)?..number("created[lt]", i64::MAX)?;
    let books = shared.books();
    let mut own: Vec<_> = books.intents.values().filter(|intent| intent.secret_key == key).collect();
    own.sort_by(|one, other| (other.charged, &other.charge).cmp(&(one.charged, &one.charge)));
    if let Some(after) = query.value("starting_after") {
        let place = own.iter().position(|intent| intent.charge.as_deref() == Some(after));
        let place = place.ok_or_else(|| Refusal::missing("charge", "starting_after", after))?;
        own.drain(..=place);
    }
    let mut data: Vec<_> = own.into_iter().filter(|intent| created.contains(&intent.charged)).collect();
    let has_more = data.len() > limit;
    data.truncate(limit);
    let data: Vec<_> = data.into_iter().filter_map(Intent::charge_object).collect();
    Ok(Json(json!({ "object": "list", "data": data, "has_more": has_more, "url": "/v1/charges" })))
}

pub(super) async fn take(
    State(shared): State<Shared>,
    Json(take): Json<Take>,
) -> Result<Json<Vec<String>>, Impossible> {
    let mut books = shared.books();
    if !books.accounts.contains_key(&take.secret_key) {
        return Err(Impossible("no such account"));
    }
    let mut taken = Vec::with_capacity(take.count);
    for _ in 0..take.count {
        let id = shared.id("ch");
        let charge = Intent {
            id: id.clone(),
            secret_key: take.secret_key.clone(),
            amount: take.amount,
            currency: take.currency.clone(),
            metadata: take.metadata.clone(),
            client_secret: String::new(),
            status: Status::Succeeded,
            cancelled: None,
            charge: Some(id.clone()),
            charged: shared.now(),
            by_hand: true,
            refused: false,
            created: shared.now(),
            refunds: Vec::new(),
            dispute: None,
            events: Vec::new(),
        };
        books.intents.insert(id.clone(), charge);
        taken.push(id);
    }
    Ok(Json(taken))
}
