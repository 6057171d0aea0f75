//! Tenants as their own functions see them.

use std::collections::BTreeMap;

use domain::operation::{Action, Operation};
use domain::pii::Sealed;
use domain::tenant::{Tenant, TenantScope, TenantSettings};

use crate::error::{Error, Result};
use crate::table::Consistency;
use crate::write::Write;
use crate::{Store, audit, key};

impl Store {
    /// Reads the tenant that `scope` acts for.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn tenant(&self, scope: TenantScope, consistency: Consistency) -> Result<Option<Tenant>> {
        self.table.get(key::tenant(scope.tenant()), consistency).await
    }

    /// Replaces the tenant's settings if nobody changed the tenant since `version`.
    ///
    /// # Errors
    /// [`Error::Conflict`] when somebody did.
    pub async fn update_tenant_settings(
        &self,
        operation: &Operation,
        settings: &TenantSettings,
        version: u64,
    ) -> Result<()> {
        let tenant = operation.scope.tenant();
        let update = Write::update(key::tenant(tenant))
            .set("settings", settings)?
            .add("version", 1)?
            .when("version", "=", version)?;
        let audit = audit::record(operation, Action::SettingsChanged, &tenant.to_string())?;
        self.table.transact(vec![update, audit]).await?.map_err(|_| Error::Conflict)
    }

    /// Replaces what the tenant entrusts for payment providers if nobody changed the tenant since `version`. `changed` names the
    /// provider that it is about.
    ///
    /// # Errors
    /// [`Error::Conflict`] when somebody did.
    pub async fn change_providers(
        &self,
        operation: &Operation,
        providers: &BTreeMap<String, Sealed>,
        version: u64,
        changed: &str,
    ) -> Result<()> {
        let tenant = operation.scope.tenant();
        let update = Write::update(key::tenant(tenant))
            .set("providers", providers)?
            .add("version", 1)?
            .when("version", "=", version)?;
        let audit = audit::record(operation, Action::ProviderChanged, changed)?;
        self.table.transact(vec![update, audit]).await?.map_err(|_| Error::Conflict)
    }
}
