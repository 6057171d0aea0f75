//! The few calls that are not made for one tenant.
//!
//! Architecture invariant: this is the only module whose operations take no `TenantScope`. They find tenants,
//! hold the platform's signing keys, and tell the janitor what is due.

use domain::clock::Timestamp;
use domain::id::{OrderGroupId, TenantId};
use domain::tenant::{Subdomain, Tenant, TenantKind, TenantScope};
use serde::{Deserialize, Serialize};

use crate::Store;
use crate::error::{Error, Result};
use crate::key::{self, Index};
use crate::row::Row;
use crate::table::Consistency;
use crate::write::Write;

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Host {
    tenant: TenantId,
}

/// A token-signing key as stored: the private part is wrapped by KMS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SigningKeyRecord {
    /// Counts the keys; there is one key of each number.
    pub number: u32,
    /// The key id of the JWT header.
    pub kid: String,
    /// The public part as a JSON Web Key (RFC 7517), in JSON.
    pub public_jwk: String,
    /// The private part, wrapped by KMS, in base64.
    pub wrapped_private: String,
    /// When the key was made.
    pub created_at: Timestamp,
    /// From when on new tokens are signed with it: later than `created_at`, so that every verifier knows it first.
    pub signs_from: Timestamp,
    /// Until when its tokens are accepted.
    pub verifies_until: Timestamp,
}

/// Stock that should be given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DueHold {
    /// The tenant of the group, to act for.
    pub scope: TenantScope,
    /// The unpaid group.
    pub group: OrderGroupId,
}

#[derive(Debug, Deserialize)]
struct HoldRow {
    gsi2sk: String,
}

/// Makes a tenant's item. The platform itself is no marketplace, so it is not listed among them.
fn row(tenant: &Tenant) -> Result<Row> {
    let row = Row::new(key::tenant(tenant.id), "Tenant", tenant)?;
    Ok(match tenant.kind {
        TenantKind::Marketplace => row.indexed(key::tenants(tenant.id)),
        TenantKind::Platform => row,
    })
}

/// Opens a tenant as a part of a transaction. The first of the writes fails when the host name is taken.
fn opening(tenant: &Tenant) -> Result<Vec<Write>> {
    let host = Row::new(key::subdomain(&tenant.subdomain), "Host", &Host { tenant: tenant.id })?;
    Ok(vec![Write::create(host), Write::create(row(tenant)?)])
}

impl Store {
    /// Finds the tenant of a host name.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn tenant_of_host(&self, subdomain: &Subdomain) -> Result<Option<TenantId>> {
        let host: Option<Host> = self.table.get(key::subdomain(subdomain), Consistency::Eventual).await?;
        Ok(host.map(|host| host.tenant))
    }

    /// Opens a tenant together with its host name.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the host name is taken.
    pub async fn create_tenant(&self, tenant: &Tenant) -> Result<()> {
        self.table.transact(opening(tenant)?).await?.map_err(|_| Error::Conflict)
    }

    /// Replaces a tenant's record if nobody changed it since `tenant.version`, which counts up.
    ///
    /// # Errors
    /// [`Error::Conflict`] when somebody did.
    pub async fn update_tenant(&self, tenant: &Tenant) -> Result<()> {
        let next = Tenant { version: tenant.version.saturating_add(1), ..tenant.clone() };
        let write = Write::put(row(&next)?).when("version", "=", tenant.version)?;
        self.table.write(write).await?.map_err(|_| Error::Conflict)
    }

    /// Lists the token-signing keys, oldest first.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn signing_keys(&self) -> Result<Vec<SigningKeyRecord>> {
        Ok(self.table.query(key::SIGNING_KEYS).consistency(Consistency::Strong).page().await?.items)
    }

    /// Adds the next token-signing key.
    ///
    /// # Errors
    /// [`Error::Conflict`] when another process has added one of that number: read the keys again and use that one.
    pub async fn create_signing_key(&self, record: &SigningKeyRecord) -> Result<()> {
        let row = Row::new(key::signing_key(record.number), "SigningKey", record)?;
        self.table.write(Write::create(row)).await?.map_err(|_| Error::Conflict)
    }

    /// Lists holds that ended by `now`, at most 100 per shard.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn due_holds(&self, now: Timestamp) -> Result<Vec<DueHold>> {
        let mut due = Vec::new();
        for shard in 0..key::HOLD_SHARDS {
            let page = self
                .table
                .query(key::holds(shard))
                .index(Index::Second)
                // `~` sorts after every id, so that holds of this very instant are included.
                .at_most(format!("{now}~"))
                .limit(100)
                .page::<HoldRow>()
                .await?;
            for row in page.items {
                let mut parts = row.gsi2sk.split('#').skip(1);
                if let (Some(Ok(tenant)), Some(Ok(group))) =
                    (parts.next().map(str::parse), parts.next().map(str::parse))
                {
                    due.push(DueHold { scope: TenantScope::assume(tenant), group });
                }
            }
        }
        Ok(due)
    }
}
