//! Those who carry parcels: what they offer, what it costs, and where a parcel is followed.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::catalog::{one_line, texts};
use crate::clock::Timestamp;
use crate::id::CarrierId;
use crate::money::Currency;
use crate::pricing::{InvalidShipping, ShippingSettings};
use crate::user::{Email, Phone};

/// The most services that a carrier may have.
pub const MAX_SERVICES: usize = 20;

texts! {
    /// The name of a carrier, 2 to 100 characters on one line.
    CarrierName: |text| one_line(text, 2, 100), "must be 2 to 100 characters on one line";
    /// The name of a carrier's service, 2 to 60 characters on one line.
    ServiceName: |text| one_line(text, 2, 60), "must be 2 to 60 characters on one line";
    /// What a service is called in requests: 2 to 32 of `A-Z`, `0-9`, `-` and `_`, unique within its carrier.
    ServiceCode: is_code, "must be 2 to 32 of A-Z, 0-9, '-' and '_'";
    /// Where a parcel is followed on the web: an `https` address with `{trackingNumber}` once, behind the host.
    TrackingUrl: is_tracking_url, "must be an https address of at most 500 characters with {trackingNumber} once, behind the host";
}

fn is_code(text: &str) -> bool {
    (2..=32).contains(&text.len()) && text.bytes().all(is_code_letter)
}

fn is_code_letter(letter: u8) -> bool {
    letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == b'-' || letter == b'_'
}

/// What stands for the number in a [`TrackingUrl`].
const PLACEHOLDER: &str = "{trackingNumber}";

/// Accepts no address that could lead elsewhere than it reads: no user before the host, no port, nothing but visible ASCII.
fn is_tracking_url(text: &str) -> bool {
    let Some((before, after)) = text.split_once(PLACEHOLDER) else { return false };
    let legal = |part: &str| part.bytes().all(|b| b.is_ascii_graphic() && !b"{}\"'<>\\^`|".contains(&b));
    let Some((host, _)) = before.strip_prefix("https://").and_then(|rest| rest.split_once('/')) else { return false };
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    // A name, and no number: an address within somebody's network is nothing for customers.
    let named = host.rsplit('.').next().is_some_and(|last| last.bytes().any(|b| b.is_ascii_alphabetic()));
    text.len() <= 500 && legal(before) && legal(after) && named && host.contains('.') && host.split('.').all(label)
}

impl TrackingUrl {
    /// Returns where this parcel is followed.
    pub fn of(&self, number: &TrackingNumber) -> String {
        // Its letters stand in an address as they are.
        self.as_str().replace(PLACEHOLDER, number.as_str())
    }
}

/// What a carrier calls a parcel: 8 to 40 of `A-Z`, `0-9`, `-` and `_`. Small letters are read as capital ones.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TrackingNumber(String);

/// A text that is no tracking number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 8 to 40 of A-Z, 0-9, - and _")]
pub struct InvalidTrackingNumber;

impl TrackingNumber {
    /// Returns the number in capital letters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for TrackingNumber {
    type Err = InvalidTrackingNumber;

    fn from_str(text: &str) -> Result<Self, InvalidTrackingNumber> {
        let number = text.trim().to_ascii_uppercase();
        let fits = (8..=40).contains(&number.len()) && number.bytes().all(is_code_letter);
        if fits { Ok(Self(number)) } else { Err(InvalidTrackingNumber) }
    }
}

impl TryFrom<String> for TrackingNumber {
    type Error = InvalidTrackingNumber;

    fn try_from(text: String) -> Result<Self, InvalidTrackingNumber> {
        text.parse()
    }
}

impl From<TrackingNumber> for String {
    fn from(number: TrackingNumber) -> Self {
        number.0
    }
}

impl fmt::Display for TrackingNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One way in which a carrier carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Service {
    /// What it is called in requests.
    pub code: ServiceCode,
    /// What it is called before people.
    pub name: ServiceName,
    /// What it costs: flat or by weight, as the tenant's own way of shipping.
    pub rates: ShippingSettings,
}

/// What a tenant says of a carrier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CarrierProfile {
    /// Its name.
    pub name: CarrierName,
    /// Where the company reads mail: its public address, no person's.
    #[serde(default)]
    pub email: Option<String>,
    /// Where the company is called: its public number, no person's.
    #[serde(default)]
    pub phone: Option<String>,
    /// What it offers, at least one service.
    pub services: Vec<Service>,
    /// Where its parcels are followed.
    pub tracking_url: TrackingUrl,
    /// Whether new parcels may be given to it.
    pub active: bool,
}

/// Why a carrier can't be kept like that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCarrier {
    /// It is no e-mail address.
    #[error("must be an e-mail address of at most 254 characters")]
    Email,
    /// It is no phone number.
    #[error("must be a phone number with its country code, such as +91 98765 43210")]
    Phone,
    /// There is no service, more than [`MAX_SERVICES`], or a code twice.
    #[error("must be 1 to 20 services, each with a code of its own")]
    Services,
    /// The rates of a service can't be used.
    #[error(transparent)]
    Rates(#[from] InvalidShipping),
}

impl CarrierProfile {
    /// Checks what the types alone don't, in the tenant's currency.
    ///
    /// # Errors
    /// With the first reason against it.
    pub fn check(&self, currency: Currency) -> Result<(), InvalidCarrier> {
        if let Some(email) = &self.email {
            Email::new(email).map_err(|_| InvalidCarrier::Email)?;
        }
        if let Some(phone) = &self.phone {
            Phone::new(phone).map_err(|_| InvalidCarrier::Phone)?;
        }
        let twice = |(place, service): (usize, &Service)| {
            self.services.iter().take(place).any(|known| known.code == service.code)
        };
        if self.services.is_empty() || self.services.len() > MAX_SERVICES || self.services.iter().enumerate().any(twice)
        {
            return Err(InvalidCarrier::Services);
        }
        self.services.iter().try_for_each(|service| service.rates.check(currency))?;
        Ok(())
    }

    /// Finds a service by its code.
    pub fn service(&self, code: &ServiceCode) -> Option<&Service> {
        self.services.iter().find(|service| service.code == *code)
    }
}

/// Somebody who carries a tenant's parcels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Carrier {
    /// The carrier's id.
    pub id: CarrierId,
    /// What the tenant says of it.
    pub profile: CarrierProfile,
    /// When it was made known.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Counts up with every change.
    pub version: u64,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::money::Money;

    fn profile() -> CarrierProfile {
        let rates = ShippingSettings::flat(Money::new(9_900, Currency::Inr));
        let service = Service { code: "EXPRESS".parse().unwrap(), name: "Express".parse().unwrap(), rates };
        CarrierProfile {
            name: "Blue Crane".parse().unwrap(),
            email: Some("care@crane.example".to_owned()),
            phone: Some("+91 80 4000 1234".to_owned()),
            services: vec![service],
            tracking_url: "https://track.crane.example/?awb={trackingNumber}&lang=en".parse().unwrap(),
            active: true,
        }
    }

    #[test]
    fn a_tracking_address_leads_where_it_reads() {
        let url = profile().tracking_url.of(&"crane-0001".parse().unwrap());
        assert_eq!(url, "https://track.crane.example/?awb=CRANE-0001&lang=en");
        for bad in [
            "http://crane.example/{trackingNumber}",
            "https://crane.example/",
            "https://crane.example/{trackingNumber}/{trackingNumber}",
            "https://crane.example/{number}/{trackingNumber}",
            "https://{trackingNumber}.crane.example/",
            "https://crane.example{trackingNumber}",
            "https://user@crane.example/{trackingNumber}",
            "https://crane.example:8443/{trackingNumber}",
            "https://localhost/{trackingNumber}",
            "https://10.0.0.1/{trackingNumber}",
            "https://crane..example/{trackingNumber}",
            "https://crane.example/a b/{trackingNumber}",
            "https://crane.example/\"><script>/{trackingNumber}",
            "https://crâne.example/{trackingNumber}",
            "javascript:alert(1)//https://crane.example/{trackingNumber}",
        ] {
            assert!(bad.parse::<TrackingUrl>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_carrier_that_makes_no_sense_is_refused() {
        assert_eq!(profile().check(Currency::Inr), Ok(()));
        let refused = |change: fn(&mut CarrierProfile)| {
            let mut changed = profile();
            change(&mut changed);
            changed.check(Currency::Inr)
        };
        assert_eq!(refused(|carrier| carrier.email = Some("nobody".to_owned())), Err(InvalidCarrier::Email));
        assert_eq!(refused(|carrier| carrier.phone = Some("12".to_owned())), Err(InvalidCarrier::Phone));
        assert_eq!(refused(|carrier| carrier.services.clear()), Err(InvalidCarrier::Services));
        let doubled = |carrier: &mut CarrierProfile| carrier.services.push(carrier.services[0].clone());
        assert_eq!(refused(doubled), Err(InvalidCarrier::Services));
        let no_bands = |carrier: &mut CarrierProfile| carrier.services[0].rates.bands.clear();
        assert_eq!(refused(no_bands), Err(InvalidCarrier::Rates(InvalidShipping::Count)));
        assert_eq!(profile().check(Currency::Usd), Err(InvalidCarrier::Rates(InvalidShipping::Amount)));
    }

    proptest! {
        #[test]
        fn a_tracking_number_reads_back_and_never_changes_the_address_around_it(text: String) {
            if let Ok(number) = text.parse::<TrackingNumber>() {
                prop_assert_eq!(number.to_string().parse::<TrackingNumber>(), Ok(number.clone()));
                let url = profile().tracking_url.of(&number);
                prop_assert!(url.starts_with("https://track.crane.example/?awb=") && url.ends_with("&lang=en"));
                prop_assert!(url.bytes().all(|b| b.is_ascii_graphic()));
            }
        }

        #[test]
        fn any_number_of_legal_letters_is_taken(text in "[a-zA-Z0-9_-]{8,40}") {
            prop_assert_eq!(text.parse::<TrackingNumber>().unwrap().to_string(), text.to_ascii_uppercase());
        }
    }
}
