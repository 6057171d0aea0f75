//! Rotations of data keys: how far they have come, and what is made anew under the next key.
//!
//! Everything here may happen twice or beside a request that changes the same thing: each write demands that what it
//! replaces is still there, changes nothing else, and counts no version up, so that no request of a user fails by it.

use std::collections::BTreeMap;

use domain::address::Address;
use domain::id::{OrderId, UserId};
use domain::invoice::Invoice;
use domain::licence::LineLicences;
use domain::operation::{Action, Operation};
use domain::order::Order;
use domain::pii::{BlindIndex, KeyChain, Purpose, Rotation, Sealed};
use domain::tenant::{Tenant, TenantScope};
use domain::user::{User, field};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::logins::Login;
use crate::page::{Page, Position};
use crate::passwords::unchanged;
use crate::row::Row;
use crate::table::Consistency;
use crate::write::Write;
use crate::{Store, audit, key};

/// A rotation with the place where its next page starts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RotationRecord {
    /// How far it has come.
    #[serde(flatten)]
    pub rotation: Rotation,
    /// Where the next page of people starts; none at the start of a pass.
    pub after: Option<Position>,
}

fn row(scope: TenantScope, record: &RotationRecord) -> Result<Row> {
    let Rotation { purpose, due, .. } = record.rotation;
    let row = Row::new(key::rotation(scope, purpose), "Rotation", record)?;
    Ok(row.indexed(key::rotation_due(scope, purpose, due)))
}

/// Replaces a tenant's keys if nobody changed the tenant since it was read.
fn replace_keys(tenant: &Tenant, keys: &BTreeMap<Purpose, KeyChain>) -> Result<Write> {
    let update = Write::update(key::tenant(tenant.id)).set("keys", keys)?.add("version", 1)?;
    update.when("version", "=", tenant.version)
}

fn with(tenant: &Tenant, purpose: Purpose, chain: &KeyChain) -> BTreeMap<Purpose, KeyChain> {
    let mut keys = tenant.keys.clone();
    keys.insert(purpose, chain.clone());
    keys
}

impl Store {
    /// Publishes the key that follows, in `chain`, and notes that a rotation is under way.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the tenant changed since it was read, or the key is being rotated already.
    pub async fn begin_rotation(
        &self,
        operation: &Operation,
        tenant: &Tenant,
        purpose: Purpose,
        chain: &KeyChain,
    ) -> Result<()> {
        let scope = operation.scope;
        let newest = chain.newest().ok_or_else(|| Error::internal("a chain without a key"))?;
        let record = RotationRecord { rotation: Rotation::begin(purpose, newest), after: None };
        let writes = vec![
            replace_keys(tenant, &with(tenant, purpose, chain))?,
            Write::create(row(scope, &record)?),
            audit::record(operation, Action::KeyRotated, &told(tenant, purpose))?,
        ];
        self.table.transact(writes).await?.map_err(|_| Error::Conflict)
    }

    /// Reads the rotation of a key, while one is under way.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn rotation(&self, scope: TenantScope, purpose: Purpose) -> Result<Option<RotationRecord>> {
        self.table.get(key::rotation(scope, purpose), Consistency::Strong).await
    }

    /// Notes that a page is done, if `step` was the last that was noted. Tells whether it was.
    ///
    /// # Errors
    /// When the table can't be written.
    pub async fn advance_rotation(&self, scope: TenantScope, step: u64, next: &RotationRecord) -> Result<bool> {
        let write = Write::put(row(scope, next)?).when("step", "=", step)?;
        Ok(self.table.write(write).await?.is_ok())
    }

    /// Drops the keys before the newest: `chain` is what stays.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the tenant changed since it was read, or another run was faster.
    pub async fn finish_rotation(
        &self,
        operation: &Operation,
        tenant: &Tenant,
        rotation: &Rotation,
        chain: &KeyChain,
    ) -> Result<()> {
        let purpose = rotation.purpose;
        let writes = vec![
            replace_keys(tenant, &with(tenant, purpose, chain))?,
            Write::delete(key::rotation(operation.scope, purpose)).when("step", "=", rotation.step)?,
            audit::record(operation, Action::KeyRotated, &told(tenant, purpose))?,
        ];
        self.table.transact(writes).await?.map_err(|_| Error::Conflict)
    }

    /// Replaces the credentials of providers that were sealed under an older key. Tells whether the tenant was as read.
    ///
    /// # Errors
    /// When the table can't be written.
    pub async fn reseal_providers(&self, tenant: &Tenant, providers: &BTreeMap<String, Sealed>) -> Result<bool> {
        let update = Write::update(key::tenant(tenant.id)).set("providers", providers)?.add("version", 1)?;
        Ok(self.table.write(update.when("version", "=", tenant.version)?).await?.is_ok())
    }

    /// Lists everybody of a tenant, in pages: what a pass goes over.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn everybody(&self, scope: TenantScope, limit: u32, from: Option<Position>) -> Result<Page<UserId>> {
        #[derive(Deserialize)]
        struct Listed {
            id: UserId,
        }
        let query = self.table.query(key::users_list(scope)).index(key::Index::Second);
        Ok(query.limit(limit).from(from).page::<Listed>().await?.map(|listed| listed.id))
    }

    /// Replaces one sealed field of a user, named as in [`field`], if it is as it was read. Tells whether it was.
    ///
    /// # Errors
    /// When the table can't be written.
    pub async fn reseal_user(
        &self,
        scope: TenantScope,
        user: UserId,
        name: &str,
        old: &Sealed,
        new: &Sealed,
    ) -> Result<bool> {
        let attribute = match name {
            field::TOTP_SECRET => "mfa.secret",
            field::KYC => "kycData",
            other => other,
        };
        self.swap(Write::update(key::user(scope, user)), attribute, old, new).await
    }

    /// Replaces the sealed part of an address, if it is as it was read. Tells whether it was.
    ///
    /// # Errors
    /// When the table can't be written.
    pub async fn reseal_address(&self, scope: TenantScope, address: &Address, new: &Sealed) -> Result<bool> {
        let write = Write::update(key::address(scope, address.user, address.id));
        self.swap(write, "address", &address.address, new).await
    }

    /// Replaces the sealed address of an order, if it is as it was read. Tells whether it was.
    ///
    /// # Errors
    /// When the table can't be written.
    pub async fn reseal_order(&self, scope: TenantScope, order: &Order, new: &Sealed) -> Result<bool> {
        self.swap(Write::update(key::order(scope, order.id)), "address", &order.address, new).await
    }

    /// Replaces the sealed licence keys of a line, if they are as they were read. Tells whether they were.
    ///
    /// # Errors
    /// When the table can't be written.
    pub async fn reseal_licences(&self, scope: TenantScope, licences: &LineLicences, new: &Sealed) -> Result<bool> {
        let write = Write::update(key::licences(scope, licences.order, licences.line));
        self.swap(write, "keys", &licences.keys, new).await
    }

    /// Replaces the sealed issuer of an invoice, if it is as it was read. Tells whether it was.
    ///
    /// # Errors
    /// When the table can't be written.
    pub async fn reseal_issuer(&self, scope: TenantScope, order: OrderId, old: &Sealed, new: &Sealed) -> Result<bool> {
        self.swap(Write::update(key::invoice(scope, order)), Invoice::ISSUER, old, new).await
    }

    /// Replaces a sealed attribute, if it is as it was read. Tells whether it was.
    pub(crate) async fn swap(&self, write: Write, attribute: &str, old: &Sealed, new: &Sealed) -> Result<bool> {
        Ok(self.table.write(write.set(attribute, new)?.when(attribute, "=", old)?).await?.is_ok())
    }

    /// Moves the login record of a user to its place under the next index key, as it was read. Tells whether it was
    /// still like that.
    ///
    /// # Errors
    /// When the table can't be written.
    pub async fn move_login(&self, scope: TenantScope, user: &User, login: &Login, to: &BlindIndex) -> Result<bool> {
        let writes = vec![
            Write::create(Row::new(key::login(scope, to), "Login", login)?),
            unchanged(Write::delete(key::login(scope, &user.email_index)), login)?,
            Write::update(key::user(scope, user.id)).set("emailIndex", to)?.when(
                "emailIndex",
                "=",
                &user.email_index,
            )?,
        ];
        Ok(self.table.transact(writes).await?.is_ok())
    }

    /// Lists a user under their phone number's place under the next index key. Tells whether the number is still the one
    /// that was read.
    ///
    /// # Errors
    /// When the table can't be written.
    pub async fn move_phone(
        &self,
        scope: TenantScope,
        user: UserId,
        from: &BlindIndex,
        to: &BlindIndex,
    ) -> Result<bool> {
        let write = Write::update(key::user(scope, user)).set("phoneIndex", to)?.index(&key::phone(scope, to, user))?;
        Ok(self.table.write(write.when("phoneIndex", "=", from)?).await?.is_ok())
    }
}

/// What the audit row names: the tenant's key of one purpose.
fn told(tenant: &Tenant, purpose: Purpose) -> String {
    format!("{}/{}", tenant.id, purpose.as_str())
}
