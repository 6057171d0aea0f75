use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use domain::ambient::Ambient;
use domain::calendar::Day;
use domain::clock::Timestamp;
use domain::reconciliation::Statement;
use serde_json::{Map, Value, json};

use super::{CURRENCY, Credentials, HUNDREDTHS, amount, date, signature};
use crate::api::{ApiError, Attempt, Closing, Gateway, Handover, List, NewOrder, OpenOrder, PlacedOrder, Visit};
use crate::http::{LazyClient, read};
use crate::notification::{Charge, PaymentState};
use crate::refund::{MadeRefund, NewRefund};

pub(super) const VERSION: &str = "2.1.0";
/// VNPay writes amounts with at most 12 digits.
const MAX_HUNDREDTHS: i64 = 999_999_999_999;

/// Where the calls come from. VNPay asks for it and does not say what for: a function has no address of its own.
pub(super) const LOCAL_IP: &str = "127.0.0.1";
/// The parts of an answer to a question in the order in which they are signed.
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
    /// VNPay's page to pay at.
    ///
    /// VNPay documents the sandbox's addresses and hands out the live ones with a live terminal; these two are what
    /// published integrations go live with.
    pub const LIVE_PAGE: &'static str = "https://pay.vnpay.vn/vpcpay.html";
    /// Where VNPay answers questions and gives money back; its source is that of [`Self::LIVE_PAGE`].
    pub const LIVE_API: &'static str = "https://merchant.vnpay.vn/merchant_webapi/api/transaction";

    /// Points at VNPay itself.
    pub fn live(ambient: Ambient) -> Self {
        Self { page: Self::LIVE_PAGE.into(), api: Self::LIVE_API.into(), client: LazyClient::default(), ambient }
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
            ("vnp_ExpireDate", date(visit.closes_at)),
        ]);
        Ok(format!("{}?{}", self.page, signature::sign_query(secret, &parameters)))
    }

    /// Asks what became of a payment (`querydr`). An answer that VNPay did not sign is not read.
    ///
    /// # Errors
    /// See [`ApiError`].
    pub async fn ask(&self, credentials: &Credentials, order: &PlacedOrder) -> Result<Vec<Attempt>, ApiError> {
        let answer = self.query(credentials, &order.reference, order.opened_at, None).await?;
        match answer.code().as_str() {
            "00" => answer.is_about(credentials, &order.reference)?,
            // The payer never came so far.
            "91" => return Ok(Vec::new()),
            _ => return Err(answer.refusal()),
        }
        let state = match answer.field("vnp_TransactionStatus").as_str() {
            // What it says is about the refund.
            _ if answer.tells_of_refund() => None,
            "00" => Some(PaymentState::Captured),
            "02" => Some(PaymentState::Failed),
            "07" => Some(PaymentState::Review),
            _ => None,
        };
        let charge = Charge {
            payment_id: answer.field("vnp_TransactionNo"),
            order_id: Some(order.reference.clone()),
            amount: amount(&answer.field("vnp_Amount")),
            notes: BTreeMap::new(),
        };
        Ok(vec![Attempt { state, charge }])
    }

    /// Asks about a payment, or with VNPay's `number` of it about one transaction of the payment.
    pub(super) async fn query(
        &self,
        credentials: &Credentials,
        reference: &str,
        opened_at: Timestamp,
        number: Option<&str>,
    ) -> Result<Answer, ApiError> {
        let (request, info) = (hex::encode(self.ambient.bytes::<12>()), format!("Query {reference}"));
        let (opened, now) = (date(opened_at), date(self.now()));
        let signed = [
            ("vnp_RequestId", request.as_str()),
            ("vnp_Version", VERSION),
            ("vnp_Command", "querydr"),
            ("vnp_TmnCode", credentials.tmn_code()),
            ("vnp_TxnRef", reference),
            ("vnp_TransactionDate", &opened),
            ("vnp_CreateDate", &now),
            ("vnp_IpAddr", LOCAL_IP),
            ("vnp_OrderInfo", &info),
        ];
        let number: Vec<_> = number.map(|number| ("vnp_TransactionNo", number)).into_iter().collect();
        self.call(credentials, &signed, &number, &SIGNED).await
    }

    /// Calls the API with fields that are signed in their order, and others; `answered` are the fields of the answer in the
    /// order in which VNPay signs them.
    pub(super) async fn call(
        &self,
        credentials: &Credentials,
        signed: &[(&str, &str)],
        more: &[(&str, &str)],
        answered: &[&str],
    ) -> Result<Answer, ApiError> {
        let values: Vec<_> = signed.iter().map(|(_, value)| *value).collect();
        let hash = credentials.sign_fields(&values);
        let signature = [("vnp_SecureHash", hash.as_str())];
        let fields = signed.iter().chain(more).chain(&signature);
        let body: Map<String, Value> = fields.map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        let sent = self.client.get()?.post(&*self.api).json(&body).send().await;
        let (status, body) = read(sent).await?;
        if !status.is_success() {
            let (code, description) = (String::new(), String::new());
            return Err(ApiError::Refused { status: status.as_u16(), code, description, field: None });
        }
        let fields = serde_json::from_slice(&body).map_err(|_| ApiError::Unreadable("not the documented JSON"))?;
        let answer = Answer { fields };
        let message: Vec<_> = answered.iter().map(|name| answer.field(name)).collect();
        if !signature::verify(credentials.hash_secrets(), &message.join("|"), &answer.field("vnp_SecureHash")) {
            return Err(ApiError::Unreadable("the answer is not signed by VNPay"));
        }
        Ok(answer)
    }

    pub(super) fn now(&self) -> Timestamp {
        self.ambient.now()
    }
}

/// An answer that VNPay signed.
pub(super) struct Answer {
    fields: Map<String, Value>,
}

impl Answer {
    /// Reads a field as it was received: a number's digits, a text's letters, nothing when it is missing.
    pub(super) fn field(&self, name: &str) -> String {
        match self.fields.get(name) {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        }
    }

    /// Reads what came of the call.
    pub(super) fn code(&self) -> String {
        self.field("vnp_ResponseCode")
    }

    /// Tells whether the transaction that it is about gave money back.
    pub(super) fn tells_of_refund(&self) -> bool {
        matches!(self.field("vnp_TransactionType").as_str(), "02" | "03")
    }

    /// Checks that it is about one of our payments.
    pub(super) fn is_about(&self, credentials: &Credentials, reference: &str) -> Result<(), ApiError> {
        if self.field("vnp_TxnRef") != reference || self.field("vnp_TmnCode") != credentials.tmn_code() {
            return Err(ApiError::Unreadable("the answer is about another payment"));
        }
        Ok(())
    }

    /// Says why VNPay did not do what was asked. It always answers with 200; the status is what others would have answered.
    pub(super) fn refusal(&self) -> ApiError {
        let code = self.code();
        let status = match code.as_str() {
            "02" | "97" => 401,
            "91" => 404,
            "94" => 409,
            // In maintenance, not at this hour, timed out, anything else.
            "08" | "16" | "98" | "99" => return ApiError::Busy { status: 503 },
            _ => 400,
        };
        ApiError::Refused { status, code, description: self.field("vnp_Message"), field: None }
    }
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

    async fn close(&self, credentials: &Credentials, order: &PlacedOrder) -> Result<Closing, ApiError> {
        // VNPay's orders can't be cancelled; its page closes by itself at the end of the hold, which the address names.
        Ok(Closing { closed: false, attempts: self.attempts(credentials, order).await? })
    }

    async fn refund(&self, credentials: &Credentials, refund: &NewRefund) -> Result<MadeRefund, ApiError> {
        self.give_back(credentials, refund).await
    }

    async fn statement(&self, credentials: &Credentials, order: &PlacedOrder) -> Result<Statement, ApiError> {
        self.stated(credentials, order).await
    }

    async fn list(&self, _credentials: &Credentials, _day: Day, _from: Option<&str>) -> Result<Option<List>, ApiError> {
        // Its API answers about one payment; lists are in its portal only.
        Ok(None)
    }
}
