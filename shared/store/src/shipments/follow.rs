//! What a parcel's step does to its order.

use domain::event::Event;
use domain::id::{OrderId, PaymentId};
use domain::money::Money;
use domain::operation::Operation;
use domain::order::{Order, TimelineEntry};
use domain::refund::{RefundBook, RefundLine};
use domain::shipment::{Fulfilment, Shipment};
use domain::tenant::TenantScope;

use crate::error::Result;
use crate::row::Row;
use crate::table::Consistency;
use crate::write::Write;
use crate::{Store, key, outbox};

/// All that a parcel's step depends on besides the parcel, as it was read.
pub(super) struct Books {
    pub(super) order: Order,
    pub(super) fulfilment: Fulfilment,
    /// What went back of the order's payment; none where nothing was paid.
    refunds: Option<RefundBook>,
    /// The pieces of the order whose money went back or is about to.
    pub(super) returned: Vec<RefundLine>,
}

impl Books {
    pub(super) async fn read(
        store: &Store,
        scope: TenantScope,
        order: OrderId,
        payment: Option<PaymentId>,
    ) -> Result<Option<Self>> {
        let (order_key, fulfilment_key) = (key::order(scope, order), key::fulfilment(scope, order));
        let book_key = payment.map(|payment| key::refund_book(scope, payment));
        let keys = [order_key.clone(), fulfilment_key.clone()].into_iter().chain(book_key.clone());
        let mut found = store.table.get_many(keys, Consistency::Strong).await?;
        let Some(order) = found.take::<Order>(&order_key)? else { return Ok(None) };
        let fulfilment = found.take(&fulfilment_key)?.unwrap_or_else(|| Fulfilment::open(order.id));
        let refunds = match payment.zip(book_key) {
            // What was captured does not matter here: only that there is no book yet.
            Some((payment, key)) => Some(
                found
                    .take(&key)?
                    .unwrap_or_else(|| RefundBook::open(payment, Money::zero(order.totals.total.currency))),
            ),
            None => None,
        };
        let returned = refunds.as_ref().map(|book: &RefundBook| book.pieces_of(&order)).unwrap_or_default();
        Ok(Some(Self { order, fulfilment, refunds, returned }))
    }

    /// Replaces what was sent of the order, unless somebody else did.
    pub(super) fn replace(&self, scope: TenantScope, next: &Fulfilment) -> Result<Write> {
        let row = Row::new(key::fulfilment(scope, self.order.id), "Fulfilment", next)?;
        if self.fulfilment.version == 0 {
            Ok(Write::create(row))
        } else {
            Write::put(row).when("version", "=", self.fulfilment.version)
        }
    }

    /// Demands that no more money went back than was read.
    pub(super) fn unchanged(&self, scope: TenantScope) -> Result<Option<Write>> {
        self.refunds.as_ref().map(|book| super::unchanged_book(scope, book)).transpose()
    }

    /// Lets the order follow, and tells of the step.
    pub(super) fn follow(&self, operation: &Operation, after: &Fulfilment, shipment: &Shipment) -> Result<Vec<Write>> {
        let (scope, order) = (operation.scope, &self.order);
        let status = after.status_of(order, &self.returned);
        let mut update = Write::update(key::order(scope, order.id)).when("status", "=", order.status)?;
        // That it was seen at one more place is not the order's to remember.
        let mut before = shipment.history.iter().rev().skip(1);
        if before.next().map(|step| step.status) != Some(shipment.status) || status != order.status {
            let step = TimelineEntry {
                status,
                actor: operation.actor.clone(),
                reason: format!("parcel {} {}", shipment.tracking_number, shipment.status.as_str()),
                at: operation.now,
            };
            update = update.append("timeline", step)?;
        }
        let event = Event::ShipmentMoved { shipment: shipment.id, order: order.id, status: shipment.status };
        Ok(vec![
            update.set("status", status)?.set("updatedAt", operation.now)?.add("version", 1)?,
            outbox::publish(scope, &operation.envelope(event))?,
            super::recorded(operation, shipment.id)?,
        ])
    }
}
