//! The page to pay at.

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;

use super::Shared;
use super::books::Payment;
use super::signature::{parameters, verified};

pub(super) fn router() -> Router<Shared> {
    Router::new().route("/paymentv2/vpcpay.html", get(open))
}

async fn open(State(shared): State<Shared>, RawQuery(query): RawQuery) -> Response {
    match opened(&shared, query.as_deref().unwrap_or_default()) {
        Ok(txn_ref) => Html(format!(
            "<!doctype html><title>VNPAY</title><p>POST {{\"outcome\":\"paid\"}} to /_standin/vnpay/payments/{txn_ref}/decide"
        ))
        .into_response(),
        // As VNPay does: its page of errors with a code.
        Err(code) => {
            (StatusCode::FOUND, [(LOCATION, format!("/vnpay/paymentv2/Payment/Error.html?code={code}"))]).into_response()
        }
    }
}

/// Remembers a payment, or says with VNPay's code why it can't be paid: 01 paid already, 03 wrong format, 15 too late, 70
/// wrong signature, 72 unknown terminal.
fn opened(shared: &Shared, query: &str) -> Result<String, &'static str> {
    let parameters = parameters(query);
    let value = |name: &str| parameters.get(name).cloned().unwrap_or_default();
    let mut books = shared.books();
    let (terminal, _) = books.terminals.get(&value("vnp_TmnCode")).ok_or("72")?;
    if !verified(&terminal.hash_secret, &parameters) {
        return Err("70");
    }
    let digits = |text: &str, length: std::ops::RangeInclusive<usize>| {
        length.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
    };
    let info = value("vnp_OrderInfo");
    let well_formed = value("vnp_Version") == "2.1.0"
        && value("vnp_Command") == "pay"
        && value("vnp_CurrCode") == "VND"
        && matches!(value("vnp_Locale").as_str(), "vn" | "en")
        && digits(&value("vnp_Amount"), 1..=12)
        && digits(&value("vnp_CreateDate"), 14..=14)
        && digits(&value("vnp_ExpireDate"), 14..=14)
        && (1..=255).contains(&info.len())
        && info.bytes().all(|b| b.is_ascii_alphanumeric() || b" .,:-".contains(&b))
        && (7..=45).contains(&value("vnp_IpAddr").len())
        && (10..=255).contains(&value("vnp_ReturnUrl").len())
        && (1..=100).contains(&value("vnp_OrderType").len())
        && (1..=100).contains(&value("vnp_TxnRef").len());
    let amount = value("vnp_Amount").parse().ok().filter(|_| well_formed).ok_or("03")?;
    let txn_ref = value("vnp_TxnRef");
    if books.payments.get(&txn_ref).is_some_and(|known| known.paid().is_some() || known.amount != amount) {
        return Err("01");
    }
    if value("vnp_ExpireDate") <= shared.date() {
        return Err("15");
    }
    books.payments.entry(txn_ref.clone()).or_insert_with(|| Payment {
        tmn_code: value("vnp_TmnCode"),
        txn_ref: txn_ref.clone(),
        amount,
        create_date: value("vnp_CreateDate"),
        order_info: info,
        return_url: value("vnp_ReturnUrl"),
        results: Vec::new(),
        refunds: Vec::new(),
    });
    Ok(txn_ref)
}
