//! Records of uploaded files.

use std::time::Duration;

use domain::event::Event;
use domain::file::{File, FileStatus};
use domain::id::{FileId, UserId};
use domain::operation::{Action, Operation};
use domain::tenant::TenantScope;
use serde::Deserialize;

use crate::error::{Error, Result};
use crate::key::{self, Index};
use crate::row::Row;
use crate::table::Consistency;
use crate::write::Write;
use crate::{Store, audit, outbox};

/// How long the record of an upload that is never completed is kept.
const ABANDONED: Duration = Duration::from_secs(24 * 60 * 60);
/// How many of a buyer's newest orders are looked through for an unpaid one.
const RECENT_ORDERS: u32 = 25;

#[derive(Deserialize)]
struct OrderStatusOnly {
    status: String,
}

impl Store {
    /// Stores the record of an upload that is about to begin.
    ///
    /// # Errors
    /// When the table can't be written.
    pub async fn create_upload(&self, operation: &Operation, file: &File) -> Result<()> {
        let row = Row::new(key::file(operation.scope, file.id), "File", file)?;
        let write = Write::create(row.until(operation.now.plus(ABANDONED)));
        self.table.write(write).await?.map_err(|_| Error::Conflict)
    }

    /// Marks a verified upload as ready. Saying so twice changes nothing.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such file.
    pub async fn complete_upload(&self, operation: &Operation, file: &File) -> Result<()> {
        let update = Write::update(key::file(operation.scope, file.id)).set("status", FileStatus::Ready)?;
        let update = match file.kept_until() {
            Some(end) => update.set("ttl", end.as_seconds())?,
            None => update.remove("ttl"),
        };
        let event = operation.envelope(Event::FileUploaded { file: file.id });
        let writes = vec![
            update.when("status", "=", FileStatus::Uploading)?,
            outbox::publish(operation.scope, &event)?,
            audit::record(operation, Action::FileUploaded, &file.id.to_string())?,
        ];
        match self.table.transact(writes).await? {
            Ok(()) => Ok(()),
            Err(refused) if refused.found.is_some() => Ok(()),
            Err(_) => Err(Error::NotFound),
        }
    }

    /// Reads a file's record.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn file(&self, scope: TenantScope, file: FileId, consistency: Consistency) -> Result<Option<File>> {
        self.table.get(key::file(scope, file), consistency).await
    }

    /// Reads several files' records in one call; absent ones are left out.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn files(&self, scope: TenantScope, files: &[FileId]) -> Result<Vec<File>> {
        let keys = files.iter().map(|file| key::file(scope, *file));
        let found = self.table.get_many(keys, Consistency::Strong).await?;
        files.iter().filter_map(|file| found.read(&key::file(scope, *file)).transpose()).collect()
    }

    /// Tells whether one of the user's newest orders holds the file and waits for its payment.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn awaits_payment(&self, scope: TenantScope, user: UserId, file: FileId) -> Result<bool> {
        const UNPAID: &[&str] = &["CREATED", "PAYMENT_PENDING", "PAYMENT_FAILED"];
        let page = self
            .table
            .query(key::orders_of_list(scope, user))
            .index(Index::First)
            .newest_first()
            .limit(RECENT_ORDERS)
            .containing("modelFiles", file.to_string())
            .page::<OrderStatusOnly>()
            .await?;
        Ok(page.items.iter().any(|order| UNPAID.contains(&order.status.as_str())))
    }
}
