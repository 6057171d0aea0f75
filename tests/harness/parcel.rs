//! Carriers, and parcels that they carry, without the detour over those who announce them.
#![allow(clippy::expect_used, reason = "a step that fails here fails the test that asked for it")]

use domain::carrier::{Carrier, CarrierProfile, Service};
use domain::id::{CarrierId, ShipmentId, UserId};
use domain::money::Money;
use domain::operation::Action;
use domain::order::Order;
use domain::pricing::ShippingSettings;
use domain::shipment::Shipment;
use domain::user::User;
use store::shipments::ShipmentRequest;
use store::table::Consistency;

use crate::stack::TestTenant;

impl TestTenant {
    /// Makes a carrier known that has one service, `EXPRESS`, at 149.00.
    pub async fn carrier(&self) -> Carrier {
        let operation = self.operation();
        let rates = ShippingSettings::flat(Money::new(14_900, self.tenant.settings.currency));
        let service = Service {
            code: "EXPRESS".parse().expect("a code"),
            name: "Express".parse().expect("a service's name"),
            rates,
        };
        let carrier = Carrier {
            id: operation.id(),
            profile: CarrierProfile {
                name: "Blue Crane".parse().expect("a carrier's name"),
                email: None,
                phone: None,
                services: vec![service],
                tracking_url: "https://track.crane.example/?awb={trackingNumber}".parse().expect("an address"),
                active: true,
            },
            created_at: operation.now,
            updated_at: operation.now,
            version: 1,
        };
        self.stack.store().create_carrier(&operation, &carrier).await.expect("the carrier is new");
        carrier
    }

    /// Lets somebody who has the role of carriers work for one, and returns them as they are then.
    pub async fn enlist(&self, person: UserId, carrier: CarrierId) -> User {
        let (store, operation) = (self.stack.store(), self.operation());
        let before = store.user(self.scope(), person, Consistency::Strong).await.expect("the person can be read");
        let before = before.expect("the person has an account");
        let after = before.clone().with_carrier(Some(carrier)).expect("the person has the role");
        let changed = store.change_member(&operation, &before, after, Action::CarrierChanged).await;
        changed.expect("the table can be written").expect("nobody else changes the person")
    }

    /// Announces a parcel of all that is left of a paid order, by a carrier of its own.
    pub async fn parcel(&self, order: &Order) -> Shipment {
        let operation = self.operation();
        let number = operation.id::<ShipmentId>().to_string();
        let request = ShipmentRequest {
            carrier: self.carrier().await.id,
            service: "EXPRESS".parse().expect("a code"),
            tracking_number: number.parse().expect("an id makes a number"),
            lines: None,
        };
        let made = self.stack.store().create_shipment(&operation, order, &request).await;
        made.expect("the table can be written").expect("there is something to send")
    }
}
