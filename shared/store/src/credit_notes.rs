//! Credit notes: one for each refund of an order, numbered like invoices in a series of their own.
//!
//! What a note takes back depends on the notes before it. It is written to the next place among the notes of its order, which
//! must be free: so nothing was numbered between reading them and writing it.

use domain::credit::{Credit, CreditNote};
use domain::event::Event;
use domain::id::OrderId;
use domain::invoice::{Invoice, Series};
use domain::operation::{Action, Operation};
use domain::order::Order;
use domain::refund::Refund;
use domain::tenant::TenantScope;

use crate::error::{Error, Result};
use crate::invoices::{TRIES, counted};
use crate::row::Row;
use crate::table::Consistency;
use crate::write::Write;
use crate::{Store, audit, chance, key, outbox};

impl Store {
    /// Gives a refund that went back the next number of a series; a refund that has one keeps it.
    ///
    /// # Errors
    /// [`Error::Busy`] when too many want a number at once.
    pub async fn number_credit_note(
        &self,
        operation: &Operation,
        series: &Series,
        (order, invoice): (&Order, &Invoice),
        refund: &Refund,
    ) -> Result<CreditNote> {
        let scope = operation.scope;
        let counter_key = key::series(scope, series.as_str());
        for attempt in 0..TRIES {
            chance::pause(attempt).await;
            let counter = self.table.get(counter_key.clone(), Consistency::Strong);
            let (counter, notes) = tokio::try_join!(counter, self.credit_notes(scope, order.id))?;
            if let Some(note) = notes.iter().find(|note| note.refund == refund.id) {
                return Ok(note.clone());
            }
            let (number, counter) = counted(series, counter_key.clone(), counter)?;
            let place = notes.last().map_or(0, |note| note.place).saturating_add(1);
            let note = CreditNote {
                id: operation.id(),
                number,
                place,
                refund: refund.id,
                payment: refund.payment,
                order: order.id,
                group: order.group,
                user: order.user,
                seller: order.seller,
                invoice: invoice.number.clone(),
                reason: refund.reason.clone(),
                credit: Credit::of(order, &notes, refund).map_err(Error::internal)?,
                issued_at: operation.now,
                object_key: None,
                stored_at: None,
            };
            let writes = vec![
                Write::create(Row::new(key::credit_note(scope, order.id, place), "CreditNote", &note)?),
                counter,
                audit::record(operation, Action::CreditNoteIssued, &note.id.to_string())?,
            ];
            // Whichever was refused, somebody else was faster.
            if self.table.transact(writes).await?.is_ok() {
                return Ok(note);
            }
        }
        Err(Error::Busy("too many credit notes of one series at once".into()))
    }

    /// Notes where the document of a credit note is and tells of it, once. Answers whether this call did it.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such note.
    pub async fn credit_note_stored(&self, operation: &Operation, note: &CreditNote, object_key: &str) -> Result<bool> {
        let scope = operation.scope;
        let event = Event::CreditNoteIssued { credit_note: note.id, order: note.order, place: note.place };
        let writes = vec![
            Write::update(key::credit_note(scope, note.order, note.place))
                .set("objectKey", object_key)?
                .set("storedAt", operation.now)?
                .when("id", "=", note.id)?
                .when_absent("objectKey"),
            outbox::publish(scope, &operation.envelope(event))?,
        ];
        match self.table.transact(writes).await? {
            Ok(()) => Ok(true),
            Err(refused) => refused.found.map(|_| false).ok_or(Error::NotFound),
        }
    }

    /// Reads a credit note of an order by its place among them, from 1.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn credit_note(&self, scope: TenantScope, order: OrderId, place: u32) -> Result<Option<CreditNote>> {
        self.table.get(key::credit_note(scope, order, place), Consistency::Strong).await
    }

    /// Lists the credit notes of an order, oldest first.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn credit_notes(&self, scope: TenantScope, order: OrderId) -> Result<Vec<CreditNote>> {
        let (mut notes, mut from) = (Vec::new(), None);
        loop {
            let query = self.table.query(key::order(scope, order).pk).starting_with(key::CREDIT_NOTES);
            let page = query.consistency(Consistency::Strong).from(from).page().await?;
            notes.extend(page.items);
            from = page.next;
            if from.is_none() {
                return Ok(notes);
            }
        }
    }

    /// Reads an order and its credit notes side by side.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn order_and_credit_notes(
        &self,
        scope: TenantScope,
        order: OrderId,
    ) -> Result<(Option<Order>, Vec<CreditNote>)> {
        tokio::try_join!(self.order(scope, order), self.credit_notes(scope, order))
    }
}
