//! Rights to bought files: granted with the payment, counted with each download.

use domain::clock::Timestamp;
use domain::file::{Allowance, Entitlement, File, LimitReached, Visit};
use domain::id::{AccessId, FileId, OrderId, UserId};
use domain::operation::{Action, Operation};
use domain::tenant::TenantScope;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::row::{self, Row};
use crate::table::Consistency;
use crate::write::Write;
use crate::{Store, audit, key};

/// Gives a user the right to a file, as a part of the transaction that pays `order`.
///
/// A right that exists already keeps its counters and remembers one more order. A transaction may hold one
/// grant per (user, file): callers with several lines of one file grant it once.
pub(crate) fn grant(scope: TenantScope, user: UserId, file: FileId, order: OrderId, now: Timestamp) -> Result<Write> {
    let write = Write::upsert(key::entitlement(scope, user, file))
        .set("type", "Entitlement")?
        .set("v", 1)?
        .set("user", user)?
        .set("file", file)?
        .set_once("grantedAt", now)?
        .set_once("downloads", 0)?;
    Ok(write.include("orders", &order.to_string()))
}

/// Takes the right away that `order` gave, as a part of the transaction that gives its money back. What other orders gave
/// stays, and so do the counters: who buys the file again goes on counting. Refused where there never was a right.
pub(crate) fn revoke(scope: TenantScope, user: UserId, file: FileId, order: OrderId) -> Write {
    Write::update(key::entitlement(scope, user, file)).exclude("orders", &order.to_string())
}

/// One access to a file, kept beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FileAccess {
    /// The access's id.
    pub id: AccessId,
    /// The file.
    pub file: FileId,
    /// Who got the link.
    pub user: UserId,
    /// The newest order that gave the right; none for the seller's and the tenant's own people.
    pub order: Option<OrderId>,
    /// The address that the request came from.
    pub ip: Option<String>,
    /// When the link was given.
    pub at: Timestamp,
}

impl Store {
    /// Reads a file's record and the user's right to it, in one call.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn file_and_entitlement(
        &self,
        scope: TenantScope,
        file: FileId,
        user: UserId,
    ) -> Result<(Option<File>, Option<Entitlement>)> {
        let keys = (key::file(scope, file), key::entitlement(scope, user, file));
        let mut found = self.table.get_many([keys.0.clone(), keys.1.clone()], Consistency::Strong).await?;
        let right: Option<Entitlement> = found.take(&keys.1)?;
        Ok((found.take(&keys.0)?, right.filter(Entitlement::is_given)))
    }

    /// Counts a download under its allowance, logs the access and audits it, all in one transaction.
    ///
    /// When another download came first, the rule is asked again with what that one left.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the right ended meanwhile; otherwise when the table can't be written. The inner error says that
    /// the downloads are used up.
    pub async fn count_download(
        &self,
        operation: &Operation,
        entitlement: Entitlement,
        allowance: Allowance,
    ) -> Result<Result<Entitlement, LimitReached>> {
        let mut right = entitlement;
        // Each refusal means that somebody else's download was counted, so this ends with the allowance.
        for _ in 0..=allowance.limit.max(8) {
            let visit = match right.visit(operation.now, allowance) {
                Ok(visit) => visit,
                Err(reached) => return Ok(Err(reached)),
            };
            let key = key::entitlement(operation.scope, right.user, right.file);
            let count = match visit {
                Visit::Opens => {
                    let opens = Write::update(key).set("windowStart", operation.now)?.set("downloads", 1)?;
                    match right.window_start {
                        Some(old) => opens.when("windowStart", "=", old)?,
                        None => opens.when_absent("windowStart"),
                    }
                }
                Visit::Counts(start) => Write::update(key).add("downloads", 1)?.when("windowStart", "=", start)?.when(
                    "downloads",
                    "<",
                    allowance.limit,
                )?,
            };
            let mut writes = vec![count.when_present("orders")];
            writes.extend(access(operation, right.user, right.file, right.orders.last().copied())?);
            match self.table.transact(writes).await? {
                Ok(()) => return Ok(Ok(right.after(visit, operation.now))),
                Err(refused) => {
                    let found: Option<Entitlement> = refused.found.map(row::value).transpose()?;
                    right = found.filter(Entitlement::is_given).ok_or(Error::NotFound)?;
                }
            }
        }
        Err(Error::Busy("downloads of one file keep colliding".into()))
    }

    /// Logs and audits an access that needs no right: the seller's own, or by the tenant's people.
    ///
    /// # Errors
    /// When the table can't be written.
    pub async fn log_file_access(&self, operation: &Operation, user: UserId, file: FileId) -> Result<()> {
        self.table.transact(access(operation, user, file, None)?).await?.map_err(|_| Error::Conflict)
    }

    /// Lists the accesses to a file, newest first, at most 100.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn file_accesses(&self, scope: TenantScope, file: FileId) -> Result<Vec<FileAccess>> {
        let page = self
            .table
            .query(key::file(scope, file).pk)
            .starting_with(key::FILE_ACCESSES)
            .newest_first()
            .consistency(Consistency::Strong)
            .limit(100)
            .page()
            .await?;
        Ok(page.items)
    }
}

fn access(operation: &Operation, user: UserId, file: FileId, order: Option<OrderId>) -> Result<Vec<Write>> {
    let entry = FileAccess { id: operation.id(), file, user, order, ip: operation.ip.clone(), at: operation.now };
    let row = Row::new(key::file_access(operation.scope, file, entry.id), "FileAccess", &entry)?;
    Ok(vec![Write::create(row), audit::record(operation, Action::FileDownloaded, &file.to_string())?])
}
