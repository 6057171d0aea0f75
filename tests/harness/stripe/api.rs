//! Stripe's own API.

use axum::extract::{FromRequestParts, Path, RawQuery, State};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::Shared;
use super::books::{Books, Intent, Refund, Status};
use super::charges::list_charges;
use super::control::event;
use super::wire::{Form, Refusal, list};
use crate::network::faulty;

pub(super) fn router(shared: &Shared) -> Router<Shared> {
    Router::new()
        .route("/v1/payment_intents", post(create_intent).get(list_intents))
        .route("/v1/payment_intents/{id}", get(get_intent))
        .route("/v1/payment_intents/{id}/cancel", post(cancel_intent))
        .route("/v1/charges", get(list_charges))
        .route("/v1/refunds", post(create_refund).get(list_refunds))
        .route("/v1/refunds/{id}", get(get_refund))
        .layer(from_fn_with_state(shared.ahead.clone(), faulty))
}

/// Why an intent may be said to be called off.
const CANCELLATION_REASONS: [&str; 4] = ["duplicate", "fraudulent", "requested_by_customer", "abandoned"];

/// The secret key of an authenticated call.
pub(super) struct SecretKey(pub(super) String);

impl FromRequestParts<Shared> for SecretKey {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Self, Refusal> {
        let header = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let key = match (header.strip_prefix("Bearer "), header.strip_prefix("Basic ")) {
            (Some(key), _) => Some(key.to_owned()),
            (_, Some(pair)) => STANDARD
                .decode(pair)
                .ok()
                .and_then(|pair| String::from_utf8(pair).ok()?.split_once(':').map(|(user, _)| user.to_owned())),
            _ => None,
        };
        let known = key.filter(|key| shared.books().accounts.contains_key(key));
        known.map(Self).ok_or_else(Refusal::unauthorized)
    }
}

/// Does what a call asks, or answers as the first call with its idempotency key was answered.
fn once(
    shared: &Shared,
    key: &str,
    headers: &HeaderMap,
    asked: String,
    work: impl FnOnce(&mut Books) -> Result<Value, Refusal>,
) -> Response {
    let mut books = shared.books();
    let name = headers.get("idempotency-key").and_then(|name| name.to_str().ok());
    let slot = name.map(|name| (key.to_owned(), name.to_owned()));
    if let Some((first, status, body)) = slot.as_ref().and_then(|slot| books.first.get(slot)) {
        if *first != asked {
            return Refusal::other_parameters(name.unwrap_or_default()).into_response();
        }
        let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::OK);
        return (status, [("idempotent-replayed", "true")], Json(body.clone())).into_response();
    }
    let (status, body) = match work(&mut books) {
        Ok(body) => (StatusCode::OK, body),
        Err(refusal) => (refusal.status, refusal.body()),
    };
    if let Some(slot) = slot {
        books.first.insert(slot, (asked, status.as_u16(), body.clone()));
    }
    (status, Json(body)).into_response()
}

async fn create_intent(
    State(shared): State<Shared>,
    SecretKey(key): SecretKey,
    headers: HeaderMap,
    body: String,
) -> Response {
    once(&shared, &key, &headers, format!("intents {body}"), |books| {
        let form = Form::read(&body);
        form.only(&["amount", "currency", "automatic_payment_methods[enabled]", "description"])?;
        let amount = form.amount()?;
        let amount = amount.ok_or_else(|| Refusal::invalid("parameter_missing", "amount", "Missing: amount"))?;
        let currency = form.value("currency").unwrap_or_default();
        if !["inr", "usd", "vnd", "kwd"].contains(&currency) {
            return Err(Refusal::invalid("parameter_invalid", "currency", format!("Invalid currency: {currency}")));
        }
        if currency == "kwd" && amount % 10 != 0 {
            return Err(Refusal::invalid("parameter_invalid", "amount", "The last digit of KWD must be 0"));
        }
        let id = shared.id("pi");
        let intent = Intent {
            client_secret: format!("{id}_secret_{}", hex::encode(shared.ambient.bytes::<12>())),
            secret_key: key.clone(),
            amount,
            currency: currency.to_owned(),
            metadata: form.metadata()?,
            status: Status::RequiresPaymentMethod,
            cancelled: None,
            charge: None,
            charged: 0,
            by_hand: false,
            refused: false,
            created: shared.now(),
            refunds: Vec::new(),
            dispute: None,
            events: Vec::new(),
            id: id.clone(),
        };
        let object = intent.object();
        books.intents.insert(id, intent);
        Ok(object)
    })
}

fn own<'a>(books: &'a Books, key: &str, id: &str) -> Result<&'a Intent, Refusal> {
    let found = books.intents.get(id).filter(|intent| intent.secret_key == key && !intent.by_hand);
    found.ok_or_else(|| Refusal::missing("payment_intent", "intent", id))
}

async fn get_intent(
    State(shared): State<Shared>,
    SecretKey(key): SecretKey,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    Ok(Json(own(&shared.books(), &key, &id)?.object()))
}

/// Calls an intent off; one that is at its end is refused, whichever end it is.
async fn cancel_intent(
    State(shared): State<Shared>,
    SecretKey(key): SecretKey,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: String,
) -> Response {
    once(&shared, &key, &headers, format!("cancel {id} {body}"), |books| {
        let form = Form::read(&body);
        form.only(&["cancellation_reason"])?;
        let reason = form.value("cancellation_reason");
        if !reason.is_none_or(|reason| CANCELLATION_REASONS.contains(&reason)) {
            return Err(Refusal::invalid("parameter_invalid", "cancellation_reason", "Invalid cancellation_reason"));
        }
        own(books, &key, &id)?;
        let intent = books.intents.get_mut(&id).ok_or_else(|| Refusal::missing("payment_intent", "intent", &id))?;
        if matches!(intent.status, Status::Succeeded | Status::Canceled) {
            return Err(Refusal::unexpected_state(&format!(
                "You cannot cancel this PaymentIntent because it has a status of {}.",
                intent.status.as_str()
            )));
        }
        intent.cancelled = Some((shared.now(), reason.map(str::to_owned)));
        intent.status = Status::Canceled;
        let object = intent.object();
        intent.events.push(event(&shared, "payment_intent.canceled", object.clone()));
        Ok(object)
    })
}

async fn list_intents(State(shared): State<Shared>, SecretKey(key): SecretKey) -> Json<Value> {
    let books = shared.books();
    let intents = books.intents.values().filter(|intent| intent.secret_key == key && !intent.by_hand);
    list("/v1/payment_intents", &intents.map(Intent::object).collect::<Vec<_>>())
}

async fn create_refund(
    State(shared): State<Shared>,
    SecretKey(key): SecretKey,
    headers: HeaderMap,
    body: String,
) -> Response {
    once(&shared, &key, &headers, format!("refunds {body}"), |books| {
        let form = Form::read(&body);
        form.only(&["payment_intent", "amount", "reason"])?;
        let settings = books.accounts.get(&key).map(|known| known.account.refunds.clone());
        let id = form.value("payment_intent").unwrap_or_default();
        own(books, &key, id)?;
        let intent = books.intents.get_mut(id).ok_or_else(|| Refusal::missing("payment_intent", "intent", id))?;
        if intent.status != Status::Succeeded {
            let message = format!("This PaymentIntent ({id}) does not have a successful charge to refund.");
            return Err(Refusal::invalid("payment_intent_unexpected_state", "payment_intent", message));
        }
        if intent.dispute.as_ref().is_some_and(|dispute| !dispute.is_over()) {
            let message = "The charge has been charged back; cannot issue a refund.";
            return Err(Refusal::invalid("charge_disputed", "charge", message));
        }
        let left = intent.amount.saturating_sub(intent.given_back());
        let amount = form.amount()?.unwrap_or(left);
        if left == 0 {
            return Err(Refusal::invalid("charge_already_refunded", "charge", "The charge has already been refunded."));
        }
        if amount > left {
            return Err(Refusal::invalid(
                "parameter_invalid",
                "amount",
                "Refund amount is greater than unrefunded amount",
            ));
        }
        let refund = Refund {
            id: shared.id("re"),
            amount,
            metadata: form.metadata()?,
            status: settings.flatten().unwrap_or_else(|| "succeeded".to_owned()),
            created: shared.now(),
        };
        let object = intent.refund_object(&refund);
        intent.refunds.push(refund);
        intent.events.push(event(&shared, "refund.created", object.clone()));
        Ok(object)
    })
}

async fn list_refunds(
    State(shared): State<Shared>,
    SecretKey(key): SecretKey,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, Refusal> {
    let query = Form::read(query.as_deref().unwrap_or_default());
    let books = shared.books();
    let intent = own(&books, &key, query.value("payment_intent").unwrap_or_default())?;
    let refunds: Vec<_> = intent.refunds.iter().rev().map(|refund| intent.refund_object(refund)).collect();
    Ok(list("/v1/refunds", &refunds))
}

async fn get_refund(
    State(shared): State<Shared>,
    SecretKey(key): SecretKey,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let books = shared.books();
    let own = books.intents.values().filter(|intent| intent.secret_key == key);
    let mut refunds = own.flat_map(|intent| intent.refunds.iter().map(move |refund| (intent, refund)));
    let found = refunds.find(|(_, refund)| refund.id == id);
    let (intent, refund) = found.ok_or_else(|| Refusal::missing("refund", "id", &id))?;
    Ok(Json(intent.refund_object(refund)))
}
