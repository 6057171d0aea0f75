use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A payment provider that a tenant can be paid through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    /// Razorpay Standard Checkout.
    Razorpay,
    /// VNPay 2.1.0, by redirection.
    Vnpay,
    /// Stripe, by payment intents.
    Stripe,
    /// Nobody: the payer transfers the money, and the tenant's people say when it has come.
    Manual,
}

impl Provider {
    /// All providers.
    pub const ALL: [Self; 4] = [Self::Razorpay, Self::Vnpay, Self::Stripe, Self::Manual];

    /// Returns the name used in requests, keys and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Razorpay => "razorpay",
            Self::Vnpay => "vnpay",
            Self::Stripe => "stripe",
            Self::Manual => "manual",
        }
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A name that is no provider of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be razorpay, vnpay, stripe or manual")]
pub struct UnknownProvider;

impl FromStr for Provider {
    type Err = UnknownProvider;

    fn from_str(name: &str) -> Result<Self, UnknownProvider> {
        Self::ALL.into_iter().find(|provider| provider.as_str() == name).ok_or(UnknownProvider)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_reads_back_and_other_spellings_are_refused() {
        for provider in Provider::ALL {
            assert_eq!(provider.as_str().parse(), Ok(provider));
            assert_eq!(serde_json::to_value(provider).unwrap(), provider.as_str());
        }
        assert_eq!("Razorpay".parse::<Provider>(), Err(UnknownProvider));
    }
}
