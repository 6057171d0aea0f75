//! Carriers, as the tenant's people know them.

pub(crate) mod change;
pub(crate) mod create;
pub(crate) mod dismiss;
pub(crate) mod enlist;
pub(crate) mod list;
pub(crate) mod read;
pub(crate) mod retire;

use domain::carrier::{Carrier, CarrierProfile, InvalidCarrier};
use domain::clock::Timestamp;
use domain::id::{CarrierId, UserId};
use domain::money::Currency;
use garde::Validate;
use serde::{Deserialize, Serialize};
use store::members::MemberRefused;
use utoipa::ToSchema;
use web::{Code, Problem, schema};

/// A carrier.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CarrierView {
    /// The carrier's id.
    #[schema(value_type = String, example = "car_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    id: CarrierId,
    #[serde(flatten)]
    #[schema(value_type = ProfileView)]
    profile: CarrierProfile,
    /// When it was made known.
    #[schema(value_type = String, format = DateTime, example = "2026-01-31T08:15:30.123Z")]
    created_at: Timestamp,
    /// When it last changed.
    #[schema(value_type = String, format = DateTime, example = "2026-01-31T08:15:30.123Z")]
    updated_at: Timestamp,
    /// Counts up with every change; also in `ETag`.
    #[schema(example = 1)]
    version: u64,
}

impl From<Carrier> for CarrierView {
    fn from(carrier: Carrier) -> Self {
        let Carrier { id, profile, created_at, updated_at, version } = carrier;
        Self { id, profile, created_at, updated_at, version }
    }
}

/// What is said of a carrier. It replaces what was said before as a whole.
#[derive(Debug, Deserialize, Validate)]
#[serde(transparent)]
pub(crate) struct SaveCarrier(#[garde(skip)] CarrierProfile);

/// What is said of a carrier.
#[derive(Debug, ToSchema)]
#[schema(as = CarrierProfile)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes how `domain` writes a profile")]
pub(crate) struct ProfileView {
    /// Its name.
    #[schema(example = "Blue Crane", min_length = 2, max_length = 100)]
    name: String,
    /// Where the company reads mail: its public address, no person's.
    #[schema(format = "email", example = "care@crane.example")]
    email: Option<String>,
    /// Where the company is called: its public number, no person's.
    #[schema(example = "+91 80 4000 1234")]
    phone: Option<String>,
    /// What it offers, each service with a code of its own.
    #[schema(min_items = 1, max_items = 20)]
    services: Vec<ServiceView>,
    /// Where its parcels are followed: an `https` address with `{trackingNumber}` once, behind the host.
    #[schema(example = "https://track.crane.example/?awb={trackingNumber}")]
    tracking_url: String,
    /// Whether new parcels may be given to it.
    #[schema(example = true)]
    active: bool,
}

/// One way in which a carrier carries.
#[derive(Debug, ToSchema)]
#[schema(as = CarrierService)]
#[expect(dead_code, reason = "describes how `domain` writes a service")]
pub(crate) struct ServiceView {
    /// What it is called in requests: 2 to 32 of `A-Z`, `0-9`, `-` and `_`.
    #[schema(example = "EXPRESS")]
    code: String,
    /// What it is called before people.
    #[schema(example = "Express", min_length = 2, max_length = 60)]
    name: String,
    /// What it costs.
    rates: RatesView,
}

/// What a service costs: flat or by weight.
#[derive(Debug, ToSchema)]
#[schema(as = CarrierRates)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes how `domain` writes rates")]
pub(crate) struct RatesView {
    /// The prices by weight, lightest first, at most 50. One band without a limit is a flat price.
    bands: Vec<BandView>,
    /// From which value of goods on it is free, after the discount; none is never.
    free_above: Option<schema::Money>,
}

/// The price up to a weight.
#[derive(Debug, ToSchema)]
#[schema(as = CarrierBand)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes how `domain` writes a band")]
pub(crate) struct BandView {
    /// The heaviest checkout that it is for, in grams; none is any weight.
    #[schema(example = 2000)]
    up_to_grams: Option<u64>,
    /// The price.
    price: schema::Money,
}

/// Somebody who works for a carrier.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CarrierPerson {
    /// The user.
    #[schema(value_type = String, example = "usr_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    user_id: UserId,
    /// The carrier that the user works for now, if any.
    #[schema(value_type = Option<String>, example = "car_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    carrier_id: Option<CarrierId>,
}

impl SaveCarrier {
    /// Returns what is to be said of a carrier.
    ///
    /// # Errors
    /// With 400 when it makes no sense in the tenant's currency.
    fn profile(self, currency: Currency) -> Result<CarrierProfile, Problem> {
        let Self(profile) = self;
        let checked = profile.check(currency);
        checked.map(|()| profile).map_err(|error| {
            let field = match error {
                InvalidCarrier::Email => "email",
                InvalidCarrier::Phone => "phone",
                InvalidCarrier::Services | InvalidCarrier::Rates(_) => "services",
            };
            Problem::invalid(field, error.to_string())
        })
    }
}

/// Says why somebody's carrier was not changed.
fn not_changed(refused: MemberRefused) -> Problem {
    Problem::new(match refused {
        MemberRefused::LastOwner => Code::LastOwner,
        MemberRefused::Changed => Code::Conflict,
        MemberRefused::NoLonger => Code::Forbidden,
    })
}
