//! The strings that a test pulls: who has an account, who pays, what the network does to the webhooks.

use std::collections::BTreeMap;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::books::{Event, Order, Payment, Registered, Status};
use super::wire::Refusal;
use super::{Shared, delivery};
use crate::network::{Faults, Signer};

pub(super) fn router() -> Router<Shared> {
    Router::new()
        .route("/_standin/health", get(async || Json(json!({ "status": "up" }))))
        .route("/_standin/accounts", post(register))
        .route("/_standin/faults", post(set_faults))
        .route("/_standin/payments", post(take))
        .route("/_standin/orders/{id}/pay", post(pay))
        .route("/_standin/orders/{id}/deliver", post(deliver))
}

/// A merchant's account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Account {
    /// The public id of the API key, `rzp_test_…`.
    pub key_id: String,
    /// The secret of the API key.
    pub key_secret: String,
    /// The account's id, `acc_…`, which events carry.
    pub account_id: String,
    /// What webhooks are signed with.
    pub webhook_secret: String,
    /// Where webhooks go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook_url: Option<String>,
    /// Instead of `webhookUrl`: the tenant whose webhook address under the webhook base it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
}

/// How the payer and the bank behave.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Authorized and captured at once.
    #[default]
    Capture,
    /// Authorized only.
    Authorize,
    /// Failed.
    Fail,
    /// Failed, then authorized and captured after all.
    LateCapture,
}

/// One attempt to pay.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Pay {
    /// What comes of it.
    pub outcome: Outcome,
    /// Goes on with an earlier attempt, such as one that was only authorized, or failed.
    pub payment_id: Option<String>,
    /// How the webhooks of this attempt travel.
    pub deliver: Deliver,
}

/// How webhooks travel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Deliver {
    /// False keeps them back: they are returned, signed, and can be delivered later or by other means.
    pub send: bool,
    /// Only events with these names; all when empty.
    pub events: Vec<String>,
    /// How often each is delivered.
    pub times: usize,
    /// In random order, duplicates included.
    pub shuffle: bool,
    /// All at once instead of one after the other.
    pub parallel: bool,
    /// Each delivery with an event id of its own, as a replay by somebody else would have.
    pub new_event_ids: bool,
    /// Whose signature they carry.
    pub signed_by: Signer,
    /// What is changed before signing.
    pub alter: Alter,
}

impl Default for Deliver {
    fn default() -> Self {
        Self {
            send: true,
            events: Vec::new(),
            times: 1,
            shuffle: false,
            parallel: false,
            new_event_ids: false,
            signed_by: Signer::Current,
            alter: Alter::default(),
        }
    }
}

/// Parts of an event that are replaced before it is signed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Alter {
    /// The amount of payment and order.
    pub amount: Option<i64>,
    /// The currency of payment and order.
    pub currency: Option<String>,
    /// The account.
    pub account_id: Option<String>,
    /// The order that was paid.
    pub order_id: Option<String>,
    /// The status of the payment.
    pub status: Option<String>,
    /// The notes of payment and order.
    pub notes: Option<BTreeMap<String, String>>,
}

/// Payments that the merchant takes without an order, such as by a payment link; nobody is told of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Take {
    /// The public id of the account's API key.
    pub key_id: String,
    /// How much each, in minor units.
    pub amount: i64,
    /// The currency.
    pub currency: String,
    /// What is attached to each.
    #[serde(default)]
    pub notes: BTreeMap<String, String>,
    /// How many.
    pub count: usize,
}

/// What came of an attempt to pay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Paid {
    /// The order.
    pub order_id: String,
    /// The payment.
    pub payment_id: String,
    /// What the browser brings back with both ids when the attempt succeeded.
    pub signature: Option<String>,
    /// The webhooks, in the order in which they were sent.
    pub delivered: Vec<Delivered>,
}

/// One webhook and its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Delivered {
    /// The header `x-razorpay-event-id`.
    pub event_id: String,
    /// The event's name.
    pub event: String,
    /// The header `X-Razorpay-Signature`.
    pub signature: String,
    /// The body that was signed.
    pub body: String,
    /// The status answered; none when it was not sent or nobody answered in time.
    pub status: Option<u16>,
    /// What the answer said it cost, in the header of that name.
    pub server_timing: Option<String>,
}

async fn register(State(shared): State<Shared>, Json(account): Json<Account>) -> Result<StatusCode, Refusal> {
    if account.webhook_url.is_none() && (account.tenant.is_none() || shared.webhook_base.is_none()) {
        return Err(Refusal::bad_request("give webhookUrl, or tenant and start the stand-in with --webhook-url-base"));
    }
    shared.books().register(account);
    Ok(StatusCode::NO_CONTENT)
}

async fn set_faults(State(shared): State<Shared>, Json(faults): Json<Faults>) -> StatusCode {
    shared.books().faults = faults;
    StatusCode::NO_CONTENT
}

async fn take(State(shared): State<Shared>, Json(take): Json<Take>) -> Result<Json<Vec<String>>, Refusal> {
    let mut books = shared.books();
    account_of(&books.accounts, &take.key_id)?;
    let now = shared.ambient.now().as_seconds();
    let mut taken = Vec::with_capacity(take.count);
    for _ in 0..take.count {
        let (order, id) = (shared.id("order"), shared.id("pay"));
        let payment = Payment { id: id.clone(), status: Status::Captured, created_at: now };
        let order = Order {
            id: order,
            key_id: take.key_id.clone(),
            amount: take.amount,
            currency: take.currency.clone(),
            receipt: None,
            notes: take.notes.clone(),
            created_at: now,
            by_hand: true,
            payments: vec![payment],
            refunds: Vec::new(),
            events: Vec::new(),
        };
        books.orders.insert(order.id.clone(), order);
        taken.push(id);
    }
    Ok(Json(taken))
}

async fn pay(
    State(shared): State<Shared>,
    Path(id): Path<String>,
    Json(attempt): Json<Pay>,
) -> Result<Json<Paid>, Refusal> {
    let (events, known, payment_id) = {
        let mut books = shared.books();
        let order = books.orders.get_mut(&id).ok_or_else(|| Refusal::bad_request("no such order"))?;
        let (payment_id, events) = play(&shared, order, &attempt)?;
        let key_id = order.key_id.clone();
        (events, account_of(&books.accounts, &key_id)?, payment_id)
    };
    let succeeded = attempt.outcome != Outcome::Fail;
    let signature =
        succeeded.then(|| delivery::sign(&known.account.key_secret, format!("{id}|{payment_id}").as_bytes()));
    let delivered = delivery::deliver(&shared, &known, events, &attempt.deliver).await?;
    Ok(Json(Paid { order_id: id, payment_id, signature, delivered }))
}

async fn deliver(
    State(shared): State<Shared>,
    Path(id): Path<String>,
    Json(how): Json<Deliver>,
) -> Result<Json<Vec<Delivered>>, Refusal> {
    let (events, known) = {
        let books = shared.books();
        let order = books.orders.get(&id).ok_or_else(|| Refusal::bad_request("no such order"))?;
        (order.events.clone(), account_of(&books.accounts, &order.key_id)?)
    };
    Ok(Json(delivery::deliver(&shared, &known, events, &how).await?))
}

fn account_of(accounts: &BTreeMap<String, Registered>, key_id: &str) -> Result<Registered, Refusal> {
    accounts.get(key_id).cloned().ok_or_else(|| Refusal::bad_request("the account is gone"))
}

/// Lets the attempt happen and returns the payment's id and the events that tell of it.
fn play(shared: &Shared, order: &mut Order, attempt: &Pay) -> Result<(String, Vec<Event>), Refusal> {
    let now = shared.ambient.now().as_seconds();
    let position = match &attempt.payment_id {
        Some(id) => order.payments.iter().position(|payment| payment.id == *id),
        None => {
            let id = shared.id("pay");
            order.payments.push(Payment { id, status: Status::Failed, created_at: now });
            order.payments.len().checked_sub(1)
        }
    };
    let position = position.ok_or_else(|| Refusal::bad_request("no such payment"))?;
    let steps: &[(Status, &[&'static str])] = match attempt.outcome {
        Outcome::Authorize => &[(Status::Authorized, &["payment.authorized"])],
        Outcome::Fail => &[(Status::Failed, &["payment.failed"])],
        Outcome::Capture => {
            &[(Status::Authorized, &["payment.authorized"]), (Status::Captured, &["payment.captured", "order.paid"])]
        }
        Outcome::LateCapture => &[
            (Status::Failed, &["payment.failed"]),
            (Status::Authorized, &["payment.authorized"]),
            (Status::Captured, &["payment.captured", "order.paid"]),
        ],
    };
    let first_new = order.events.len();
    for (status, names) in steps {
        if let Some(payment) = order.payments.get_mut(position) {
            payment.status = *status;
        }
        for name in *names {
            let event = event(shared, order, position, name, now)?;
            order.events.push(event);
        }
    }
    let payment_id = order.payments.get(position).map(|payment| payment.id.clone()).unwrap_or_default();
    Ok((payment_id, order.events.iter().skip(first_new).cloned().collect()))
}

fn event(shared: &Shared, order: &Order, position: usize, name: &'static str, now: i64) -> Result<Event, Refusal> {
    let payment = order.payments.get(position).ok_or_else(|| Refusal::bad_request("no such payment"))?;
    let mut payload = json!({ "payment": { "entity": order.payment_entity(payment) } });
    let mut contains = vec!["payment"];
    if let (true, Some(payload)) = (name == "order.paid", payload.as_object_mut()) {
        payload.insert("order".to_owned(), json!({ "entity": order.entity() }));
        contains.push("order");
    }
    let body: Value = json!({
        "entity": "event",
        // The account's id is filled in on delivery, when the account is known.
        "account_id": null,
        "event": name, "contains": contains, "payload": payload, "created_at": now,
    });
    Ok(Event { id: shared.id("evt"), name, body })
}
