//! `GET /shipments/{trackingNumber}`

use axum::extract::State;
use domain::carrier::TrackingNumber;
use domain::clock::Timestamp;
use domain::shipment::{Shipment, ShipmentStatus, ShipmentStep};
use serde::Serialize;
use utoipa::ToSchema;
use web::{Answer, Edge, Envelope, Path, Problem, Reply, TenantOf};

/// Where a parcel is, for whoever knows its number. Nothing of what is in it, who sent it or who gets it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TrackingView {
    /// What the carrier calls it.
    #[schema(value_type = String, example = "CRANE-20260131-0007")]
    tracking_number: TrackingNumber,
    /// How far it has come.
    #[schema(value_type = String, example = "IN_TRANSIT")]
    status: ShipmentStatus,
    /// Who carries it.
    #[schema(example = "Blue Crane")]
    carrier: String,
    /// By which service.
    #[schema(example = "Express")]
    service: String,
    /// Where the carrier says more.
    #[schema(example = "https://track.crane.example/?awb=CRANE-20260131-0007")]
    tracking_url: String,
    /// Every step, oldest first.
    events: Vec<TrackingEvent>,
}

/// One step of a parcel.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct TrackingEvent {
    /// What it became.
    #[schema(value_type = String, example = "IN_TRANSIT")]
    status: ShipmentStatus,
    /// Where.
    #[schema(example = "Bengaluru hub")]
    place: Option<String>,
    /// When.
    #[schema(value_type = String, format = DateTime, example = "2026-01-31T08:15:30.123Z")]
    at: Timestamp,
}

impl From<Shipment> for TrackingView {
    fn from(shipment: Shipment) -> Self {
        let event = |step: ShipmentStep| TrackingEvent { status: step.status, place: step.place, at: step.at };
        Self {
            tracking_number: shipment.tracking_number,
            status: shipment.status,
            carrier: shipment.carrier_name,
            service: shipment.service_name,
            tracking_url: shipment.tracking_url,
            events: shipment.history.into_iter().map(event).collect(),
        }
    }
}

/// Follow a parcel
///
/// A number that no parcel has answers 404.
#[utoipa::path(
    get,
    path = "/shipments/{trackingNumber}",
    tag = "Shipments",
    params(("trackingNumber" = String, Path, description = "What the carrier calls it", example = "CRANE-20260131-0007")),
    responses((status = 200, description = "Where the parcel is", body = Envelope<TrackingView>)),
    extensions(("x-access" = json!("public")))
)]
pub(crate) async fn track_shipment(
    State(edge): State<Edge>,
    tenant: TenantOf,
    Path(number): Path<TrackingNumber>,
) -> Answer<TrackingView> {
    let found = edge.store().tracked_shipment(tenant.scope(), &number).await?;
    Ok(Reply::ok(TrackingView::from(found.ok_or_else(Problem::not_found)?)))
}
