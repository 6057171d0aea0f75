//! Parcels: how they look, and what the tenant's people, sellers and carriers all do with them.

pub(crate) mod advance;
pub(crate) mod create;
pub(crate) mod list;
pub(crate) mod read;

use axum::response::Response;
use domain::carrier::{ServiceCode, TrackingNumber};
use domain::clock::Timestamp;
use domain::id::{CarrierId, OrderId, SellerId, ShipmentId};
use domain::order::Order;
use domain::shipment::{Shipment, ShipmentError, ShipmentLine, ShipmentStatus, ShipmentStep, Stuck};
use garde::Validate;
use serde::{Deserialize, Serialize};
use store::shipments::{MoveRefused, ShipmentRefused, ShipmentRequest};
use utoipa::ToSchema;
use web::{Caller, Code, Edge, IdempotencyKey, IfMatch, Pieces, Problem, Reply, idempotent};

/// A parcel.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ShipmentSummary {
    /// The shipment's id.
    #[schema(value_type = String, example = "shp_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    id: ShipmentId,
    /// The order that it carries pieces of.
    #[schema(value_type = String, example = "ord_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    order_id: OrderId,
    /// Who sends it.
    #[schema(value_type = String, example = "sel_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    seller_id: SellerId,
    /// Who carries it.
    #[schema(value_type = String, example = "car_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    carrier_id: CarrierId,
    /// The carrier's name at that time.
    #[schema(example = "Blue Crane")]
    carrier: String,
    /// By which of its services.
    #[schema(value_type = String, example = "EXPRESS")]
    service: ServiceCode,
    /// The service's name at that time.
    #[schema(example = "Express")]
    service_name: String,
    /// What the carrier calls it.
    #[schema(value_type = String, example = "CRANE-20260131-0007")]
    tracking_number: TrackingNumber,
    /// Where it is followed.
    #[schema(example = "https://track.crane.example/?awb=CRANE-20260131-0007")]
    tracking_url: String,
    /// What is in it.
    #[schema(value_type = Vec<Pieces>)]
    lines: Vec<ShipmentLine>,
    /// How far it has come.
    #[schema(value_type = String, example = "IN_TRANSIT")]
    status: ShipmentStatus,
    /// When it was announced.
    #[schema(value_type = String, format = DateTime, example = "2026-01-31T08:15:30.123Z")]
    created_at: Timestamp,
    /// When it last moved.
    #[schema(value_type = String, format = DateTime, example = "2026-01-31T08:15:30.123Z")]
    updated_at: Timestamp,
    /// Counts up with every step; also in `ETag`.
    #[schema(example = 3)]
    version: u64,
}

/// A parcel with its history.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ShipmentView {
    #[serde(flatten)]
    shipment: ShipmentSummary,
    /// Every step, oldest first.
    history: Vec<StepView>,
}

/// One step of a parcel.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ShipmentStep)]
#[serde(rename_all = "camelCase")]
struct StepView {
    /// What it became.
    #[schema(value_type = String, example = "IN_TRANSIT")]
    status: ShipmentStatus,
    /// Where.
    #[schema(example = "Bengaluru hub")]
    place: Option<String>,
    /// What was noted.
    #[schema(example = "Held back by rain")]
    note: Option<String>,
    /// When.
    #[schema(value_type = String, format = DateTime, example = "2026-01-31T08:15:30.123Z")]
    at: Timestamp,
}

impl From<&Shipment> for ShipmentSummary {
    fn from(shipment: &Shipment) -> Self {
        Self {
            id: shipment.id,
            order_id: shipment.order,
            seller_id: shipment.seller,
            carrier_id: shipment.carrier,
            carrier: shipment.carrier_name.clone(),
            service: shipment.service.clone(),
            service_name: shipment.service_name.clone(),
            tracking_number: shipment.tracking_number.clone(),
            tracking_url: shipment.tracking_url.clone(),
            lines: shipment.lines.clone(),
            status: shipment.status,
            created_at: shipment.created_at,
            updated_at: shipment.updated_at,
            version: shipment.version,
        }
    }
}

impl From<&Shipment> for ShipmentView {
    fn from(shipment: &Shipment) -> Self {
        let step = |step: &ShipmentStep| StepView {
            status: step.status,
            place: step.place.clone(),
            note: step.note.clone(),
            at: step.at,
        };
        Self { shipment: ShipmentSummary::from(shipment), history: shipment.history.iter().map(step).collect() }
    }
}

/// A parcel to announce.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CreateShipment {
    /// The order, which is paid.
    #[garde(skip)]
    #[schema(value_type = String, example = "ord_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    pub(crate) order_id: OrderId,
    /// Who carries it.
    #[garde(skip)]
    #[schema(value_type = String, example = "car_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    carrier_id: CarrierId,
    /// By which of the carrier's services.
    #[garde(skip)]
    #[schema(value_type = String, example = "EXPRESS")]
    service: ServiceCode,
    /// What the carrier calls it: 8 to 40 of `A-Z`, `0-9`, `-` and `_`, unlike all other parcels.
    #[garde(skip)]
    #[schema(value_type = String, example = "CRANE-20260131-0007")]
    tracking_number: TrackingNumber,
    /// What is in it; without it all that is left to send.
    #[garde(length(min = 1, max = 40), dive)]
    lines: Option<Vec<Pieces>>,
}

/// Announces a parcel of an order that the caller may send; `place` is where it is found then.
pub(crate) async fn announce(
    edge: &Edge,
    caller: &Caller,
    key: IdempotencyKey,
    order: &Order,
    request: CreateShipment,
    place: &str,
) -> Result<Response, Problem> {
    let lines = |lines: Vec<Pieces>| lines.into_iter().map(ShipmentLine::from).collect();
    let request = ShipmentRequest {
        carrier: request.carrier_id,
        service: request.service,
        tracking_number: request.tracking_number,
        lines: request.lines.map(lines),
    };
    let work = async {
        let made = edge.store().create_shipment(&caller.operation(), order, &request).await?;
        let shipment = made.map_err(not_announced)?;
        let location = format!("{place}/{}", shipment.id);
        Ok(Reply::created(ShipmentView::from(&shipment), location).etag(shipment.version))
    };
    idempotent(edge, caller.tenant(), Some(caller.user), Some(key), work).await
}

fn not_announced(refused: ShipmentRefused) -> Problem {
    let text = refused.to_string();
    match refused {
        ShipmentRefused::NotFound => Problem::not_found(),
        ShipmentRefused::Carrier => Problem::invalid("carrierId", text),
        ShipmentRefused::Service => Problem::invalid("service", text),
        ShipmentRefused::NotPaid(_) => Problem::new(Code::InvalidTransition).message(text),
        ShipmentRefused::NumberTaken => Problem::new(Code::TrackingNumberTaken).field("trackingNumber", text),
        ShipmentRefused::Unfit(unfit) => unfit_pieces(unfit),
    }
}

fn unfit_pieces(unfit: ShipmentError) -> Problem {
    match unfit {
        ShipmentError::UnknownLine(_) => {
            Problem::invalid("lines", "must name lines of the order that are sent, each once")
        }
        ShipmentError::TooManyPieces { .. } | ShipmentError::Nothing => {
            Problem::new(Code::ShipmentTooLarge).message(unfit.to_string())
        }
        ShipmentError::TooManyParts => Problem::new(Code::RuleBroken).message(unfit.to_string()),
    }
}

/// How far a parcel has come now.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AdvanceShipment {
    /// `SHIPPED`, `IN_TRANSIT`, `OUT_FOR_DELIVERY`, `DELIVERED`, `EXCEPTION` or `RETURNED`.
    #[garde(skip)]
    #[schema(value_type = String, example = "IN_TRANSIT")]
    pub(crate) status: ShipmentStatus,
    /// Where, as everybody who knows the number may read it: a hub or a town, no address.
    #[garde(length(chars, min = 1, max = 80))]
    #[schema(min_length = 1, max_length = 80, example = "Bengaluru hub")]
    place: Option<String>,
    /// What the tenant's people, the seller and the carrier should know of the parcel, and nothing of people: it is kept as
    /// long as the order.
    #[garde(length(chars, min = 1, max = 200))]
    #[schema(min_length = 1, max_length = 200, example = "Held back by rain")]
    note: Option<String>,
}

/// Moves a parcel on that the caller may move, and returns it as it is then.
pub(crate) async fn step(
    edge: &Edge,
    caller: &Caller,
    if_match: &IfMatch,
    before: &Shipment,
    request: AdvanceShipment,
) -> Result<Shipment, Problem> {
    if_match.check(before.version)?;
    let operation = caller.operation();
    let step = ShipmentStep {
        status: request.status,
        place: request.place,
        note: request.note,
        actor: operation.actor.clone(),
        at: operation.now,
    };
    edge.store().move_shipment(&operation, before, step).await?.map_err(not_moved)
}

fn not_moved(refused: MoveRefused) -> Problem {
    let text = refused.to_string();
    match refused {
        MoveRefused::Changed => Problem::new(Code::Conflict),
        MoveRefused::Stuck(Stuck::Status(_)) => Problem::new(Code::InvalidTransition).message(text),
        MoveRefused::Stuck(Stuck::TooManySteps) => Problem::new(Code::RuleBroken).message(text),
        MoveRefused::Unfit(unfit) => unfit_pieces(unfit),
    }
}
