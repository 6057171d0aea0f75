//! VNPay's refunds (source: VNPay's "API querydr, refund", version 2.1.0).

use super::api::{Answer, LOCAL_IP, VERSION};
use super::{Credentials, HUNDREDTHS, Vnpay, date};
use crate::api::ApiError;
use crate::refund::{MadeRefund, NewRefund, RefundState};

/// The parts of an answer about a refund in the order in which they are signed.
const SIGNED: [&str; 13] = [
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
];
/// All that was paid goes back at once.
const WHOLE: &str = "02";
/// A part of what was paid goes back.
const PART: &str = "03";

/// What VNPay says about refunds of a payment.
enum Told {
    /// It has made ours.
    Ours(MadeRefund),
    /// It has made none.
    Nothing,
    /// It has made one, and whether it is ours can't be told.
    Another,
}

impl Vnpay {
    /// Gives money of a payment back; or asks after it once it was asked for.
    ///
    /// VNPay has no idempotency keys: it refuses a request id that it saw on the same day, and no later. So a call is repeated
    /// on that day only, or when VNPay says that nothing of the payment was given back.
    ///
    /// # Errors
    /// See [`ApiError`].
    pub(super) async fn give_back(
        &self,
        credentials: &Credentials,
        refund: &NewRefund,
    ) -> Result<MadeRefund, ApiError> {
        let same_day = date(refund.asked_at).get(..8) == date(self.now()).get(..8);
        if refund.known.is_some() || (refund.again && !same_day) {
            match (self.refund_told(credentials, refund).await?, &refund.known) {
                (Told::Ours(made), _) => return Ok(made),
                // It was taken up once without a number, and then dropped: nothing went back.
                (Told::Nothing, Some(id)) if !same_day && !is_number(id) => {}
                (_, Some(id)) => return Ok(MadeRefund { id: id.clone(), state: RefundState::Pending }),
                (Told::Nothing, None) => {}
                (Told::Another, None) => {
                    return Err(ApiError::Unreadable("whether the refund was made must be looked up at VNPay"));
                }
            }
        }
        self.make_refund(credentials, refund).await
    }

    async fn make_refund(&self, credentials: &Credentials, refund: &NewRefund) -> Result<MadeRefund, ApiError> {
        let request = request_id(refund);
        let hundredths = refund.amount.amount.checked_mul(HUNDREDTHS);
        let hundredths = hundredths.ok_or(ApiError::Unsupported("VNPay can't take this amount"))?.to_string();
        let (opened, now, info) = (date(refund.opened_at), date(self.now()), format!("Refund {request}"));
        let signed = [
            ("vnp_RequestId", request),
            ("vnp_Version", VERSION),
            ("vnp_Command", "refund"),
            ("vnp_TmnCode", credentials.tmn_code()),
            ("vnp_TransactionType", if refund.amount == refund.taken { WHOLE } else { PART }),
            ("vnp_TxnRef", &refund.reference),
            ("vnp_Amount", &hundredths),
            ("vnp_TransactionNo", &refund.charge),
            ("vnp_TransactionDate", &opened),
            ("vnp_CreateBy", "haat"),
            ("vnp_CreateDate", &now),
            ("vnp_IpAddr", LOCAL_IP),
            ("vnp_OrderInfo", &info),
        ];
        let answer = self.call(credentials, &signed, &[], &SIGNED).await?;
        match answer.code().as_str() {
            "00" => {
                answer.is_about(credentials, &refund.reference)?;
                made(&answer, refund)?.ok_or(ApiError::Unreadable("the answer is about another refund"))
            }
            // It was asked for before, and VNPay works on it.
            "94" => Ok(MadeRefund { id: request.to_owned(), state: RefundState::Pending }),
            _ => Err(answer.refusal()),
        }
    }

    async fn refund_told(&self, credentials: &Credentials, refund: &NewRefund) -> Result<Told, ApiError> {
        let number = refund.known.as_deref().filter(|id| is_number(id));
        let answer = self.query(credentials, &refund.reference, refund.opened_at, number).await?;
        match answer.code().as_str() {
            "00" => answer.is_about(credentials, &refund.reference)?,
            _ => return Err(answer.refusal()),
        }
        if !answer.tells_of_refund() {
            return Ok(Told::Nothing);
        }
        let told = answer.field("vnp_TransactionNo");
        let ours = match number {
            Some(number) => told == number,
            None => !refund.others.contains(&told),
        };
        Ok(made(&answer, refund)?.filter(|_| ours).map_or(Told::Another, Told::Ours))
    }
}

/// Reads a refund; none when it is over another amount than ours.
fn made(answer: &Answer, refund: &NewRefund) -> Result<Option<MadeRefund>, ApiError> {
    if super::amount(&answer.field("vnp_Amount")) != Some(refund.amount) {
        return Ok(None);
    }
    let state = match answer.field("vnp_TransactionStatus").as_str() {
        "00" => RefundState::Done,
        // Begun, taken up by VNPay, handed on to the bank.
        "01" | "05" | "06" => RefundState::Pending,
        "02" | "09" => RefundState::Failed,
        _ => return Err(ApiError::Unreadable("an unknown status of a refund")),
    };
    let number = answer.field("vnp_TransactionNo");
    let id = if is_number(&number) { number } else { request_id(refund).to_owned() };
    Ok(Some(MadeRefund { id, state }))
}

/// Returns the id of the request to give money back: letters and digits of our refund's id.
fn request_id(refund: &NewRefund) -> &str {
    refund.key.rsplit('_').next().unwrap_or_default()
}

/// Tells whether it is a number that VNPay gave to a transaction; 0 stands for none.
fn is_number(id: &str) -> bool {
    id.len() <= 20 && id.bytes().all(|b| b.is_ascii_digit()) && id.bytes().any(|b| b != b'0')
}
