//! Licence keys of paid orders: an item for each line that has them, beside its order.

use domain::licence::LineLicences;
use domain::operation::{Action, Operation};
use domain::order::Order;
use domain::tenant::TenantScope;

use crate::error::Result;
use crate::row::Row;
use crate::table::Consistency;
use crate::write::Write;
use crate::{Store, audit, key};

impl Store {
    /// Keeps the keys of a line, unless it has some. Answers whether these are its keys now.
    ///
    /// # Errors
    /// When the table can't be written.
    pub async fn keep_licences(&self, operation: &Operation, licences: &LineLicences) -> Result<bool> {
        let place = key::licences(operation.scope, licences.order, licences.line);
        let writes = vec![
            Write::create(Row::new(place, "Licences", licences)?),
            audit::record(operation, Action::LicencesIssued, &licences.order.to_string())?,
        ];
        Ok(self.table.transact(writes).await?.is_ok())
    }

    /// Reads the keys of an order, by its lines.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn licences(&self, scope: TenantScope, order: &Order) -> Result<Vec<LineLicences>> {
        let lines = order.lines.iter().zip(0u32..).filter(|(line, _)| line.licence_keys);
        let keys: Vec<_> = lines.map(|(_, place)| key::licences(scope, order.id, place)).collect();
        let mut found = self.table.get_many(keys.clone(), Consistency::Strong).await?;
        keys.iter().filter_map(|key| found.take(key).transpose()).collect()
    }
}
