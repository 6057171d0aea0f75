//! Webhooks on their way.

use aws_lc_rs::hmac;
use reqwest::Response;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::Shared;
use super::books::{Event, Registered};
use super::control::{Alter, Deliver, Delivered};
use super::wire::Refusal;
use crate::network::{Signer, insist};

/// Signs as Razorpay does.
pub(super) fn sign(secret: &str, message: &[u8]) -> String {
    hex::encode(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), message))
}

/// Delivers events as told and returns every delivery with its answer.
pub(super) async fn deliver(
    shared: &Shared,
    known: &Registered,
    events: Vec<Event>,
    how: &Deliver,
) -> Result<Vec<Delivered>, Refusal> {
    let secret = match how.signed_by {
        Signer::Current => known.account.webhook_secret.as_str(),
        Signer::Old => {
            known.old_secret.as_deref().ok_or_else(|| Refusal::bad_request("the secret was never rotated"))?
        }
        Signer::Stranger => "a secret that nobody registered",
    };
    let mut letters: Vec<Delivered> = Vec::new();
    for event in events.iter().filter(|event| how.events.is_empty() || how.events.iter().any(|name| name == event.name))
    {
        let body = altered(event.body.clone(), &known.account.account_id, &how.alter).to_string();
        let signature = sign(secret, body.as_bytes());
        for _ in 0..how.times {
            letters.push(Delivered {
                event_id: if how.new_event_ids { shared.id("evt") } else { event.id.clone() },
                event: event.name.to_owned(),
                signature: signature.clone(),
                body: body.clone(),
                status: None,
                server_timing: None,
            });
        }
    }
    if how.shuffle {
        letters.sort_by_cached_key(|_| shared.ambient.bytes::<16>());
    }
    if !how.send {
        return Ok(letters);
    }
    let url = url(shared, known)?;
    if !how.parallel {
        for letter in &mut letters {
            letter.answered(post(&shared.http, &url, letter).await);
        }
        return Ok(letters);
    }
    let mut under_way = JoinSet::new();
    for (position, letter) in letters.iter().cloned().enumerate() {
        let (http, url) = (shared.http.clone(), url.clone());
        under_way.spawn(async move { (position, post(&http, &url, &letter).await) });
    }
    while let Some(joined) = under_way.join_next().await {
        if let Ok((position, answer)) = joined
            && let Some(letter) = letters.get_mut(position)
        {
            letter.answered(answer);
        }
    }
    Ok(letters)
}

fn url(shared: &Shared, known: &Registered) -> Result<String, Refusal> {
    match (&known.account.webhook_url, &known.account.tenant, &shared.webhook_base) {
        (Some(url), _, _) => Ok(url.clone()),
        (None, Some(tenant), Some(base)) => Ok(format!("{base}/api/v1/webhooks/razorpay/{tenant}")),
        _ => Err(Refusal::bad_request("the account has no webhook address")),
    }
}

async fn post(http: &reqwest::Client, url: &str, letter: &Delivered) -> Option<Response> {
    let message = http
        .post(url)
        .header("content-type", "application/json")
        .header("user-agent", "Razorpay-Webhook/v1")
        .header("x-razorpay-signature", &letter.signature)
        .header("x-razorpay-event-id", &letter.event_id)
        .body(letter.body.clone());
    insist(message).await
}

impl Delivered {
    fn answered(&mut self, answer: Option<Response>) {
        let Some(answer) = answer else { return };
        self.status = Some(answer.status().as_u16());
        let timing = answer.headers().get("server-timing").and_then(|timing| timing.to_str().ok());
        self.server_timing = timing.map(str::to_owned);
    }
}

fn altered(mut body: Value, account_id: &str, alter: &Alter) -> Value {
    let mut set = |pointer: &str, value: Option<Value>| {
        if let (Some(value), Some(place)) = (value, body.pointer_mut(pointer)) {
            *place = value;
        }
    };
    set("/account_id", Some(json!(alter.account_id.as_deref().unwrap_or(account_id))));
    set("/payload/payment/entity/order_id", alter.order_id.as_ref().map(|id| json!(id)));
    set("/payload/order/entity/id", alter.order_id.as_ref().map(|id| json!(id)));
    set("/payload/payment/entity/status", alter.status.as_ref().map(|status| json!(status)));
    for entity in ["payment", "order"] {
        let at = |field: &str| format!("/payload/{entity}/entity/{field}");
        set(&at("amount"), alter.amount.map(|amount| json!(amount)));
        set(&at("currency"), alter.currency.as_ref().map(|currency| json!(currency)));
        set(&at("notes"), alter.notes.as_ref().map(super::notes));
    }
    body
}
