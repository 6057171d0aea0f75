//! How a checkout is to be sent.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::carrier::ServiceCode;
use crate::id::CarrierId;

/// How parcels travel: written `STANDARD`, or `<carrier>/<service>` such as `car_01JQZX3N9Q5S0V6T7W8Y9Z0ABC/EXPRESS`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum ShippingMethod {
    /// The tenant's usual way, at its own rates.
    Standard,
    /// By a service that the buyer has chosen, at the rates of that service.
    Service {
        /// Who carries it.
        carrier: CarrierId,
        /// By which of its services.
        service: ServiceCode,
    },
}

/// A text that names no way to travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be STANDARD, or a carrier and its service such as car_01JQZX3N9Q5S0V6T7W8Y9Z0ABC/EXPRESS")]
pub struct InvalidShippingMethod;

const STANDARD: &str = "STANDARD";

impl fmt::Display for ShippingMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Standard => f.write_str(STANDARD),
            Self::Service { carrier, service } => write!(f, "{carrier}/{service}"),
        }
    }
}

impl FromStr for ShippingMethod {
    type Err = InvalidShippingMethod;

    fn from_str(text: &str) -> Result<Self, InvalidShippingMethod> {
        if text == STANDARD {
            return Ok(Self::Standard);
        }
        let (carrier, service) = text.split_once('/').ok_or(InvalidShippingMethod)?;
        let carrier = carrier.parse().map_err(|_| InvalidShippingMethod)?;
        Ok(Self::Service { carrier, service: service.parse().map_err(|_| InvalidShippingMethod)? })
    }
}

impl TryFrom<String> for ShippingMethod {
    type Error = InvalidShippingMethod;

    fn try_from(text: String) -> Result<Self, InvalidShippingMethod> {
        text.parse()
    }
}

impl From<ShippingMethod> for String {
    fn from(method: ShippingMethod) -> Self {
        method.to_string()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::clock::Timestamp;
    use crate::id::Id;

    #[test]
    fn what_names_no_way_is_refused() {
        for text in ["", "standard", "/", "STANDARD/", "car_1/EXPRESS", "car_01JQZX3N9Q5S0V6T7W8Y9Z0ABC/", "a/b/c"] {
            assert_eq!(text.parse::<ShippingMethod>(), Err(InvalidShippingMethod), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_way_reads_back(millis in 0i64..4_000_000_000_000, random: u128, code in "[A-Z0-9_-]{2,32}") {
            let carrier = CarrierId::from_parts(Timestamp::from_millis(millis), random);
            for method in [ShippingMethod::Standard, ShippingMethod::Service { carrier, service: code.parse().unwrap() }] {
                prop_assert_eq!(method.to_string().parse::<ShippingMethod>(), Ok(method.clone()));
                let stored = serde_json::to_string(&method).unwrap();
                prop_assert_eq!(serde_json::from_str::<ShippingMethod>(&stored).unwrap(), method);
            }
        }
    }
}
