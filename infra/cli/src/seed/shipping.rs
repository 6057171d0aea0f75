//! Who carries the demo's parcels, beside the tenant's own flat rate.

use domain::carrier::{Carrier, CarrierProfile, Service};
use domain::id::{CarrierId, Id};
use domain::money::{Currency, Money};
use domain::pricing::{ShippingSettings, WeightBand};
use domain::tenant::Tenant;

use super::Seeding;
use crate::Failure;

/// Makes the carrier known where it is not, and returns its id.
pub async fn open(seeding: &Seeding<'_>, tenant: &Tenant) -> Result<CarrierId, Failure> {
    let operation = seeding.operation(tenant);
    // The tenant's own number: the same in every run.
    let id = CarrierId::from_parts(tenant.created_at, tenant.id.ulid().random());
    if seeding.store.carrier(operation.scope, id).await?.is_some() {
        return Ok(id);
    }
    let profile = profile()?;
    profile.check(tenant.settings.currency)?;
    let carrier = Carrier { id, profile, created_at: operation.now, updated_at: operation.now, version: 1 };
    seeding.store.create_carrier(&operation, &carrier).await?;
    Ok(id)
}

fn profile() -> Result<CarrierProfile, Failure> {
    let surface = rates(&[(500, 4_900), (2_000, 8_900), (10_000, 19_900)], Some(149_900));
    let air = rates(&[(500, 9_900), (2_000, 17_900), (5_000, 34_900)], None);
    Ok(CarrierProfile {
        name: "Blue Crane Couriers".parse()?,
        email: Some("care@crane.example".to_owned()),
        phone: Some("+91 80 4000 1234".to_owned()),
        services: vec![
            Service { code: "SURFACE".parse()?, name: "Surface, 4 to 6 days".parse()?, rates: surface },
            Service { code: "AIR".parse()?, name: "Air, 1 to 2 days".parse()?, rates: air },
        ],
        tracking_url: "https://track.crane.example/?awb={trackingNumber}".parse()?,
        active: true,
    })
}

/// Makes rates of bands: up to so many grams, so many paise.
fn rates(bands: &[(u64, i64)], free_above: Option<i64>) -> ShippingSettings {
    let inr = |amount| Money::new(amount, Currency::Inr);
    let band = |(grams, price): &(u64, i64)| WeightBand { up_to_grams: Some(*grams), price: inr(*price) };
    ShippingSettings { bands: bands.iter().map(band).collect(), free_above: free_above.map(inr) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_carrier_is_one_that_the_marketplace_would_take() {
        profile().unwrap().check(Currency::Inr).unwrap();
    }
}
