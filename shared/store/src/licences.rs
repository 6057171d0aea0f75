//! Licence keys of paid orders: an item for each line that has them, beside its order, and one for each key, found by its hash.

use domain::licence::{LicencePlace, LineLicences};
use domain::operation::{Action, Operation};
use domain::order::Order;
use domain::tenant::TenantScope;

use crate::error::{Error, Result};
use crate::row::Row;
use crate::table::Consistency;
use crate::write::Write;
use crate::{Store, audit, key};

/// How many keys are written at once.
const AT_ONCE: usize = 90;

impl Store {
    /// Keeps the keys of a line, unless it has some; `hashes` are those of its keys, in their order. Answers whether these are
    /// its keys now.
    ///
    /// The keys are findable before the line has them. Where a run is cut off between the two, the next one makes others, and
    /// those that are left are known to nobody.
    ///
    /// # Errors
    /// When the table can't be written.
    pub async fn keep_licences(
        &self,
        operation: &Operation,
        licences: &LineLicences,
        hashes: &[String],
    ) -> Result<bool> {
        let (scope, order, line) = (operation.scope, licences.order, licences.line);
        let place = |(hash, number): (&String, u32)| {
            let place = LicencePlace { order, line, number };
            Row::new(key::licence_place(scope, hash), "Licence", &place).map(Write::create)
        };
        let mut places = hashes.iter().zip(0u32..).map(place).collect::<Result<Vec<_>>>()?;
        while !places.is_empty() {
            let some = places.split_off(places.len().saturating_sub(AT_ONCE));
            self.table.transact(some).await?.map_err(|_| Error::Conflict)?;
        }
        let writes = vec![
            Write::create(Row::new(key::licences(scope, order, line), "Licences", licences)?),
            audit::record(operation, Action::LicencesIssued, &order.to_string())?,
        ];
        Ok(self.table.transact(writes).await?.is_ok())
    }

    /// Finds where a key belongs.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn licence_place(&self, scope: TenantScope, hash: &str) -> Result<Option<LicencePlace>> {
        self.table.get(key::licence_place(scope, hash), Consistency::Strong).await
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
