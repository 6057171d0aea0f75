//! A carrier, and a parcel that it carries.

use domain::access::Role;
use domain::carrier::{Carrier, CarrierProfile, Service};
use domain::id::{CarrierId, Id, UserId};
use domain::money::{Currency, Money};
use domain::operation::Action;
use domain::pricing::ShippingSettings;
use domain::shipment::Shipment;
use harness::stack::TestTenant;
use store::shipments::ShipmentRequest;
use store::table::Consistency;

/// Makes a carrier known.
pub(super) async fn carrier(tenant: &TestTenant) -> Carrier {
    let operation = tenant.operation();
    let rates = ShippingSettings::flat(Money::new(9_900, Currency::Inr));
    let service = Service { code: "EXPRESS".parse().unwrap(), name: "Express".parse().unwrap(), rates };
    let carrier = Carrier {
        id: operation.id(),
        profile: CarrierProfile {
            name: "Blue Crane".parse().unwrap(),
            email: None,
            phone: None,
            services: vec![service],
            tracking_url: "https://track.crane.example/?awb={trackingNumber}".parse().unwrap(),
            active: true,
        },
        created_at: operation.now,
        updated_at: operation.now,
        version: 1,
    };
    tenant.stack.store().create_carrier(&operation, &carrier).await.unwrap();
    carrier
}

/// Lets somebody who has the role of carriers work for one.
pub(super) async fn enlist(tenant: &TestTenant, person: UserId, carrier: CarrierId) {
    let (store, operation) = (tenant.stack.store(), tenant.operation());
    let before = store.user(tenant.scope(), person, Consistency::Strong).await.unwrap().unwrap();
    let after = before.clone().with_carrier(Some(carrier)).unwrap();
    store.change_member(&operation, &before, after, Action::CarrierChanged).await.unwrap().unwrap();
}

/// Announces a parcel of a paid order that somebody else bought.
pub(super) async fn announce(tenant: &TestTenant) -> Shipment {
    let (store, operation) = (tenant.stack.store(), tenant.operation());
    let buyer = tenant.member(&[Role::Customer]).await;
    let placed = tenant.sale(buyer.user.id, &["Lamp"]).await;
    tenant.capture_sale(&placed, &format!("order_{}", placed.group.id.ulid()), "pay_parcel").await;
    let carrier = carrier(tenant).await;
    let request = ShipmentRequest {
        carrier: carrier.id,
        service: "EXPRESS".parse().unwrap(),
        // With a prefix, as ids have one, so that another can be made up.
        tracking_number: operation.id::<domain::id::ShipmentId>().to_string().parse().unwrap(),
        lines: None,
    };
    store.create_shipment(&operation, &placed.orders[0], &request).await.unwrap().unwrap()
}
