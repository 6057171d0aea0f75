//! Invoices: the number and the row in one transaction, so that no number is lost or given twice.

use domain::event::Event;
use domain::id::OrderId;
use domain::invoice::{Invoice, Series};
use domain::operation::{Action, Operation};
use domain::order::Order;
use domain::pii::Sealed;
use domain::tenant::TenantScope;
use serde::{Deserialize, Serialize};

use crate::chance;
use crate::error::Result;
use crate::key::Key;
use crate::row::{self, Row};
use crate::table::Consistency;
use crate::write::Write;
use crate::{Error, Store, audit, key, outbox};

/// How often a number is tried for before the caller is told to come back.
pub(crate) const TRIES: u32 = 40;

/// How many numbers of a series were given.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Counter {
    last: u64,
}

impl Store {
    /// Gives a paid order the next number of a series; an order that has one keeps it. With the number it is noted who issues
    /// it, where that is the seller.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the order was never paid; [`Error::Busy`] when too many want a number at once.
    pub async fn number_invoice(
        &self,
        operation: &Operation,
        series: &Series,
        order: &Order,
        issuer: Option<&Sealed>,
    ) -> Result<Invoice> {
        // What was paid once stays so, and its timeline is never shortened: no condition has to ask again.
        if !order.was_paid() {
            return Err(Error::Conflict);
        }
        let scope = operation.scope;
        let (counter_key, invoice_key) = (key::series(scope, series.as_str()), key::invoice(scope, order.id));
        for attempt in 0..TRIES {
            chance::pause(attempt).await;
            let keys = [counter_key.clone(), invoice_key.clone()];
            let mut found = self.table.get_many(keys, Consistency::Strong).await?;
            if let Some(invoice) = found.take(&invoice_key)? {
                return Ok(invoice);
            }
            let (number, counter) = counted(series, counter_key.clone(), found.take(&counter_key)?)?;
            let invoice = Invoice {
                id: operation.id(),
                number,
                order: order.id,
                group: order.group,
                user: order.user,
                seller: order.seller,
                issuer: issuer.cloned(),
                issued_at: operation.now,
                object_key: None,
                stored_at: None,
            };
            let writes = vec![
                Write::create(Row::new(invoice_key.clone(), "Invoice", &invoice)?),
                counter,
                audit::record(operation, Action::InvoiceIssued, &invoice.id.to_string())?,
            ];
            match self.table.transact(writes).await? {
                Ok(()) => return Ok(invoice),
                Err(refused) if refused.index == 0 => {
                    return refused.found.map(row::value).transpose()?.ok_or(Error::Conflict);
                }
                Err(_) => {}
            }
        }
        Err(Error::Busy("too many invoices of one series at once".into()))
    }

    /// Notes where the document of an invoice is and tells of it, once. Answers whether this call did it.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the order has no invoice.
    pub async fn invoice_stored(&self, operation: &Operation, invoice: &Invoice, object_key: &str) -> Result<bool> {
        let scope = operation.scope;
        let event = Event::InvoiceIssued { invoice: invoice.id, order: invoice.order };
        let writes = vec![
            Write::update(key::invoice(scope, invoice.order))
                .set("objectKey", object_key)?
                .set("storedAt", operation.now)?
                .when("id", "=", invoice.id)?
                .when_absent("objectKey"),
            outbox::publish(scope, &operation.envelope(event))?,
        ];
        match self.table.transact(writes).await? {
            Ok(()) => Ok(true),
            Err(refused) => refused.found.map(|_| false).ok_or(Error::NotFound),
        }
    }

    /// Reads the invoice of an order.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn invoice(&self, scope: TenantScope, order: OrderId) -> Result<Option<Invoice>> {
        self.table.get(key::invoice(scope, order), Consistency::Strong).await
    }

    /// Reads an order and its invoice in one call.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn order_and_invoice(
        &self,
        scope: TenantScope,
        order: OrderId,
    ) -> Result<(Option<Order>, Option<Invoice>)> {
        let keys = (key::order(scope, order), key::invoice(scope, order));
        let mut found = self.table.get_many([keys.0.clone(), keys.1.clone()], Consistency::Strong).await?;
        Ok((found.take(&keys.0)?, found.take(&keys.1)?))
    }
}

/// Takes the next number of a series whose counter was read: the number, and the write that counts it.
pub(crate) fn counted(series: &Series, key: Key, counter: Option<Counter>) -> Result<(String, Write)> {
    let last = counter.map(|counter| counter.last);
    let place = last.unwrap_or(0).saturating_add(1);
    let row = Row::new(key, "Series", &Counter { last: place })?;
    let write = match last {
        None => Write::create(row),
        Some(last) => Write::put(row).when("last", "=", last)?,
    };
    Ok((series.number(place), write))
}
