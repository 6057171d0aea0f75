//! Carriers, and parcels on their way.

use domain::carrier::TrackingNumber;
use domain::id::{CarrierId, SellerId, ShipmentId};
use domain::shipment::ShipmentStatus;
use domain::tenant::TenantScope;

use super::{Index, IndexKey, Key, of};

/// Reads a carrier.
pub(crate) fn carrier(scope: TenantScope, carrier: CarrierId) -> Key {
    Key::alone(of(scope, &format!("CAR#{carrier}")))
}

/// Lists the carriers of a tenant.
pub(crate) fn carriers_list(scope: TenantScope) -> String {
    of(scope, "CARS")
}

/// Orders a carrier among the tenant's by time of creation.
pub(crate) fn carriers(scope: TenantScope, carrier: CarrierId) -> IndexKey {
    IndexKey { index: Index::Second, pk: carriers_list(scope), sk: carrier.to_string() }
}

/// Reads a shipment.
pub(crate) fn shipment(scope: TenantScope, shipment: ShipmentId) -> Key {
    Key::alone(of(scope, &format!("SHP#{shipment}")))
}

/// Lists what a carrier carries, or has carried.
pub(crate) fn shipments_by_list(scope: TenantScope, carrier: CarrierId) -> String {
    of(scope, &format!("CAR#{carrier}#SHP"))
}

/// Orders a shipment among its carrier's by time.
pub(crate) fn shipments_by(scope: TenantScope, carrier: CarrierId, shipment: ShipmentId) -> IndexKey {
    IndexKey { index: Index::First, pk: shipments_by_list(scope, carrier), sk: shipment.to_string() }
}

/// Lists what a seller has sent.
pub(crate) fn shipments_of_list(scope: TenantScope, seller: SellerId) -> String {
    of(scope, &format!("SEL#{seller}#SHP"))
}

/// Orders a shipment among its seller's by time.
pub(crate) fn shipments_of(scope: TenantScope, seller: SellerId, shipment: ShipmentId) -> IndexKey {
    IndexKey { index: Index::Second, pk: shipments_of_list(scope, seller), sk: shipment.to_string() }
}

/// Finds a shipment by what its carrier calls it; its existence makes the number unique within the tenant.
pub(crate) fn tracking(scope: TenantScope, number: &TrackingNumber) -> Key {
    Key::alone(of(scope, &format!("TRK#{number}")))
}

/// Lists the tracking numbers of all of a tenant's shipments.
pub(crate) fn trackings_list(scope: TenantScope) -> String {
    of(scope, "SHPS")
}

/// Orders a tracking number among all of them by the time of its shipment.
pub(crate) fn trackings(scope: TenantScope, shipment: ShipmentId) -> IndexKey {
    IndexKey { index: Index::First, pk: trackings_list(scope), sk: shipment.to_string() }
}

/// Lists the tracking numbers of shipments that have come so far and no further.
pub(crate) fn trackings_in_list(scope: TenantScope, status: ShipmentStatus) -> String {
    of(scope, &format!("SHPS#{}", status.as_str()))
}

/// Orders a tracking number among those in its shipment's status.
pub(crate) fn trackings_in(scope: TenantScope, status: ShipmentStatus, shipment: ShipmentId) -> IndexKey {
    IndexKey { index: Index::Second, pk: trackings_in_list(scope, status), sk: shipment.to_string() }
}
