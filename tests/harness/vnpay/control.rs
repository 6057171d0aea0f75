//! The strings that a test pulls: who has a terminal, who pays, what the network does to the notifications.

use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Shared;
use super::books::{Payment, Refund, Transaction};
use super::signature::signed_query;
use crate::network::{Control, Faults, Impossible, PATIENCE, Signer, Travel};

/// How often VNPay notifies until it is answered `00` or `02`.
const TRIES: u32 = 10;
/// Between two tries; VNPay waits for five minutes.
const PAUSE: Duration = Duration::from_millis(100);

pub(super) fn router() -> Router<Shared> {
    Router::new()
        .route("/terminals", post(register))
        .route("/faults", post(set_faults))
        .route("/payments/{reference}/decide", post(decide))
        .route("/payments/{reference}/deliver", post(deliver))
        .route("/payments/{reference}/refund", post(refund))
        .route("/payments/{reference}/refunds", post(settle))
}

/// A merchant's terminal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Terminal {
    /// Its code.
    pub tmn_code: String,
    /// What everything is signed with.
    pub hash_secret: String,
    /// Where notifications go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ipn_url: Option<String>,
    /// Instead of `ipnUrl`: the tenant whose address for notifications under the webhook base it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// The status that new refunds have; `05`, taken up by VNPay, when none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refunds: Option<String>,
}

/// What becomes of a payment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The money is taken.
    #[default]
    Paid,
    /// The bank refuses.
    Failed,
    /// The payer goes away.
    Cancelled,
    /// The money is taken and looked at.
    Review,
}

impl Outcome {
    /// The response code and the status of the transaction.
    pub(super) fn codes(self) -> (&'static str, &'static str) {
        match self {
            Self::Paid => ("00", "00"),
            Self::Failed => ("51", "02"),
            Self::Cancelled => ("24", "02"),
            Self::Review => ("07", "07"),
        }
    }
}

/// What becomes of a payment, and how that is told.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Decide {
    /// What becomes of it.
    pub outcome: Outcome,
    /// How the notification travels.
    pub travel: Travel,
}

/// What became of a payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Decided {
    /// Where the payer is sent.
    pub return_url: String,
    /// The number of the transaction.
    pub transaction_no: String,
    /// The notifications, in the order in which they were sent.
    pub delivered: Vec<Ipn>,
}

/// One notification and its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ipn {
    /// The signed query.
    pub query: String,
    /// `RspCode` of the last answer; none when it was not sent or nobody answered as documented.
    pub rsp_code: Option<String>,
    /// How often it was sent.
    pub tries: u32,
}

async fn register(State(shared): State<Shared>, Json(terminal): Json<Terminal>) -> StatusCode {
    shared.books().register(terminal);
    StatusCode::NO_CONTENT
}

async fn set_faults(State(shared): State<Shared>, Json(faults): Json<Faults>) -> StatusCode {
    shared.ahead.set(faults);
    StatusCode::NO_CONTENT
}

async fn decide(
    State(shared): State<Shared>,
    Path(reference): Path<String>,
    Json(how): Json<Decide>,
) -> Result<Json<Decided>, Impossible> {
    let (payment, result) = {
        let mut books = shared.books();
        let next = books.number();
        let payment = books.payments.get_mut(&reference).ok_or(Impossible("nobody opened the page to pay at"))?;
        if payment.paid().is_some() {
            return Err(Impossible("it is paid"));
        }
        // What was looked at goes on under its number.
        let looked_at = payment.results.last().filter(|last| last.outcome == Outcome::Review);
        let number = looked_at.map_or(next, |last| last.number.clone());
        let result = Transaction { number, outcome: how.outcome, pay_date: shared.date() };
        payment.results.push(result.clone());
        (payment.clone(), result)
    };
    let query = written(&shared, &payment, &result, &Travel::default())?;
    let separator = if payment.return_url.contains('?') { '&' } else { '?' };
    let return_url = format!("{}{separator}{query}", payment.return_url);
    let delivered = notify(&shared, &payment, std::slice::from_ref(&result), &how.travel).await?;
    Ok(Json(Decided { return_url, transaction_no: result.number, delivered }))
}

async fn deliver(
    State(shared): State<Shared>,
    Path(reference): Path<String>,
    Json(travel): Json<Travel>,
) -> Result<Json<Vec<Ipn>>, Impossible> {
    let payment = shared.books().payments.get(&reference).cloned();
    let payment = payment.ok_or(Impossible("nobody opened the page to pay at"))?;
    Ok(Json(notify(&shared, &payment, &payment.results, &travel).await?))
}

/// Money given back in VNPay's own portal.
#[derive(Serialize, Deserialize)]
struct ByHand {
    amount: i64,
}

async fn refund(
    State(shared): State<Shared>,
    Path(reference): Path<String>,
    Json(by_hand): Json<ByHand>,
) -> Result<StatusCode, Impossible> {
    let mut books = shared.books();
    let (number, date) = (books.number(), shared.date());
    let payment = books.payments.get_mut(&reference).ok_or(Impossible("nobody opened the page to pay at"))?;
    let (amount, kind, status) = (by_hand.amount.saturating_mul(100), "03".to_owned(), "00".to_owned());
    payment.refunds.push(Refund { number, amount, kind, status, date });
    Ok(StatusCode::NO_CONTENT)
}

/// How far refunds have come.
#[derive(Serialize, Deserialize)]
struct Settle {
    status: String,
}

async fn settle(
    State(shared): State<Shared>,
    Path(reference): Path<String>,
    Json(settle): Json<Settle>,
) -> Result<Json<usize>, Impossible> {
    let mut books = shared.books();
    let payment = books.payments.get_mut(&reference).ok_or(Impossible("nobody opened the page to pay at"))?;
    for refund in &mut payment.refunds {
        refund.status.clone_from(&settle.status);
    }
    Ok(Json(payment.refunds.len()))
}

async fn notify(
    shared: &Shared,
    payment: &Payment,
    results: &[Transaction],
    travel: &Travel,
) -> Result<Vec<Ipn>, Impossible> {
    let queries = results.iter().map(|result| written(shared, payment, result, travel));
    let queries = queries.collect::<Result<Vec<_>, _>>()?.into_iter();
    let messages =
        travel.spread(queries.map(|query| Ipn { query, rsp_code: None, tries: 0 }).collect(), &shared.ambient);
    let url = ipn_url(shared, payment).filter(|_| travel.send).unwrap_or_default();
    if travel.send && url.is_empty() {
        return Err(Impossible("the terminal has no address for notifications"));
    }
    Ok(travel.carry(messages, |ipn| send(&shared.http, &url, ipn)).await)
}

fn written(shared: &Shared, payment: &Payment, result: &Transaction, travel: &Travel) -> Result<String, Impossible> {
    let books = shared.books();
    let (terminal, old) = books.terminals.get(&payment.tmn_code).ok_or(Impossible("the terminal is gone"))?;
    let secret = match travel.signed_by {
        Signer::Current => terminal.hash_secret.as_str(),
        Signer::Old => old.as_deref().ok_or(Impossible("the secret was never rotated"))?,
        Signer::Stranger => "a secret that nobody registered",
    };
    let mut parameters = payment.result(result);
    for (name, value) in &travel.alter {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        parameters.insert(name.clone(), text);
    }
    Ok(signed_query(secret, &parameters))
}

fn ipn_url(shared: &Shared, payment: &Payment) -> Option<String> {
    let books = shared.books();
    let (terminal, _) = books.terminals.get(&payment.tmn_code)?;
    let of_tenant = || {
        let (base, tenant) = (shared.webhook_base.as_ref()?, terminal.tenant.as_ref()?);
        Some(format!("{base}/api/v1/webhooks/vnpay/{tenant}/ipn"))
    };
    terminal.ipn_url.clone().or_else(of_tenant)
}

/// Notifies until the answer is that it is recorded, or was before.
async fn send(http: &reqwest::Client, url: &str, mut ipn: Ipn) -> Ipn {
    while ipn.tries < TRIES && !matches!(ipn.rsp_code.as_deref(), Some("00" | "02")) {
        if ipn.tries > 0 {
            tokio::time::sleep(PAUSE).await;
        }
        ipn.tries = ipn.tries.saturating_add(1);
        let sent = http.get(format!("{url}?{}", ipn.query)).timeout(PATIENCE).send().await;
        let answer: Option<Value> = match sent {
            Ok(answer) if answer.status() == StatusCode::OK => answer.json().await.ok(),
            _ => None,
        };
        ipn.rsp_code = answer.and_then(|answer| answer.get("RspCode")?.as_str().map(str::to_owned));
    }
    ipn
}

/// A client of the control API; cheap to clone.
#[derive(Debug, Clone)]
pub struct Remote(Control);

impl Remote {
    /// Points at a running stand-in.
    pub fn at(url: &str) -> Self {
        Self(Control::at(url, "vnpay"))
    }

    /// Makes a terminal known, or rotates its secret.
    ///
    /// # Errors
    /// When the stand-in can't be reached.
    pub async fn register(&self, terminal: &Terminal) -> reqwest::Result<()> {
        self.0.tell("terminals", terminal).await
    }

    /// Says what becomes of a payment whose page was opened.
    ///
    /// # Errors
    /// When the stand-in can't be reached or refuses.
    pub async fn decide(&self, reference: &str, how: &Decide) -> reqwest::Result<Decided> {
        self.0.ask(&format!("payments/{reference}/decide"), how).await
    }

    /// Notifies of everything that happened to a payment once more.
    ///
    /// # Errors
    /// When the stand-in can't be reached or refuses.
    pub async fn deliver(&self, reference: &str, travel: &Travel) -> reqwest::Result<Vec<Ipn>> {
        self.0.ask(&format!("payments/{reference}/deliver"), travel).await
    }

    /// Gives đồng back in VNPay's own portal.
    ///
    /// # Errors
    /// When the stand-in can't be reached or refuses.
    pub async fn refund_by_hand(&self, reference: &str, amount: i64) -> reqwest::Result<()> {
        self.0.tell(&format!("payments/{reference}/refund"), &ByHand { amount }).await
    }

    /// Says how far all refunds of a payment have come, and counts them.
    ///
    /// # Errors
    /// When the stand-in can't be reached or refuses.
    pub async fn settle_refunds(&self, reference: &str, status: &str) -> reqwest::Result<usize> {
        self.0.ask(&format!("payments/{reference}/refunds"), &Settle { status: status.to_owned() }).await
    }

    /// Makes the next calls of the API fail.
    ///
    /// # Errors
    /// When the stand-in can't be reached.
    pub async fn fail_next(&self, faults: &Faults) -> reqwest::Result<()> {
        self.0.tell("faults", &json!(faults)).await
    }
}
