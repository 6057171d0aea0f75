//! Questions and refunds.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::middleware::from_fn_with_state;
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Map, Value, json};

use super::Shared;
use super::books::{Books, Payment, Refund};
use super::control::Outcome;
use super::signature::sign_fields;
use crate::network::faulty;

const REQUESTED: [&str; 9] = [
    "vnp_RequestId",
    "vnp_Version",
    "vnp_Command",
    "vnp_TmnCode",
    "vnp_TxnRef",
    "vnp_TransactionDate",
    "vnp_CreateDate",
    "vnp_IpAddr",
    "vnp_OrderInfo",
];
const REFUND_REQUESTED: [&str; 13] = [
    "vnp_RequestId",
    "vnp_Version",
    "vnp_Command",
    "vnp_TmnCode",
    "vnp_TransactionType",
    "vnp_TxnRef",
    "vnp_Amount",
    "vnp_TransactionNo",
    "vnp_TransactionDate",
    "vnp_CreateBy",
    "vnp_CreateDate",
    "vnp_IpAddr",
    "vnp_OrderInfo",
];
const ANSWERED: [&str; 15] = [
    "vnp_ResponseId",
    "vnp_Command",
    "vnp_ResponseCode",
    "vnp_Message",
    "vnp_TmnCode",
    "vnp_TxnRef",
    "vnp_Amount",
    "vnp_BankCode",
    "vnp_PayDate",
    "vnp_TransactionNo",
    "vnp_TransactionType",
    "vnp_TransactionStatus",
    "vnp_OrderInfo",
    "vnp_PromotionCode",
    "vnp_PromotionAmount",
];

pub(super) fn router(shared: &Shared) -> Router<Shared> {
    let faults = from_fn_with_state(shared.ahead.clone(), faulty);
    Router::new().route("/merchant_webapi/api/transaction", post(transaction).layer(faults))
}

/// A call, with every value as text.
struct Call(BTreeMap<String, String>);

impl Call {
    fn value(&self, name: &str) -> &str {
        self.0.get(name).map(String::as_str).unwrap_or_default()
    }
}

/// The parts of an answer besides those that every answer has.
type Parts = Vec<(&'static str, String)>;

async fn transaction(State(shared): State<Shared>, Json(body): Json<Map<String, Value>>) -> Json<Value> {
    let text = |value: Value| match value {
        Value::String(text) => text,
        other => other.to_string(),
    };
    let call = Call(body.into_iter().map(|(name, value)| (name, text(value))).collect());
    let mut books = shared.books();
    let done = work(&shared, &mut books, &call);
    let (code, message, parts) = match done {
        Ok(parts) => ("00", "Success", parts),
        Err((code, message)) => (code, message, Vec::new()),
    };
    let mut answer = Map::new();
    for (name, value) in [
        ("vnp_ResponseId", shared.letters()),
        ("vnp_Command", call.value("vnp_Command").to_owned()),
        ("vnp_ResponseCode", code.to_owned()),
        ("vnp_Message", message.to_owned()),
        ("vnp_TmnCode", call.value("vnp_TmnCode").to_owned()),
        ("vnp_TxnRef", call.value("vnp_TxnRef").to_owned()),
        ("vnp_OrderInfo", call.value("vnp_OrderInfo").to_owned()),
    ]
    .into_iter()
    .chain(parts)
    {
        answer.insert(name.to_owned(), json!(value));
    }
    if let Some((terminal, _)) = books.terminals.get(call.value("vnp_TmnCode")) {
        let signed = if call.value("vnp_Command") == "refund" { &ANSWERED[..13] } else { &ANSWERED[..] };
        let field = |name: &&str| answer.get(*name).and_then(Value::as_str).unwrap_or_default();
        let hash = sign_fields(&terminal.hash_secret, signed.iter().map(field).collect::<Vec<_>>());
        answer.insert("vnp_SecureHash".to_owned(), json!(hash));
    }
    Json(Value::Object(answer))
}

/// Does what is asked, or says with VNPay's code why not.
fn work(shared: &Shared, books: &mut Books, call: &Call) -> Result<Parts, (&'static str, &'static str)> {
    let refund = match call.value("vnp_Command") {
        "refund" => true,
        "querydr" => false,
        _ => return Err(("03", "Invalid command")),
    };
    let (terminal, _) = books.terminals.get(call.value("vnp_TmnCode")).ok_or(("02", "Invalid TmnCode"))?;
    let signed = if refund { &REFUND_REQUESTED[..] } else { &REQUESTED[..] };
    let fields: Vec<_> = signed.iter().map(|name| call.value(name)).collect();
    if sign_fields(&terminal.hash_secret, fields) != call.value("vnp_SecureHash") {
        return Err(("97", "Invalid checksum"));
    }
    if signed.iter().any(|name| call.value(name).is_empty()) || call.value("vnp_RequestId").len() > 32 {
        return Err(("03", "Invalid data format"));
    }
    let settled = terminal.refunds.clone();
    let day = shared.date().get(..8).unwrap_or_default().to_owned();
    if !books.requests.insert((day, call.value("vnp_RequestId").to_owned())) {
        return Err(("94", "Request is duplicate"));
    }
    let number = books.number();
    let known = books.payments.get_mut(call.value("vnp_TxnRef")).filter(|payment| {
        payment.tmn_code == call.value("vnp_TmnCode") && payment.create_date == call.value("vnp_TransactionDate")
    });
    let payment = known.ok_or(("91", "Transaction is not found"))?;
    if refund { give_back(shared, payment, call, number, settled) } else { Ok(told(payment, call)) }
}

/// Tells of one transaction of a payment: the one that was named, or else the newest.
fn told(payment: &Payment, call: &Call) -> Parts {
    let named = call.value("vnp_TransactionNo");
    let refunds = payment.refunds.iter().rev();
    if let Some(refund) = { refunds }.find(|refund| named.is_empty() || refund.number == named) {
        return refund_parts(refund);
    }
    let last = payment.results.last();
    let status = last.map_or("01", |result| result.outcome.codes().1);
    vec![
        ("vnp_Amount", payment.amount.to_string()),
        ("vnp_BankCode", "NCB".to_owned()),
        ("vnp_PayDate", last.map(|result| result.pay_date.clone()).unwrap_or_default()),
        ("vnp_TransactionNo", last.map_or_else(|| "0".to_owned(), |result| result.number.clone())),
        ("vnp_TransactionType", "01".to_owned()),
        ("vnp_TransactionStatus", status.to_owned()),
    ]
}

fn refund_parts(refund: &Refund) -> Parts {
    vec![
        ("vnp_Amount", refund.amount.to_string()),
        ("vnp_BankCode", "NCB".to_owned()),
        ("vnp_PayDate", refund.date.clone()),
        ("vnp_TransactionNo", refund.number.clone()),
        ("vnp_TransactionType", refund.kind.clone()),
        ("vnp_TransactionStatus", refund.status.clone()),
    ]
}

fn give_back(
    shared: &Shared,
    payment: &mut Payment,
    call: &Call,
    number: String,
    settled: Option<String>,
) -> Result<Parts, (&'static str, &'static str)> {
    let paid = payment.results.iter().find(|result| result.outcome == Outcome::Paid);
    let paid = paid.ok_or(("95", "Transaction was not successful"))?;
    if !["0", &paid.number].contains(&call.value("vnp_TransactionNo")) {
        return Err(("91", "Transaction is not found"));
    }
    let amount: i64 = call.value("vnp_Amount").parse().map_err(|_| ("03", "Invalid data format"))?;
    let given = payment.given_back();
    match call.value("vnp_TransactionType") {
        "02" if given > 0 => return Err(("04", "No full refund after a partial one")),
        "02" if amount != payment.amount => return Err(("93", "Invalid amount")),
        "02" | "03" => {}
        _ => return Err(("03", "Invalid data format")),
    }
    if amount < 100 || given.saturating_add(amount) > payment.amount {
        return Err(("93", "Invalid amount"));
    }
    let kind = call.value("vnp_TransactionType").to_owned();
    let status = settled.unwrap_or_else(|| "05".to_owned());
    let refund = Refund { number, amount, kind, status, date: shared.date() };
    let parts = refund_parts(&refund);
    payment.refunds.push(refund);
    Ok(parts)
}
