//! The few calls that are not made for one tenant.
//!
//! Architecture invariant: this module is the only one whose operations take no `TenantScope`. They find tenants,
//! open and close them, hold the platform's signing keys, and tell the janitor what is due. A change of one tenant by the
//! platform is an operation of the platform's own tenant; only here does it become one inside the other ([`within`]).

mod due;

use domain::clock::Timestamp;
use domain::id::TenantId;
use domain::operation::{Action, Actor, Change, Operation};
use domain::pii::BlindIndex;
use domain::tenant::{Subdomain, Tenant, TenantKind, TenantScope};
use domain::ticket::Ticket;
use domain::user::User;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::key::{self, Index};
use crate::logins::Login;
use crate::members::{self, OpenedBy, OpeningRefused};
use crate::page::{Page, Position};
use crate::row::Row;
use crate::table::Consistency;
use crate::write::Write;
use crate::{Store, audit, users};

pub use self::due::{DueErasure, DueHold, DuePayment, DueReconciliation, DueRefund, DueRotation};

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

/// Why a tenant was not signed up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignUpRefused {
    /// Another tenant has the subdomain.
    #[error("another tenant has the subdomain")]
    SubdomainTaken,
    /// The one who acts is no longer a superuser.
    #[error("the acting person was changed meanwhile")]
    NoLonger,
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

/// Goes on with an operation of the platform inside one of its tenants.
pub(crate) fn within(operation: &Operation, tenant: TenantId) -> Operation {
    Operation { scope: TenantScope::assume(tenant), ..operation.clone() }
}

/// Writes what was done to a tenant into the trail of the platform and into the tenant's own.
fn remembered(
    operation: &Operation,
    inside: &Operation,
    action: Action,
    changes: Vec<Change>,
) -> Result<impl Iterator<Item = Write>> {
    let entity = inside.scope.tenant().to_string();
    let theirs = audit::record_changes(inside, action, &entity, changes.clone())?;
    // The platform is opened by an operator, who acts for nobody yet.
    let ours = (operation.scope != inside.scope).then(|| audit::record_changes(operation, action, &entity, changes));
    Ok([theirs].into_iter().chain(ours.transpose()?))
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

    /// Signs up a tenant with its first owner, in one transaction: the host name, the tenant, the owner's account, and what is
    /// told and remembered of it in the tenant and on the platform.
    ///
    /// # Errors
    /// When the table can't be written. The inner error says what stands against it.
    pub async fn sign_up_tenant(
        &self,
        operation: &Operation,
        tenant: &Tenant,
        owner: &User,
        password_hash: Option<String>,
        by: OpenedBy<'_>,
    ) -> Result<Result<(), SignUpRefused>> {
        let inside = within(operation, tenant.id);
        let mut writes = opening(tenant)?;
        let actor = members::still_there(operation, owner.id)?;
        let (host, acting) = (0, actor.as_ref().map(|_| writes.len()));
        writes.extend(actor);
        writes.extend(users::opening(inside.scope, owner, password_hash)?);
        writes.extend(members::told_of_opening(&inside, owner, by)?);
        writes.extend(remembered(operation, &inside, Action::TenantOpened, Vec::new())?);
        match self.table.transact(writes).await? {
            Ok(()) => Ok(Ok(())),
            Err(refused) if refused.index == host => Ok(Err(SignUpRefused::SubdomainTaken)),
            Err(refused) if Some(refused.index) == acting => Ok(Err(SignUpRefused::NoLonger)),
            Err(_) => Err(Error::Conflict),
        }
    }

    /// Opens the account of another owner in a marketplace.
    ///
    /// # Errors
    /// When the table can't be written. The inner error says what stands against it.
    pub async fn open_owner(
        &self,
        operation: &Operation,
        tenant: TenantId,
        owner: &User,
        ticket: &Ticket,
    ) -> Result<Result<(), OpeningRefused>> {
        let inside = within(operation, tenant);
        let actor = members::still_there(operation, owner.id)?;
        let checks = usize::from(actor.is_some());
        let mut writes: Vec<Write> = actor.into_iter().collect();
        writes.extend(users::opening(inside.scope, owner, None)?);
        writes.extend(members::told_of_opening(&inside, owner, OpenedBy::Invitation(ticket))?);
        // The tenant's trail has its row with the account's opening; this one is the platform's.
        writes.push(audit::record(operation, Action::UserInvited, &owner.id.to_string())?);
        Ok(self.table.transact(writes).await?.map_err(|refused| {
            if refused.index < checks { OpeningRefused::NoLonger } else { OpeningRefused::EmailTaken }
        }))
    }

    /// Finds who has an e-mail in a marketplace, for its invitation.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn owner_with_email<'a>(
        &self,
        tenant: TenantId,
        places: impl IntoIterator<Item = &'a BlindIndex>,
    ) -> Result<Option<(Login, User)>> {
        let scope = TenantScope::assume(tenant);
        let Some((_, login)) = self.login_at(scope, places).await? else { return Ok(None) };
        let user = self.user(scope, login.user, Consistency::Strong).await?;
        Ok(user.map(|user| (login, user)))
    }

    /// Lists the marketplaces, newest first. The index may miss what changed in the last moments.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn marketplaces(&self, limit: u32, from: Option<Position>) -> Result<Page<Tenant>> {
        let list = self.table.query(key::TENANTS).index(Index::Second).newest_first();
        list.limit(limit).from(from).page().await
    }

    /// Reads a marketplace. The platform itself is none.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn marketplace(&self, id: TenantId) -> Result<Option<Tenant>> {
        let found: Option<Tenant> = self.table.get(key::tenant(id), Consistency::Strong).await?;
        Ok(found.filter(|tenant| tenant.kind == TenantKind::Marketplace))
    }

    /// Replaces the record of a marketplace, as it was read in `before`, by `after`, whose version this counts up.
    ///
    /// # Errors
    /// [`Error::Conflict`] when somebody changed the tenant meanwhile, or the one who acts is no longer a superuser.
    pub async fn change_marketplace(
        &self,
        operation: &Operation,
        before: &Tenant,
        after: Tenant,
        action: Action,
    ) -> Result<Tenant> {
        let after = Tenant { version: before.version.saturating_add(1), ..after };
        let mut changes = Vec::new();
        if before.status != after.status {
            changes.push(Change::of("status", [before.status.as_str()], [after.status.as_str()]));
        }
        let mut writes = vec![Write::put(row(&after)?).when("version", "=", before.version)?];
        writes.extend(remembered(operation, &within(operation, after.id), action, changes)?);
        if let Actor::User { id, roles } = &operation.actor {
            writes.push(Write::check(key::user(operation.scope, *id)).when("roles", "=", roles)?);
        }
        self.table.transact(writes).await?.map_err(|_| Error::Conflict)?;
        Ok(after)
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
}
