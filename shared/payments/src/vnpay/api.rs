use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use domain::ambient::Ambient;
use serde_json::{Map, Value, json};

use super::{CURRENCY, Credentials, HUNDREDTHS, amount, date, signature};
use crate::api::{ApiError, Attempt, Gateway, Handover, NewOrder, OpenOrder, PlacedOrder, Visit};
use crate::http::{LazyClient, read};
use crate::notification::{Charge, PaymentState};

const VERSION: &str = "2.1.0";
/// VNPay writes amounts with at most 12 digits.
const MAX_HUNDREDTHS: i64 = 999_999_999_999;

/// VNPay's page to pay at and its API; cheap to clone.
#[derive(Clone)]
pub struct Vnpay {
    page: Arc<str>,
    api: Arc<str>,
    client: LazyClient,
    ambient: Ambient,
}

impl fmt::Debug for Vnpay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Vnpay({})", self.api)
    }
}

impl Vnpay {
    /// Points at VNPay itself.
    pub fn live(ambient: Ambient) -> Self {
        let (page, api) =
            ("https://pay.vnpay.vn/vpcpay.html", "https://merchant.vnpay.vn/merchant_webapi/api/transaction");
        Self { page: page.into(), api: api.into(), client: LazyClient::default(), ambient }
    }

    /// Points at a base under which page and API are as in VNPay's sandbox.
    pub fn at(base: &str, ambient: Ambient) -> Self {
        let base = base.trim_end_matches('/');
        let (page, api) = (format!("{base}/paymentv2/vpcpay.html"), format!("{base}/merchant_webapi/api/transaction"));
        Self { page: page.into(), api: api.into(), client: LazyClient::default(), ambient }
    }

    /// Signs the address to pay an order at. It stays the same when it is asked for again.
    ///
    /// # Errors
    /// When the amount can't be paid in VNPay's currency.
    pub fn pay_url(&self, credentials: &Credentials, order: &NewOrder, visit: &Visit) -> Result<String, ApiError> {
        if order.amount.currency != CURRENCY {
            return Err(ApiError::Unsupported("VNPay takes VND only"));
        }
        let hundredths =
            order.amount.amount.checked_mul(HUNDREDTHS).filter(|amount| (1..=MAX_HUNDREDTHS).contains(amount));
        let hundredths = hundredths.ok_or(ApiError::Unsupported("VNPay can't take this amount"))?;
        let Some(secret) = credentials.hash_secrets().first() else {
            return Err(ApiError::Unreadable("there is no secret to sign with"));
        };
        let parameters = BTreeMap::from([
            ("vnp_Version", VERSION.to_owned()),
            ("vnp_Command", "pay".to_owned()),
            ("vnp_TmnCode", credentials.tmn_code().to_owned()),
            ("vnp_Amount", hundredths.to_string()),
            ("vnp_CurrCode", CURRENCY.code().to_owned()),
            ("vnp_TxnRef", reference(order)),
            ("vnp_OrderInfo", format!("Payment {}", reference(order))),
            ("vnp_OrderType", "other".to_owned()),
            ("vnp_Locale", "vn".to_owned()),
            ("vnp_ReturnUrl", visit.return_url.clone()),
            ("vnp_IpAddr", visit.ip.clone()),
            ("vnp_CreateDate", date(visit.opened_at)),
        ]);
        Ok(format!("{}?{}", self.page, signature::sign_query(secret, &parameters)))
    }

    /// Asks what became of a payment (`querydr`). An answer that VNPay did not sign is not read.
    ///
    /// # Errors
    /// See [`ApiError`].
    pub async fn ask(&self, credentials: &Credentials, order: &PlacedOrder) -> Result<Vec<Attempt>, ApiError> {
        let request = hex::encode(self.ambient.bytes::<12>());
        let (opened, now) = (date(order.opened_at), date(self.ambient.now()));
        let (ip, info) = ("127.0.0.1", format!("Query {}", order.reference));
        let signed = [&request, VERSION, "querydr", credentials.tmn_code(), &order.reference, &opened, &now, ip, &info];
        let body = json!({
            "vnp_RequestId": request, "vnp_Version": VERSION, "vnp_Command": "querydr",
            "vnp_TmnCode": credentials.tmn_code(), "vnp_TxnRef": order.reference, "vnp_OrderInfo": info,
            "vnp_TransactionDate": opened, "vnp_CreateDate": now, "vnp_IpAddr": ip,
            "vnp_SecureHash": credentials.sign_fields(&signed),
        });
        let sent = self.client.get()?.post(&*self.api).json(&body).send().await;
        let (status, body) = read(sent).await?;
        if !status.is_success() {
            return Err(ApiError::Refused {
                status: status.as_u16(),
                code: String::new(),
                description: String::new(),
                field: None,
            });
        }
        let answer: Map<String, Value> =
            serde_json::from_slice(&body).map_err(|_| ApiError::Unreadable("not the documented JSON"))?;
        answered(credentials, order, &answer)
    }
}

/// Reads a field as it was received: a number's digits, a text's letters, nothing when it is missing.
fn text(answer: &Map<String, Value>, name: &str) -> String {
    match answer.get(name) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

const SIGNED: [&str; 15] = [
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

fn answered(
    credentials: &Credentials,
    order: &PlacedOrder,
    answer: &Map<String, Value>,
) -> Result<Vec<Attempt>, ApiError> {
    let field = |name: &str| text(answer, name);
    let message = SIGNED.map(field).join("|");
    if !signature::verify(credentials.hash_secrets(), &message, &field("vnp_SecureHash")) {
        return Err(ApiError::Unreadable("the answer is not signed by VNPay"));
    }
    match field("vnp_ResponseCode").as_str() {
        "00" => {}
        // The payer never came so far.
        "91" => return Ok(Vec::new()),
        code => {
            let (code, description) = (code.to_owned(), field("vnp_Message"));
            return Err(ApiError::Refused { status: 200, code, description, field: None });
        }
    }
    if field("vnp_TxnRef") != order.reference || field("vnp_TmnCode") != credentials.tmn_code() {
        return Err(ApiError::Unreadable("the answer is about another payment"));
    }
    let state = match field("vnp_TransactionStatus").as_str() {
        "00" => Some(PaymentState::Captured),
        "02" => Some(PaymentState::Failed),
        "07" => Some(PaymentState::Review),
        _ => None,
    };
    let charge = Charge {
        payment_id: field("vnp_TransactionNo"),
        order_id: Some(order.reference.clone()),
        amount: amount(&field("vnp_Amount")),
        notes: BTreeMap::new(),
    };
    Ok(vec![Attempt { state, charge }])
}

/// Returns VNPay's reference of an order: letters and digits of our payment's id, unique for ever.
fn reference(order: &NewOrder) -> String {
    order.receipt.rsplit('_').next().unwrap_or_default().to_owned()
}

impl Gateway for Vnpay {
    type Credentials = Credentials;

    async fn open(
        &self,
        credentials: &Credentials,
        order: &NewOrder,
        visit: &Visit,
    ) -> Result<(OpenOrder, Handover), ApiError> {
        let handover = Handover::Redirect { url: self.pay_url(credentials, order, visit)? };
        Ok((OpenOrder { id: reference(order), amount: order.amount }, handover))
    }

    async fn resume(
        &self,
        credentials: &Credentials,
        order: &NewOrder,
        _reference: &str,
        visit: &Visit,
    ) -> Result<Handover, ApiError> {
        Ok(Handover::Redirect { url: self.pay_url(credentials, order, visit)? })
    }

    async fn attempts(&self, credentials: &Credentials, order: &PlacedOrder) -> Result<Vec<Attempt>, ApiError> {
        self.ask(credentials, order).await
    }
}
