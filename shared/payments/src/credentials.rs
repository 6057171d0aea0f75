use serde::{Deserialize, Serialize};

use crate::{Provider, manual, razorpay, stripe, vnpay};

/// Why credentials were not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCredentials {
    /// A part is empty.
    #[error("no part may be empty")]
    Empty,
    /// There is no webhook secret, or more than the two of a rotation.
    #[error("there must be one or two webhook secrets")]
    WebhookSecrets,
}

/// What a tenant entrusts to us for one provider. The documents of no two providers have the same fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Credentials {
    /// For Razorpay.
    Razorpay(razorpay::Credentials),
    /// For VNPay.
    Vnpay(vnpay::Credentials),
    /// For Stripe.
    Stripe(stripe::Credentials),
    /// For transfers.
    Manual(manual::Credentials),
}

impl Credentials {
    /// Returns whose they are.
    pub fn provider(&self) -> Provider {
        match self {
            Self::Razorpay(_) => Provider::Razorpay,
            Self::Vnpay(_) => Provider::Vnpay,
            Self::Stripe(_) => Provider::Stripe,
            Self::Manual(_) => Provider::Manual,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Secret;

    #[test]
    fn each_document_reads_back_as_its_own_providers_and_never_prints_a_secret() {
        let secrets = |names: &[&str]| names.iter().copied().map(Secret::new).collect::<Vec<_>>();
        let hidden = Secret::new("hidden");
        let all = [
            Credentials::Razorpay(
                razorpay::Credentials::new("rzp_test_1", hidden.clone(), "acc_1", secrets(&["hidden"])).unwrap(),
            ),
            Credentials::Vnpay(vnpay::Credentials::new("TERMINAL", secrets(&["hidden", "hidden"])).unwrap()),
            Credentials::Stripe(stripe::Credentials::new("pk_test_1", hidden, "acct_1", secrets(&["hidden"])).unwrap()),
            Credentials::Manual(manual::Credentials::new("Account 1, Bank").unwrap()),
        ];
        for (credentials, provider) in all.into_iter().zip(Provider::ALL) {
            let document = serde_json::to_string(&credentials).unwrap();
            assert_eq!(serde_json::from_str::<Credentials>(&document).unwrap(), credentials);
            assert_eq!(credentials.provider(), provider);
            assert!(!format!("{credentials:?}").contains("hidden"));
        }
        assert!(vnpay::Credentials::new("T", secrets(&["a", "b", "c"])).is_err());
        assert!(stripe::Credentials::new("", Secret::new("x"), "a", secrets(&["a"])).is_err());
    }
}
