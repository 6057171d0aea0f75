//! An order with what lies beside it, for those who look at it.

use domain::id::OrderId;
use domain::invoice::Invoice;
use domain::order::Order;
use domain::shipment::{Fulfilment, Part};
use domain::tenant::TenantScope;

use crate::error::Result;
use crate::table::Consistency;
use crate::{Store, key};

/// An order, its invoice and its parcels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dossier {
    /// The order.
    pub order: Order,
    /// Its invoice, once it has one.
    pub invoice: Option<Invoice>,
    /// Its parcels, oldest first.
    pub parcels: Vec<Part>,
}

impl Store {
    /// Reads an order with what lies beside it, in one call.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn dossier(&self, scope: TenantScope, order: OrderId) -> Result<Option<Dossier>> {
        let keys = [key::order(scope, order), key::invoice(scope, order), key::fulfilment(scope, order)];
        let mut found = self.table.get_many(keys.clone(), Consistency::Strong).await?;
        let [order, invoice, fulfilment] = &keys;
        let (invoice, sent) = (found.take(invoice)?, found.take::<Fulfilment>(fulfilment)?);
        let order: Option<Order> = found.take(order)?;
        Ok(order.map(|order| Dossier { order, invoice, parcels: sent.map(|sent| sent.parts).unwrap_or_default() }))
    }
}
