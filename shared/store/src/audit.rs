//! The audit trail: append-only rows, written in the transaction that they record.

use domain::operation::{Action, AuditEntry, Change, Operation};

use crate::error::Result;
use crate::key;
use crate::row::Row;
use crate::write::Write;
use crate::{Error, Store};

/// Writes an audit row together with the change that it records.
pub(crate) fn record(operation: &Operation, action: Action, entity: &str) -> Result<Write> {
    let entry = operation.audit(action, entity);
    Ok(Write::create(Row::new(key::audit(operation.scope, entry.at, entry.id), "Audit", &entry)?))
}

/// Writes an audit row that remembers what was changed.
pub(crate) fn record_changes(
    operation: &Operation,
    action: Action,
    entity: &str,
    changes: Vec<Change>,
) -> Result<Write> {
    let entry = AuditEntry { changes, ..operation.audit(action, entity) };
    Ok(Write::create(Row::new(key::audit(operation.scope, entry.at, entry.id), "Audit", &entry)?))
}

impl Store {
    /// Records something that changed nothing else, such as a refused login.
    ///
    /// # Errors
    /// When the table can't be written.
    pub async fn record_audit(&self, operation: &Operation, action: Action, entity: &str) -> Result<()> {
        self.table.write(record(operation, action, entity)?).await?.map_err(|_| Error::Conflict)
    }
}
