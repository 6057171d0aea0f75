use std::collections::BTreeMap;

use super::signature::{BadQuery, verify_query};
use super::{Credentials, amount};
use crate::notification::{Charge, Meaning, Notification, PaymentState, Unusable};

/// A notification as it came in, or what the payer's browser brought back. It can't be read, only verified.
#[derive(Debug)]
pub struct UnverifiedIpn<'a> {
    raw_query: &'a str,
}

/// Parameters that were signed with our terminal's secret: by VNPay, or by ourselves when they have no result.
#[derive(Debug)]
pub struct VerifiedIpn {
    parameters: BTreeMap<String, String>,
}

impl<'a> UnverifiedIpn<'a> {
    /// Takes the query exactly as received, without the question mark.
    pub fn new(raw_query: &'a str) -> Self {
        Self { raw_query }
    }

    /// Verifies the signature in constant time against every live secret.
    ///
    /// # Errors
    /// When no live secret made the signature, or the query can be read in two ways.
    pub fn verify(self, credentials: &Credentials) -> Result<VerifiedIpn, BadQuery> {
        Ok(VerifiedIpn { parameters: verify_query(credentials.hash_secrets(), self.raw_query)? })
    }
}

impl VerifiedIpn {
    fn field(&self, name: &str) -> Result<&str, Unusable> {
        self.parameters.get(name).map(String::as_str).ok_or(Unusable::Unreadable)
    }

    /// Returns which of our payments it is about.
    ///
    /// # Errors
    /// When it names none.
    pub fn reference(&self) -> Result<&str, Unusable> {
        self.field("vnp_TxnRef").and_then(|reference| {
            let plain = (1..=100).contains(&reference.len()) && reference.bytes().all(|b| b.is_ascii_alphanumeric());
            plain.then_some(reference).ok_or(Unusable::Unreadable)
        })
    }

    /// Reads what it means. The money is taken only when both codes are `00`; `07` is money that VNPay looks at first.
    ///
    /// # Errors
    /// When a field of the result is missing, such as in an address to pay at, which we signed ourselves.
    pub fn notification(&self) -> Result<Notification, Unusable> {
        let reference = self.reference()?;
        let code = |name: &str| {
            let code = self.field(name)?;
            let plain = code.len() == 2 && code.bytes().all(|b| b.is_ascii_digit());
            plain.then_some(code).ok_or(Unusable::Unreadable)
        };
        let (response, status) = (code("vnp_ResponseCode")?, code("vnp_TransactionStatus")?);
        let transaction = self.field("vnp_TransactionNo")?;
        if transaction.len() > 20 || !transaction.bytes().all(|b| b.is_ascii_digit()) {
            return Err(Unusable::Unreadable);
        }
        let charged = amount(self.field("vnp_Amount")?);
        let (state, event) = match (response, status) {
            ("00", "00") => (PaymentState::Captured, "ipn.paid"),
            ("07", _) | (_, "07") => (PaymentState::Review, "ipn.review"),
            _ => (PaymentState::Failed, "ipn.failed"),
        };
        let charge = Charge {
            payment_id: transaction.to_owned(),
            order_id: Some(reference.to_owned()),
            amount: charged,
            notes: BTreeMap::new(),
        };
        Ok(Notification {
            // VNPay gives its notifications no id: the same result of the same transaction is the same event. With its amount,
            // so that one that was set aside for a wrong amount does not stand in the right one's way.
            event_id: format!("{reference}.{transaction}.{response}.{status}.{}", charged.map_or(0, |sum| sum.amount)),
            event: event.to_owned(),
            account: self.field("vnp_TmnCode")?.to_owned(),
            meaning: Meaning::Payment(state, charge),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::Secret;
    use crate::vnpay::signature::sign_query;

    fn credentials() -> Credentials {
        Credentials::new("TERMINAL", vec![Secret::new("secret")]).unwrap()
    }

    fn read(changes: &[(&'static str, &str)]) -> Result<Notification, Unusable> {
        let mut parameters: BTreeMap<&str, String> = BTreeMap::from([
            ("vnp_Amount", "1000000".to_owned()),
            ("vnp_ResponseCode", "00".to_owned()),
            ("vnp_TmnCode", "TERMINAL".to_owned()),
            ("vnp_TransactionNo", "14422574".to_owned()),
            ("vnp_TransactionStatus", "00".to_owned()),
            ("vnp_TxnRef", "01JQZX".to_owned()),
        ]);
        parameters.extend(changes.iter().map(|(name, value)| (*name, (*value).to_owned())));
        let query = sign_query(&Secret::new("secret"), &parameters);
        UnverifiedIpn::new(&query).verify(&credentials()).unwrap().notification()
    }

    fn state(changes: &[(&'static str, &str)]) -> PaymentState {
        match read(changes).unwrap().meaning {
            Meaning::Payment(state, _) => state,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn money_is_taken_only_when_both_codes_say_so() {
        assert_eq!(state(&[]), PaymentState::Captured);
        assert_eq!(state(&[("vnp_TransactionStatus", "02")]), PaymentState::Failed);
        assert_eq!(state(&[("vnp_ResponseCode", "24"), ("vnp_TransactionStatus", "02")]), PaymentState::Failed);
        assert_eq!(state(&[("vnp_ResponseCode", "24")]), PaymentState::Failed);
        assert_eq!(state(&[("vnp_ResponseCode", "07")]), PaymentState::Review);
        assert_eq!(state(&[("vnp_TransactionStatus", "07")]), PaymentState::Review);
    }

    #[test]
    fn a_query_without_a_result_says_nothing() {
        for missing in [
            "vnp_ResponseCode",
            "vnp_TransactionStatus",
            "vnp_TransactionNo",
            "vnp_Amount",
            "vnp_TmnCode",
            "vnp_TxnRef",
        ] {
            assert_eq!(read(&[(missing, "")]), Err(Unusable::Unreadable), "{missing}");
        }
        for (name, value) in [("vnp_ResponseCode", "000"), ("vnp_TransactionNo", "1#2"), ("vnp_TxnRef", "a/b")] {
            assert_eq!(read(&[(name, value)]), Err(Unusable::Unreadable), "{name}");
        }
    }

    #[test]
    fn the_same_result_is_the_same_event_and_another_is_not() {
        let first = read(&[]).unwrap();
        assert_eq!(first.event_id, read(&[("vnp_PayDate", "20240521091806")]).unwrap().event_id);
        assert_ne!(first.event_id, read(&[("vnp_ResponseCode", "07")]).unwrap().event_id);
        assert_ne!(first.event_id, read(&[("vnp_Amount", "1000100")]).unwrap().event_id);
        assert_eq!(first.account, "TERMINAL");
    }
}
