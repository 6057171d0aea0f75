//! Parcels: announced under what is left of their order, moved step by step, with the order behind them.
//!
//! All parcels of an order pass its [`Fulfilment`], which is replaced under its version in each transaction. So of
//! parcels that are announced or moved at once each sees the others, and the order follows once.

mod follow;
mod list;

use domain::carrier::{Carrier, ServiceCode, TrackingNumber};
use domain::id::{CarrierId, OrderId, ShipmentId};
use domain::operation::{Action, Operation};
use domain::order::{GroupStatus, Order, OrderGroup, OrderStatus};
use domain::refund::RefundBook;
use domain::shipment::{Fulfilment, Shipment, ShipmentError, ShipmentLine, ShipmentStatus, ShipmentStep, Stuck};
use domain::tenant::TenantScope;
use serde::{Deserialize, Serialize};

use self::follow::Books;
use crate::error::{Error, Result};
use crate::row::Row;
use crate::table::Consistency;
use crate::write::Write;
use crate::{Store, audit, chance, key};

/// How often a step is tried while others change the same order.
const TRIES: u32 = 60;

/// A parcel to announce.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShipmentRequest {
    /// Who carries it.
    pub carrier: CarrierId,
    /// By which service.
    pub service: ServiceCode,
    /// What the carrier calls it.
    pub tracking_number: TrackingNumber,
    /// What is in it; none is all that is left.
    pub lines: Option<Vec<ShipmentLine>>,
}

/// Why no parcel was announced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ShipmentRefused {
    /// The order is gone.
    #[error("there is no such order")]
    NotFound,
    /// The carrier is unknown or carries nothing new.
    #[error("is none of the carriers")]
    Carrier,
    /// The carrier has no such service.
    #[error("is no service of the carrier")]
    Service,
    /// The order is not paid, was called off, or all of its money went back.
    #[error("the order is {}", .0.as_str())]
    NotPaid(OrderStatus),
    /// Another parcel has the tracking number.
    #[error("the tracking number is in use")]
    NumberTaken,
    /// There are not that many pieces to send.
    #[error(transparent)]
    Unfit(#[from] ShipmentError),
}

/// Why a parcel was not moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoveRefused {
    /// Somebody else moved it first.
    #[error("the shipment was moved meanwhile")]
    Changed,
    /// The step can't follow.
    #[error(transparent)]
    Stuck(#[from] Stuck),
    /// What is in it was given back meanwhile: it must be called off.
    #[error(transparent)]
    Unfit(#[from] ShipmentError),
}

/// What a tracking number stands for.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Tracking {
    shipment: ShipmentId,
}

/// The places of the writes whose refusal says something.
const FULFILMENT: usize = 0;
const TRACKING: usize = 1;

impl Store {
    /// Announces a parcel of an order.
    ///
    /// # Errors
    /// When the table can't be written, or too many announce at once. The inner error says what stands against it.
    pub async fn create_shipment(
        &self,
        operation: &Operation,
        order: &Order,
        request: &ShipmentRequest,
    ) -> Result<std::result::Result<Shipment, ShipmentRefused>> {
        let scope = operation.scope;
        let group = key::order_group(scope, order.group);
        let carrier = key::carrier(scope, request.carrier);
        let number = key::tracking(scope, &request.tracking_number);
        let mut found = self.table.get_many([group.clone(), carrier.clone()], Consistency::Strong).await?;
        let group = found.take::<OrderGroup>(&group)?.filter(|group| group.status == GroupStatus::Paid);
        // Who paid does not change any more once it is paid.
        let Some(group) = group else { return Ok(Err(ShipmentRefused::NotPaid(order.status))) };
        let payment = group.paid_by;
        let known = found.take::<Carrier>(&carrier)?.filter(|carrier| carrier.profile.active);
        let Some(known) = known else { return Ok(Err(ShipmentRefused::Carrier)) };
        let Some(service) = known.profile.service(&request.service) else { return Ok(Err(ShipmentRefused::Service)) };
        for attempt in 0..TRIES {
            chance::pause(attempt).await;
            let Some(books) = Books::read(self, scope, order.id, payment).await? else {
                return Ok(Err(ShipmentRefused::NotFound));
            };
            if !books.order.status.is_paid() {
                return Ok(Err(ShipmentRefused::NotPaid(books.order.status)));
            }
            let lines = match books.fulfilment.choose(&books.order, &books.returned, request.lines.as_deref()) {
                Ok(lines) => lines,
                Err(unfit) => return Ok(Err(unfit.into())),
            };
            let step = ShipmentStep {
                status: ShipmentStatus::Pending,
                place: None,
                note: None,
                actor: operation.actor.clone(),
                at: operation.now,
            };
            let shipment = Shipment {
                id: operation.id(),
                order: order.id,
                payment,
                user: order.user,
                seller: order.seller,
                carrier: known.id,
                carrier_name: known.profile.name.to_string(),
                service: service.code.clone(),
                service_name: service.name.to_string(),
                tracking_number: request.tracking_number.clone(),
                tracking_url: known.profile.tracking_url.of(&request.tracking_number),
                lines,
                status: step.status,
                history: vec![step],
                created_at: operation.now,
                updated_at: operation.now,
                version: 1,
            };
            let tracking = Row::new(number.clone(), "Tracking", &Tracking { shipment: shipment.id })?;
            let tracking = tracking.indexed(key::trackings(scope, shipment.id)).indexed(key::trackings_in(
                scope,
                shipment.status,
                shipment.id,
            ));
            let row = Row::new(key::shipment(scope, shipment.id), "Shipment", &shipment)?
                .indexed(key::shipments_by(scope, shipment.carrier, shipment.id))
                .indexed(key::shipments_of(scope, shipment.seller, shipment.id));
            let after = books.fulfilment.clone().with(&shipment);
            let mut writes = vec![books.replace(scope, &after)?, Write::create(tracking), Write::create(row)];
            let checked = writes.len();
            writes.push(Write::check(carrier.clone()).when("version", "=", known.version)?);
            writes.extend(books.unchanged(scope)?);
            writes.extend(books.follow(operation, &after, &shipment)?);
            match self.table.transact(writes).await? {
                Ok(()) => return Ok(Ok(shipment)),
                Err(refused) => match refused.index {
                    TRACKING => return Ok(Err(ShipmentRefused::NumberTaken)),
                    // The carrier has other services now, or none.
                    index if index == checked => return Err(Error::Conflict),
                    _ => {}
                },
            }
        }
        Err(Error::Busy("too many changes of one order at once".into()))
    }

    /// Moves a parcel on from what it was when it was read, and its order with it.
    ///
    /// # Errors
    /// When the table can't be written, or too many move parcels of one order at once. The inner error says what stands
    /// against it.
    pub async fn move_shipment(
        &self,
        operation: &Operation,
        before: &Shipment,
        step: ShipmentStep,
    ) -> Result<std::result::Result<Shipment, MoveRefused>> {
        let scope = operation.scope;
        let after = match before.clone().moved(step.clone()) {
            Ok(after) => after,
            Err(stuck) => return Ok(Err(stuck.into())),
        };
        for attempt in 0..TRIES {
            chance::pause(attempt).await;
            let books = Books::read(self, scope, before.order, before.payment).await?.ok_or(Error::NotFound)?;
            let fulfilment = books.fulfilment.clone().moved(after.id, after.status);
            let leaves = before.status == ShipmentStatus::Pending && after.status.has_left();
            if leaves && let Err(unfit) = fulfilment.check(after.id, &books.order, &books.returned) {
                return Ok(Err(unfit.into()));
            }
            let mut writes = vec![
                books.replace(scope, &fulfilment)?,
                Write::update(key::shipment(scope, after.id))
                    .set("status", after.status)?
                    .set("updatedAt", after.updated_at)?
                    .append("history", &step)?
                    .set("version", after.version)?
                    .when("version", "=", before.version)?,
                Write::update(key::tracking(scope, &after.tracking_number)).index(&key::trackings_in(
                    scope,
                    after.status,
                    after.id,
                ))?,
            ];
            if leaves || fulfilment.status_of(&books.order, &books.returned) != books.order.status {
                writes.extend(books.unchanged(scope)?);
            }
            writes.extend(books.follow(operation, &fulfilment, &after)?);
            match self.table.transact(writes).await? {
                Ok(()) => return Ok(Ok(after)),
                // Its own version is behind that of its order: who was first has changed both.
                Err(refused) if refused.index == FULFILMENT => {
                    let now = self.shipment(scope, after.id).await?.ok_or(Error::NotFound)?;
                    if now.version != before.version {
                        return Ok(Err(MoveRefused::Changed));
                    }
                }
                Err(refused) if refused.index == 1 => return Ok(Err(MoveRefused::Changed)),
                Err(_) => {}
            }
        }
        Err(Error::Busy("too many changes of one order at once".into()))
    }

    /// Remembers that somebody looks at where a parcel goes.
    ///
    /// # Errors
    /// When the table can't be written.
    pub async fn record_delivery_address_read(&self, operation: &Operation, shipment: ShipmentId) -> Result<()> {
        self.record_audit(operation, Action::DeliveryAddressRead, &shipment.to_string()).await
    }

    /// Reads what of an order was sent.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn fulfilment(&self, scope: TenantScope, order: OrderId) -> Result<Fulfilment> {
        let found = self.table.get(key::fulfilment(scope, order), Consistency::Strong).await?;
        Ok(found.unwrap_or_else(|| Fulfilment::open(order)))
    }
}

/// Demands that nothing of an order is in a parcel, as a part of the transaction that calls the order off.
pub(crate) fn nothing_sent(scope: TenantScope, order: OrderId) -> Result<Write> {
    Write::check(key::fulfilment(scope, order)).when_absent_or("live", "=", 0)
}

/// Demands that a payment's book of refunds is as it was read.
fn unchanged_book(scope: TenantScope, book: &RefundBook) -> Result<Write> {
    let check = Write::check(key::refund_book(scope, book.payment));
    if book.version == 0 { Ok(check.when_absent("pk")) } else { check.when("version", "=", book.version) }
}

/// Writes what is remembered of a step besides the parcel itself.
fn recorded(operation: &Operation, shipment: ShipmentId) -> Result<Write> {
    audit::record(operation, Action::ShipmentChanged, &shipment.to_string())
}
