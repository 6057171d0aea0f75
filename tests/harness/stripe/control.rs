//! The strings that a test pulls: who has an account, who pays, what the network does to the events.

use aws_lc_rs::hmac;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Shared;
use super::books::{Event, Intent, Refund, Registered, Status};
use super::charges::{Take, take};
use super::disputes::{Contest, contest};
use crate::network::{Control, Faults, Impossible, Signer, Travel, insist};

const UNKNOWN: Impossible = Impossible("no such intent");

pub(super) fn router() -> Router<Shared> {
    Router::new()
        .route("/accounts", post(register))
        .route("/faults", post(set_faults))
        .route("/charges", post(take))
        .route("/intents/{id}/decide", post(decide))
        .route("/intents/{id}/deliver", post(redeliver))
        .route("/intents/{id}/refund", post(refund))
        .route("/intents/{id}/refunds", post(settle))
        .route("/intents/{id}/dispute", post(contest))
}

/// A merchant's account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Account {
    /// The secret key, `sk_test_…`.
    pub secret_key: String,
    /// What webhooks are signed with, `whsec_…`.
    pub webhook_secret: String,
    /// Where webhooks go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook_url: Option<String>,
    /// Instead of `webhookUrl`: the tenant whose webhook address under the webhook base it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// The status that new refunds have; `succeeded` when none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refunds: Option<String>,
}

/// What becomes of an intent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The money is taken.
    #[default]
    Succeed,
    /// The card is declined; the payer may try again.
    Decline,
    /// The money is reserved.
    Authorize,
    /// It is called off for good.
    Cancel,
}

/// What becomes of an intent, and how that is told.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Decide {
    /// What becomes of it.
    pub outcome: Outcome,
    /// How the events travel.
    pub travel: Travel,
}

/// What became of an intent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Decided {
    /// Its status.
    pub status: String,
    /// The events, in the order in which they were sent.
    pub delivered: Vec<Delivered>,
}

/// One event and its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Delivered {
    /// The event's type.
    pub kind: String,
    /// The header `Stripe-Signature`.
    pub signature: String,
    /// The body that was signed.
    pub body: String,
    /// The status answered to the last try; none when it was not sent or nobody answered in time.
    pub status: Option<u16>,
}

async fn register(State(shared): State<Shared>, Json(account): Json<Account>) -> StatusCode {
    shared.books().register(account);
    StatusCode::NO_CONTENT
}

async fn set_faults(State(shared): State<Shared>, Json(faults): Json<Faults>) -> StatusCode {
    shared.ahead.set(faults);
    StatusCode::NO_CONTENT
}

/// Remembers that something happened.
pub(super) fn event(shared: &Shared, kind: &'static str, mut object: Value) -> Event {
    if let Some(fields) = object.as_object_mut() {
        fields.remove("client_secret");
    }
    Event { id: shared.id("evt"), kind, object }
}

async fn decide(
    State(shared): State<Shared>,
    Path(id): Path<String>,
    Json(how): Json<Decide>,
) -> Result<Json<Decided>, Impossible> {
    let (status, intent, events) = {
        let mut books = shared.books();
        let intent = books.intents.get_mut(&id).ok_or(UNKNOWN)?;
        if matches!(intent.status, Status::Succeeded | Status::Canceled) {
            return Err(Impossible("the intent is at its end"));
        }
        let first_new = intent.events.len();
        play(&shared, intent, how.outcome);
        let events: Vec<_> = intent.events.iter().skip(first_new).cloned().collect();
        (intent.object(), intent.clone(), events)
    };
    let status = status.get("status").and_then(Value::as_str).unwrap_or_default().to_owned();
    Ok(Json(Decided { status, delivered: deliver(&shared, &intent, &events, &how.travel).await? }))
}

fn play(shared: &Shared, intent: &mut Intent, outcome: Outcome) {
    let (status, kind) = match outcome {
        Outcome::Succeed => (Status::Succeeded, "payment_intent.succeeded"),
        Outcome::Decline => (Status::RequiresPaymentMethod, "payment_intent.payment_failed"),
        Outcome::Authorize => (Status::RequiresCapture, "payment_intent.amount_capturable_updated"),
        Outcome::Cancel => (Status::Canceled, "payment_intent.canceled"),
    };
    match outcome {
        Outcome::Cancel => intent.cancelled = Some((shared.now(), None)),
        Outcome::Succeed | Outcome::Decline | Outcome::Authorize => {
            (intent.charge, intent.charged) = (Some(shared.id("ch")), shared.now());
        }
    }
    (intent.status, intent.refused) = (status, outcome == Outcome::Decline);
    let object = intent.object();
    intent.events.push(event(shared, kind, object));
}

async fn redeliver(
    State(shared): State<Shared>,
    Path(id): Path<String>,
    Json(travel): Json<Travel>,
) -> Result<Json<Vec<Delivered>>, Impossible> {
    let intent = shared.books().intents.get(&id).cloned().ok_or(UNKNOWN)?;
    Ok(Json(deliver(&shared, &intent, &intent.events, &travel).await?))
}

/// Money given back in Stripe's dashboard.
#[derive(Serialize, Deserialize)]
struct ByHand {
    amount: i64,
}

async fn refund(
    State(shared): State<Shared>,
    Path(id): Path<String>,
    Json(by_hand): Json<ByHand>,
) -> Result<Json<Vec<Delivered>>, Impossible> {
    let (intent, told) = {
        let mut books = shared.books();
        let intent = books.intents.get_mut(&id).ok_or(UNKNOWN)?;
        let (id, amount, created) = (shared.id("re"), by_hand.amount, shared.now());
        let made = Refund { id, amount, metadata: Default::default(), status: "succeeded".to_owned(), created };
        let told = event(&shared, "refund.created", intent.refund_object(&made));
        intent.refunds.push(made);
        intent.events.push(told.clone());
        (intent.clone(), told)
    };
    Ok(Json(deliver(&shared, &intent, &[told], &Travel::default()).await?))
}

/// How far refunds have come, and how that is told.
#[derive(Serialize, Deserialize)]
struct Settle {
    status: String,
    travel: Travel,
}

async fn settle(
    State(shared): State<Shared>,
    Path(id): Path<String>,
    Json(settle): Json<Settle>,
) -> Result<Json<Vec<Delivered>>, Impossible> {
    let (intent, told) = {
        let mut books = shared.books();
        let intent = books.intents.get_mut(&id).ok_or(UNKNOWN)?;
        for refund in &mut intent.refunds {
            refund.status.clone_from(&settle.status);
        }
        let kind = if settle.status == "failed" { "refund.failed" } else { "refund.updated" };
        let told = intent.refunds.iter().map(|refund| event(&shared, kind, intent.refund_object(refund)));
        let told: Vec<_> = told.collect();
        intent.events.extend(told.clone());
        (intent.clone(), told)
    };
    Ok(Json(deliver(&shared, &intent, &told, &settle.travel).await?))
}

pub(super) async fn deliver(
    shared: &Shared,
    intent: &Intent,
    events: &[Event],
    travel: &Travel,
) -> Result<Vec<Delivered>, Impossible> {
    let known = shared.books().accounts.get(&intent.secret_key).cloned().ok_or(Impossible("the account is gone"))?;
    let letters = events.iter().map(|event| letter(shared, &known, event, travel)).collect();
    let letters = travel.spread(letters, &shared.ambient);
    let url = match (&known.account.webhook_url, &known.account.tenant, &shared.webhook_base) {
        (Some(url), _, _) => url.clone(),
        (None, Some(tenant), Some(base)) => format!("{base}/api/v1/webhooks/stripe/{tenant}"),
        _ if travel.send => return Err(Impossible("the account has no webhook address")),
        _ => String::new(),
    };
    Ok(travel.carry(letters, |letter| send(&shared.http, &url, letter)).await)
}

fn letter(shared: &Shared, known: &Registered, event: &Event, travel: &Travel) -> Delivered {
    let now = shared.now();
    let mut body = json!({
        "id": event.id, "object": "event", "api_version": "2024-06-20", "created": now,
        "data": { "object": event.object }, "livemode": false, "pending_webhooks": 1,
        "request": { "id": null, "idempotency_key": null }, "type": event.kind,
    });
    for (pointer, value) in &travel.alter {
        if let Some(place) = body.pointer_mut(pointer) {
            *place = value.clone();
        }
    }
    let body = body.to_string();
    let (current, old) = (known.account.webhook_secret.as_str(), known.old_secret.as_deref());
    let secrets: Vec<&str> = match travel.signed_by {
        Signer::Current => std::iter::once(current).chain(old).collect(),
        Signer::Old => old.into_iter().collect(),
        Signer::Stranger => vec!["whsec_that_nobody_registered"],
    };
    let marks: String = secrets.iter().map(|secret| format!(",v1={}", sign(secret, now, &body))).collect();
    Delivered { kind: event.kind.to_owned(), signature: format!("t={now}{marks}"), body, status: None }
}

/// Signs as Stripe does.
fn sign(secret: &str, seconds: i64, body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    hex::encode(hmac::sign(&key, format!("{seconds}.{body}").as_bytes()))
}

async fn send(http: &reqwest::Client, url: &str, mut letter: Delivered) -> Delivered {
    let message = http
        .post(url)
        .header("content-type", "application/json; charset=utf-8")
        .header("user-agent", "Stripe/1.0 (+https://stripe.com/docs/webhooks)")
        .header("stripe-signature", &letter.signature)
        .body(letter.body.clone());
    letter.status = insist(message).await.map(|answer| answer.status().as_u16());
    letter
}

/// A client of the control API; cheap to clone.
#[derive(Debug, Clone)]
pub struct Remote(Control);

impl Remote {
    /// Points at a running stand-in.
    pub fn at(url: &str) -> Self {
        Self(Control::at(url, "stripe"))
    }

    /// Makes an account known, or rotates its webhook secret.
    ///
    /// # Errors
    /// When the stand-in can't be reached.
    pub async fn register(&self, account: &Account) -> reqwest::Result<()> {
        self.0.tell("accounts", account).await
    }

    /// Takes charges without an intent, and returns their ids.
    ///
    /// # Errors
    /// When the stand-in can't be reached or refuses.
    pub async fn take(&self, take: &Take) -> reqwest::Result<Vec<String>> {
        self.0.ask("charges", take).await
    }

    /// Says what becomes of an intent.
    ///
    /// # Errors
    /// When the stand-in can't be reached or refuses.
    pub async fn decide(&self, intent: &str, how: &Decide) -> reqwest::Result<Decided> {
        self.0.ask(&format!("intents/{intent}/decide"), how).await
    }

    /// Delivers everything that happened to an intent once more.
    ///
    /// # Errors
    /// When the stand-in can't be reached or refuses.
    pub async fn deliver(&self, intent: &str, travel: &Travel) -> reqwest::Result<Vec<Delivered>> {
        self.0.ask(&format!("intents/{intent}/deliver"), travel).await
    }

    /// Gives money back in Stripe's dashboard.
    ///
    /// # Errors
    /// When the stand-in can't be reached or refuses.
    pub async fn refund_by_hand(&self, intent: &str, amount: i64) -> reqwest::Result<Vec<Delivered>> {
        self.0.ask(&format!("intents/{intent}/refund"), &ByHand { amount }).await
    }

    /// Says how far all refunds of an intent have come.
    ///
    /// # Errors
    /// When the stand-in can't be reached or refuses.
    pub async fn settle_refunds(&self, intent: &str, status: &str, travel: &Travel) -> reqwest::Result<Vec<Delivered>> {
        let settle = Settle { status: status.to_owned(), travel: travel.clone() };
        self.0.ask(&format!("intents/{intent}/refunds"), &settle).await
    }

    /// Lets the payer's bank contest what an intent took, or go on with that: `needs_response`, `under_review`, `won`, `lost`.
    ///
    /// # Errors
    /// When the stand-in can't be reached or refuses.
    pub async fn contest(&self, intent: &str, status: &str, travel: &Travel) -> reqwest::Result<Vec<Delivered>> {
        let contest = Contest { status: status.to_owned(), travel: travel.clone() };
        self.0.ask(&format!("intents/{intent}/dispute"), &contest).await
    }

    /// Makes the next calls of the API fail.
    ///
    /// # Errors
    /// When the stand-in can't be reached.
    pub async fn fail_next(&self, faults: &Faults) -> reqwest::Result<()> {
        self.0.tell("faults", &json!(faults)).await
    }
}
