//! Imports and exports of many products: what was asked, and how far the worker has come.
//!
//! Each step is written under the version of the one before, so of two workers at one job only one gets on. Where a slice ends
//! before the job does, the event that calls the worker again is written in the same transaction.

use std::time::Duration;

use domain::bulk::{Export, Import};
use domain::event::Event;
use domain::id::{ExportId, ImportId, UserId};
use domain::operation::{Action, Operation};
use domain::tenant::TenantScope;

use crate::error::{Error, Result};
use crate::key::{self, Index};
use crate::page::{Page, Position};
use crate::row::Row;
use crate::table::Consistency;
use crate::write::Write;
use crate::{Store, audit, outbox};

/// How long a job can be looked up.
const KEPT: Duration = Duration::from_secs(90 * 24 * 60 * 60);

/// Another worker has moved the job on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("another worker has moved the job on")]
pub struct Overtaken;

/// What follows a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// The same worker goes on.
    Here,
    /// The worker is called again.
    Later,
}

fn import_row(scope: TenantScope, import: &Import) -> Result<Row> {
    let row = Row::new(key::import(scope, import.id), "Import", import)?;
    Ok(row.indexed(key::imports(scope, import.user, import.id)).until(import.created_at.plus(KEPT)))
}

fn export_row(scope: TenantScope, export: &Export) -> Result<Row> {
    let row = Row::new(key::export(scope, export.id), "Export", export)?;
    Ok(row.indexed(key::exports(scope, export.user, export.id)).until(export.created_at.plus(KEPT)))
}

impl Store {
    /// Stores a new import and calls the worker.
    ///
    /// # Errors
    /// When the table can't be written.
    pub async fn create_import(&self, operation: &Operation, import: &Import) -> Result<()> {
        let event = operation.envelope(Event::ProductImportRequested { import: import.id });
        let writes = vec![
            Write::create(import_row(operation.scope, import)?),
            outbox::publish(operation.scope, &event)?,
            audit::record(operation, Action::ProductsImported, &import.id.to_string())?,
        ];
        self.table.transact(writes).await?.map_err(|_| Error::Conflict)
    }

    /// Reads an import.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn import(&self, scope: TenantScope, import: ImportId) -> Result<Option<Import>> {
        self.table.get(key::import(scope, import), Consistency::Strong).await
    }

    /// Lists a person's imports, newest first.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn imports_of(
        &self,
        scope: TenantScope,
        user: UserId,
        limit: u32,
        from: Option<Position>,
    ) -> Result<Page<Import>> {
        let index = key::imports_list(scope, user);
        self.table.query(index).index(Index::First).newest_first().limit(limit).from(from).page().await
    }

    /// Stores how far an import has come since its version was read, and counts that up. Its end is audited.
    ///
    /// # Errors
    /// When the table can't be written. The inner error says that another worker was first.
    pub async fn step_import(
        &self,
        operation: &Operation,
        import: &Import,
        then: Then,
    ) -> Result<std::result::Result<Import, Overtaken>> {
        let after = Import { version: import.version.saturating_add(1), updated_at: operation.now, ..import.clone() };
        let put = Write::put(import_row(operation.scope, &after)?).when("version", "=", import.version)?;
        let end = after.status.is_final().then_some((Action::ProductsImported, after.id.to_string()));
        let event = Event::ProductImportRequested { import: after.id };
        Ok(self.commit_step(operation, put, end, event, then).await?.map(|()| after))
    }

    /// Stores a new export and calls the worker.
    ///
    /// # Errors
    /// When the table can't be written.
    pub async fn create_export(&self, operation: &Operation, export: &Export) -> Result<()> {
        let event = operation.envelope(Event::ProductExportRequested { export: export.id });
        let writes = vec![
            Write::create(export_row(operation.scope, export)?),
            outbox::publish(operation.scope, &event)?,
            audit::record(operation, Action::ProductsExported, &export.id.to_string())?,
        ];
        self.table.transact(writes).await?.map_err(|_| Error::Conflict)
    }

    /// Reads an export.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn export(&self, scope: TenantScope, export: ExportId) -> Result<Option<Export>> {
        self.table.get(key::export(scope, export), Consistency::Strong).await
    }

    /// Lists a person's exports, newest first.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn exports_of(
        &self,
        scope: TenantScope,
        user: UserId,
        limit: u32,
        from: Option<Position>,
    ) -> Result<Page<Export>> {
        let index = key::exports_list(scope, user);
        self.table.query(index).index(Index::First).newest_first().limit(limit).from(from).page().await
    }

    /// Stores how far an export has come since its version was read, and counts that up. Its end is audited.
    ///
    /// # Errors
    /// When the table can't be written. The inner error says that another worker was first.
    pub async fn step_export(
        &self,
        operation: &Operation,
        export: &Export,
        then: Then,
    ) -> Result<std::result::Result<Export, Overtaken>> {
        let after = Export { version: export.version.saturating_add(1), updated_at: operation.now, ..export.clone() };
        let put = Write::put(export_row(operation.scope, &after)?).when("version", "=", export.version)?;
        let end = after.status.is_final().then_some((Action::ProductsExported, after.id.to_string()));
        let event = Event::ProductExportRequested { export: after.id };
        Ok(self.commit_step(operation, put, end, event, then).await?.map(|()| after))
    }

    async fn commit_step(
        &self,
        operation: &Operation,
        put: Write,
        end: Option<(Action, String)>,
        event: Event,
        then: Then,
    ) -> Result<std::result::Result<(), Overtaken>> {
        let mut writes = vec![put];
        match end {
            Some((action, entity)) => writes.push(audit::record(operation, action, &entity)?),
            None if then == Then::Later => {
                writes.push(outbox::publish(operation.scope, &operation.envelope(event))?);
            }
            None => {}
        }
        Ok(self.table.transact(writes).await?.map_err(|_| Overtaken))
    }
}
