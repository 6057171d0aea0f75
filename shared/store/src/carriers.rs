//! Those who carry a tenant's parcels: one item each.

use domain::carrier::{Carrier, CarrierProfile};
use domain::id::CarrierId;
use domain::operation::{Action, Operation};
use domain::tenant::TenantScope;

use crate::error::{Error, Result};
use crate::key::Index;
use crate::page::{Page, Position};
use crate::row::Row;
use crate::table::Consistency;
use crate::write::Write;
use crate::{Store, audit, key};

impl Store {
    /// Makes a carrier known.
    ///
    /// # Errors
    /// [`Error::Conflict`] when there is one of that id.
    pub async fn create_carrier(&self, operation: &Operation, carrier: &Carrier) -> Result<()> {
        let scope = operation.scope;
        let row = Row::new(key::carrier(scope, carrier.id), "Carrier", carrier)?;
        let writes = vec![
            Write::create(row.indexed(key::carriers(scope, carrier.id))),
            audit::record(operation, Action::CarrierChanged, &carrier.id.to_string())?,
        ];
        self.table.transact(writes).await?.map_err(|_| Error::Conflict)
    }

    /// Reads a carrier.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn carrier(&self, scope: TenantScope, carrier: CarrierId) -> Result<Option<Carrier>> {
        self.table.get(key::carrier(scope, carrier), Consistency::Strong).await
    }

    /// Lists a tenant's carriers, newest first.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn carriers(&self, scope: TenantScope, limit: u32, from: Option<Position>) -> Result<Page<Carrier>> {
        let index = key::carriers_list(scope);
        self.table.query(index).index(Index::Second).newest_first().limit(limit).from(from).page().await
    }

    /// Says something else of a carrier. Parcels under way keep what was said when they were announced.
    ///
    /// # Errors
    /// [`Error::Conflict`] when somebody changed the carrier since it was read.
    pub async fn change_carrier(
        &self,
        operation: &Operation,
        before: &Carrier,
        profile: &CarrierProfile,
    ) -> Result<Carrier> {
        let version = before.version.saturating_add(1);
        let after = Carrier { profile: profile.clone(), updated_at: operation.now, version, ..before.clone() };
        let writes = vec![
            Write::update(key::carrier(operation.scope, before.id))
                .set("profile", &after.profile)?
                .set("updatedAt", after.updated_at)?
                .set("version", after.version)?
                .when("version", "=", before.version)?,
            audit::record(operation, Action::CarrierChanged, &before.id.to_string())?,
        ];
        self.table.transact(writes).await?.map_err(|_| Error::Conflict)?;
        Ok(after)
    }
}
