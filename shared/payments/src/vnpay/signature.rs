//! VNPay's signatures: HMAC-SHA512 in lower-case hex, keyed with the UTF-8 bytes of the terminal's hash secret.
//!
//! Source: VNPay's documentation of the payment gateway 2.1.0. Its samples encode some letters differently in PHP, Java and
//! JavaScript, so what comes in is hashed as it was received and never encoded again.

use std::collections::BTreeMap;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;

use crate::{Secret, form};

const HASH: &str = "vnp_SecureHash";
const HASH_TYPE: &str = "vnp_SecureHashType";

/// Why a query is none that VNPay made for us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadQuery {
    /// A name is there twice or in disguise, or a value is not encoded as it must be.
    #[error("the query can be read in more than one way")]
    Ambiguous,
    /// No live secret made the signature, or there is none.
    #[error("the signature does not match")]
    Signature,
}

/// Signs a message.
pub fn sign(secret: &Secret, message: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA512, secret.expose().as_bytes());
    hex::encode(hmac::sign(&key, message.as_bytes()))
}

/// Tells in constant time whether `signature` is the message's under one of the live secrets.
pub fn verify(secrets: &[Secret], message: &str, signature: &str) -> bool {
    let matches = |secret| verify_slices_are_equal(sign(secret, message).as_bytes(), signature.as_bytes()).is_ok();
    // No short cut: the time taken must not tell which secret matched.
    secrets.iter().fold(false, |verified, secret| matches(secret) | verified)
}

/// Writes a signed query: empty values dropped, names sorted by byte, the signature at the end.
pub fn sign_query(secret: &Secret, parameters: &BTreeMap<&str, String>) -> String {
    let pairs = parameters.iter().filter(|(_, value)| !value.is_empty());
    let query = form::encode_pairs(pairs.map(|(name, value)| (*name, value.as_str())));
    let signature = sign(secret, &query);
    format!("{query}&{HASH}={signature}")
}

/// Verifies a query over its pairs exactly as received, and reads VNPay's parameters. What is not VNPay's is not
/// signed and left out, as are empty values.
///
/// # Errors
/// When no live secret signed it, or when it could be read in another way than it was signed.
pub fn verify_query(secrets: &[Secret], raw_query: &str) -> Result<BTreeMap<String, String>, BadQuery> {
    let mut signed: BTreeMap<&str, &str> = BTreeMap::new();
    let mut signature = None;
    for pair in raw_query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        if !name.starts_with("vnp_") {
            // A name in disguise would be read by some and not by others.
            if form::decode(name).is_none_or(|name| name.starts_with("vnp_")) {
                return Err(BadQuery::Ambiguous);
            }
            continue;
        }
        let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if !plain || signed.insert(name, value).is_some() {
            return Err(BadQuery::Ambiguous);
        }
        if name == HASH {
            signature = Some(value);
        }
    }
    signed.retain(|name, value| *name != HASH && *name != HASH_TYPE && !value.is_empty());
    let message: Vec<_> = signed.iter().map(|(name, value)| format!("{name}={value}")).collect();
    if signed.is_empty() || !verify(secrets, &message.join("&"), signature.unwrap_or_default()) {
        return Err(BadQuery::Signature);
    }
    let read = |(name, value): (&str, &str)| Some((name.to_owned(), form::decode(value)?));
    signed.into_iter().map(read).collect::<Option<_>>().ok_or(BadQuery::Ambiguous)
}

/// Signs the fields of a call, joined in their documented order; what is missing is empty.
pub fn sign_fields(secret: &Secret, fields: &[&str]) -> String {
    sign(secret, &fields.join("|"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const IPN: &str = "vnp_Amount=1000000&vnp_BankCode=NCB&vnp_BankTranNo=VNP14422574&vnp_CardType=ATM\
        &vnp_OrderInfo=Thanh+toan+don+hang+2024-05-21T02%3A17%3A31.249Z&vnp_PayDate=20240521091806\
        &vnp_ResponseCode=00&vnp_TmnCode=TEST_TMN_CODE&vnp_TransactionNo=14422574&vnp_TransactionStatus=00\
        &vnp_TxnRef=1716257871703";
    const IPN_HASH: &str = "649982421beb422556a1374713c74e58e716ecbd05007c0c0e1f7effdfaf361d\
        bf146889ca446139afe11b9954c4d5c486e99e3b86fcfab6957f29eb0be72895";

    fn secret() -> Secret {
        Secret::new("test_secret")
    }

    fn signed(query: &str) -> String {
        format!("{query}&vnp_SecureHash={}", sign(&secret(), query))
    }

    #[test]
    fn the_address_to_pay_at_is_signed_as_vnpay_does() {
        let parameters = BTreeMap::from([
            ("vnp_Version", "2.1.0".to_owned()),
            ("vnp_Command", "pay".to_owned()),
            ("vnp_TmnCode", "TEST_TMN_CODE".to_owned()),
            ("vnp_Amount", "100000".to_owned()),
            ("vnp_CurrCode", "VND".to_owned()),
            ("vnp_TxnRef", "ref1234567".to_owned()),
            ("vnp_OrderInfo", "Test order".to_owned()),
            ("vnp_OrderType", "other".to_owned()),
            ("vnp_Locale", "vn".to_owned()),
            ("vnp_ReturnUrl", "https://example.com/return".to_owned()),
            ("vnp_IpAddr", "127.0.0.1".to_owned()),
            ("vnp_CreateDate", "20210101070000".to_owned()),
            ("vnp_BankCode", "NCB".to_owned()),
            ("vnp_Inv_Email", String::new()),
        ]);
        assert_eq!(
            sign_query(&secret(), &parameters),
            "vnp_Amount=100000&vnp_BankCode=NCB&vnp_Command=pay&vnp_CreateDate=20210101070000&vnp_CurrCode=VND\
             &vnp_IpAddr=127.0.0.1&vnp_Locale=vn&vnp_OrderInfo=Test+order&vnp_OrderType=other\
             &vnp_ReturnUrl=https%3A%2F%2Fexample.com%2Freturn&vnp_TmnCode=TEST_TMN_CODE&vnp_TxnRef=ref1234567\
             &vnp_Version=2.1.0&vnp_SecureHash=d8e4eb24f51f157d6898a30ced0539e4f8f6dec834c0ab10d6cf9d768f9785ce\
             8ba2edf1aab9a12d4561b162cde07d9b4088379523e61c642056d8b04095132b",
        );
    }

    #[test]
    fn the_notification_is_verified_as_received_in_any_order() {
        let shuffled: Vec<&str> = IPN.split('&').rev().collect();
        for query in [IPN.to_owned(), shuffled.join("&")] {
            let query =
                format!("{query}&vnp_SecureHashType=HMACSHA512&vnp_SecureHash={IPN_HASH}&utm=1&vnp_Bill_Email=");
            let read = verify_query(&[Secret::new("new"), secret()], &query).unwrap();
            assert_eq!(read.len(), 11);
            assert_eq!(read["vnp_OrderInfo"], "Thanh toan don hang 2024-05-21T02:17:31.249Z");
        }
        let query = format!("{IPN}&vnp_SecureHash={IPN_HASH}");
        assert_eq!(verify_query(&[Secret::new("other")], &query), Err(BadQuery::Signature));
        assert_eq!(verify_query(&[secret()], IPN), Err(BadQuery::Signature));
        assert_eq!(verify_query(&[secret()], ""), Err(BadQuery::Signature));
        assert_eq!(verify_query(&[secret()], &query.replace("=NCB", "=NCC")), Err(BadQuery::Signature));
        assert_eq!(
            verify_query(&[secret()], &query.replace(IPN_HASH, &IPN_HASH.to_uppercase())),
            Err(BadQuery::Signature)
        );
    }

    #[test]
    fn letters_that_encoders_disagree_about_are_hashed_as_received() {
        for info in ["a~b*c", "a%7Eb%2Ac", "a%7eb%2ac", "(x)!'"] {
            let query = signed(&format!("vnp_OrderInfo={info}&vnp_TxnRef=1"));
            assert!(verify_query(&[secret()], &query).is_ok(), "{info}");
        }
    }

    #[test]
    fn a_query_that_reads_in_two_ways_is_refused() {
        let query = signed("vnp_ResponseCode=24&vnp_TxnRef=1");
        for more in
            ["vnp_ResponseCode=00", "vnp%5FResponseCode=00", "%76np_ResponseCode=00", "vnp_Response%43ode=00", "%zz=1"]
        {
            for query in [format!("{query}&{more}"), format!("{more}&{query}")] {
                assert_eq!(verify_query(&[secret()], &query), Err(BadQuery::Ambiguous), "{query}");
            }
        }
        assert_eq!(verify_query(&[secret()], &signed("vnp_OrderInfo=%ff&vnp_TxnRef=1")), Err(BadQuery::Ambiguous));
    }

    #[test]
    fn a_text_that_looks_like_parameters_stays_a_text() {
        let parameters =
            BTreeMap::from([("vnp_OrderInfo", "x&vnp_ResponseCode=00".to_owned()), ("vnp_TxnRef", "1".to_owned())]);
        let query = sign_query(&secret(), &parameters);
        let read = verify_query(&[secret()], &query).unwrap();
        assert_eq!(read.get("vnp_ResponseCode"), None);
        let forged = query.replace("%26vnp_ResponseCode%3D00", "&vnp_ResponseCode=00");
        assert_eq!(verify_query(&[secret()], &forged), Err(BadQuery::Signature));
    }

    #[test]
    fn the_fields_of_a_question_are_signed_as_vnpay_does() {
        let date = "20231221103000";
        let fields = [
            "REQUEST123456",
            "2.1.0",
            "querydr",
            "TEST_TMN_CODE",
            "TXN123456789",
            date,
            date,
            "127.0.0.1",
            "Test order query",
        ];
        assert_eq!(
            sign_fields(&secret(), &fields),
            "ac23f7e0db3fc8bc6dc83350725b891aa921ec7a83d1a370978d314457eeda17\
             6ff26a87bd4e13dc896c24890238b29fadf033080a07aa52abafa830cd2eb565",
        );
    }

    proptest! {
        #[test]
        fn what_is_signed_verifies_and_reads_back(values in prop::collection::btree_map("[A-Za-z]{1,8}", ".{0,20}", 1..8)) {
            let names: Vec<String> = values.keys().map(|name| format!("vnp_x{name}")).collect();
            let parameters: BTreeMap<&str, String> = names.iter().map(String::as_str).zip(values.values().cloned()).collect();
            let present: BTreeMap<String, String> = parameters.iter()
                .filter(|(_, value)| !value.is_empty())
                .map(|(name, value)| ((*name).to_owned(), value.clone()))
                .collect();
            prop_assume!(!present.is_empty());
            prop_assert_eq!(verify_query(&[secret()], &sign_query(&secret(), &parameters)), Ok(present));
        }

        #[test]
        fn any_query_is_refused_or_read_without_a_crash(query in ".{0,80}") {
            prop_assert!(verify_query(&[secret()], &query).is_err());
        }
    }
}
