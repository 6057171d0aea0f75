//! Razorpay's own API.

use std::collections::BTreeMap;

use axum::extract::{FromRequestParts, Path, Query, State};
use axum::http::header::{AUTHORIZATION, HeaderValue, WWW_AUTHENTICATE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Shared;
use super::books::{Order, Refund, Status};

pub(super) fn router() -> Router<Shared> {
    Router::new()
        .route("/v1/orders", post(create_order))
        .route("/v1/orders/{id}", get(get_order))
        .route("/v1/orders/{id}/payments", get(get_payments))
        .route("/v1/payments", get(list_payments))
        .route("/v1/payments/{id}/refund", post(refund))
        .route("/v1/refunds/{id}", get(get_refund))
}

/// An error as Razorpay writes it.
pub(super) struct Refusal {
    status: StatusCode,
    description: String,
    field: Option<&'static str>,
}

impl Refusal {
    pub(super) fn bad_request(description: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, description: description.into(), field: None }
    }

    fn field(field: &'static str, description: &str) -> Self {
        Self { field: Some(field), ..Self::bad_request(description) }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let code = if self.status.is_server_error() { "SERVER_ERROR" } else { "BAD_REQUEST_ERROR" };
        let mut error = json!({
            "code": code, "description": self.description, "source": "business", "step": "payment_initiation",
            "reason": "input_validation_failed", "metadata": {},
        });
        if let (Some(field), Some(error)) = (self.field, error.as_object_mut()) {
            error.insert("field".to_owned(), json!(field));
        }
        let mut response = (self.status, Json(json!({ "error": error }))).into_response();
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"Razorpay\""));
        }
        response
    }
}

/// The key id of an authenticated call. Scheduled faults strike here, before anything happens.
struct KeyId(String);

impl FromRequestParts<Shared> for KeyId {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Self, Refusal> {
        let mut books = shared.books();
        if let Some(status) = books.fault() {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            return Err(Refusal { status, description: "The server encountered an error.".to_owned(), field: None });
        }
        let pair = parts
            .headers
            .get(AUTHORIZATION)
            .and_then(|value| value.to_str().ok()?.strip_prefix("Basic "))
            .and_then(|encoded| String::from_utf8(STANDARD.decode(encoded).ok()?).ok());
        pair.as_deref()
            .and_then(|pair| pair.split_once(':'))
            .filter(|(id, secret)| books.accounts.get(*id).is_some_and(|known| known.account.key_secret == *secret))
            .map(|(id, _)| Self(id.to_owned()))
            .ok_or(Refusal {
                status: StatusCode::UNAUTHORIZED,
                description: "Authentication failed".to_owned(),
                field: None,
            })
    }
}

async fn create_order(
    State(shared): State<Shared>,
    KeyId(key_id): KeyId,
    Json(body): Json<Value>,
) -> Result<Json<Value>, Refusal> {
    let amount = body.get("amount").and_then(Value::as_i64);
    let amount = amount.ok_or_else(|| Refusal::field("amount", "The amount must be an integer."))?;
    let currency = body.get("currency").and_then(Value::as_str).unwrap_or_default();
    if currency.len() != 3 || !currency.bytes().all(|b| b.is_ascii_uppercase()) {
        return Err(Refusal::field("currency", "The currency field is required."));
    }
    if amount < if currency == "INR" { 100 } else { 1 } {
        return Err(Refusal::field("amount", "Order amount less than minimum amount allowed"));
    }
    let receipt = body.get("receipt").and_then(Value::as_str).map(str::to_owned);
    if receipt.as_ref().is_some_and(|receipt| receipt.chars().count() > 40) {
        return Err(Refusal::field("receipt", "The receipt may not be greater than 40 characters."));
    }
    let notes: BTreeMap<String, String> = match body.get("notes") {
        None | Some(Value::Null | Value::Array(_)) => BTreeMap::new(),
        Some(notes) => serde_json::from_value(notes.clone())
            .map_err(|_| Refusal::field("notes", "The notes must be texts by name."))?,
    };
    if notes.len() > 15 || notes.values().any(|note| note.chars().count() > 256) {
        return Err(Refusal::field("notes", "Number of fields in notes should be less than or equal to 15."));
    }
    let order = Order {
        id: shared.id("order"),
        key_id,
        amount,
        currency: currency.to_owned(),
        receipt,
        notes,
        created_at: shared.ambient.now().as_seconds(),
        by_hand: false,
        payments: Vec::new(),
        refunds: Vec::new(),
        events: Vec::new(),
    };
    let entity = order.entity();
    shared.books().orders.insert(order.id.clone(), order);
    Ok(Json(entity))
}

fn own_order(shared: &Shared, key_id: &str, id: &str) -> Result<Order, Refusal> {
    let books = shared.books();
    let order = books.orders.get(id).filter(|order| order.key_id == key_id && !order.by_hand);
    order.cloned().ok_or_else(|| Refusal::bad_request("The id provided does not exist"))
}

async fn get_order(
    State(shared): State<Shared>,
    KeyId(key_id): KeyId,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    Ok(Json(own_order(&shared, &key_id, &id)?.entity()))
}

async fn get_payments(
    State(shared): State<Shared>,
    KeyId(key_id): KeyId,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let order = own_order(&shared, &key_id, &id)?;
    let items: Vec<_> = order.payments.iter().map(|payment| order.payment_entity(payment)).collect();
    Ok(Json(json!({ "entity": "collection", "count": items.len(), "items": items })))
}

/// What part of the account's payments is to be listed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Window {
    #[serde(default)]
    from: i64,
    to: Option<i64>,
    count: Option<usize>,
    #[serde(default)]
    skip: usize,
}

/// Lists the account's payments, those that were made last first. The borders are left out: which side they belong to is not
/// documented.
async fn list_payments(
    State(shared): State<Shared>,
    KeyId(key_id): KeyId,
    Query(window): Query<Window>,
) -> Result<Json<Value>, Refusal> {
    let count = window.count.unwrap_or(10);
    if !(1..=100).contains(&count) {
        return Err(Refusal::field("count", "The count must be between 1 and 100."));
    }
    let to = window.to.unwrap_or(i64::MAX);
    let books = shared.books();
    let own = books.orders.values().filter(|order| order.key_id == key_id);
    let mut made: Vec<_> = own.flat_map(|order| order.payments.iter().map(move |payment| (order, payment))).collect();
    made.retain(|(_, payment)| payment.created_at > window.from && payment.created_at < to);
    made.sort_by(|(_, one), (_, other)| (other.created_at, &other.id).cmp(&(one.created_at, &one.id)));
    let page = made.into_iter().skip(window.skip).take(count);
    let items: Vec<_> = page.map(|(order, payment)| order.payment_entity(payment)).collect();
    Ok(Json(json!({ "entity": "collection", "count": items.len(), "items": items })))
}

async fn refund(
    State(shared): State<Shared>,
    KeyId(key_id): KeyId,
    Path(payment): Path<String>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Result<Json<Value>, Refusal> {
    let key = headers.get("x-refund-idempotency").and_then(|key| key.to_str().ok()).map(str::to_owned);
    if key.as_ref().is_some_and(|key| key.len() < 10) {
        return Err(Refusal::bad_request("The idempotency key must be at least 10 characters."));
    }
    let id = shared.id("rfnd");
    let mut books = shared.books();
    let order = books
        .orders
        .values_mut()
        .find(|order| order.key_id == key_id && order.payments.iter().any(|known| known.id == payment))
        .ok_or_else(|| Refusal::bad_request("The id provided does not exist"))?;
    let captured = order.payments.iter().any(|known| known.id == payment && known.status == Status::Captured);
    if !captured {
        return Err(Refusal::bad_request("The payment status should be captured for action to be taken"));
    }
    let given: i64 = order.refunds.iter().filter(|refund| refund.status != "failed").map(|refund| refund.amount).sum();
    let amount = body.get("amount").and_then(Value::as_i64).unwrap_or_else(|| order.amount.saturating_sub(given));
    if let Some(known) = order.refunds.iter().find(|refund| key.is_some() && refund.key == key) {
        if known.amount != amount {
            return Err(Refusal::bad_request("The idempotency key was used with another body."));
        }
        return Ok(Json(order.refund_entity(known)));
    }
    if amount < 1 || given.saturating_add(amount) > order.amount {
        return Err(Refusal::field("amount", "The total refund amount is greater than the refund payment amount"));
    }
    let notes = body.get("notes").cloned().and_then(|notes| serde_json::from_value(notes).ok()).unwrap_or_default();
    let made = Refund { id, payment, amount, key, notes, status: "processed" };
    let entity = order.refund_entity(&made);
    order.refunds.push(made);
    Ok(Json(entity))
}

async fn get_refund(
    State(shared): State<Shared>,
    KeyId(key_id): KeyId,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let books = shared.books();
    let own = books.orders.values().filter(|order| order.key_id == key_id);
    let found = own.flat_map(|order| order.refunds.iter().map(move |refund| (order, refund)));
    let found = found.into_iter().find(|(_, refund)| refund.id == id);
    let (order, refund) = found.ok_or_else(|| Refusal::bad_request("The id provided does not exist"))?;
    Ok(Json(order.refund_entity(refund)))
}
