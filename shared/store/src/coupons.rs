//! Coupons: one item each, found by its code, which also counts its uses.
//!
//! A use is taken in the transaction of the checkout, under the coupon's caps, and given back when the checkout expires or is
//! called off.
//! So of those who want the last use at the same moment one gets it.

use domain::coupon::{Coupon, CouponCode, Terms};
use domain::id::{CouponId, UserId};
use domain::operation::{Action, Operation};
use domain::order::CouponUse;
use domain::tenant::TenantScope;
use serde::Deserialize;

use crate::error::Result;
use crate::key::Index;
use crate::page::{Page, Position};
use crate::row::{self, Row};
use crate::table::Consistency;
use crate::write::Write;
use crate::{Error, Store, audit, key};

/// There is a coupon of this code already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there is a coupon of this code already")]
pub struct CodeTaken;

#[derive(Debug, Deserialize)]
struct Uses {
    used: u32,
}

impl Store {
    /// Stores a new coupon.
    ///
    /// # Errors
    /// When the table can't be written. A code that is in use is a [`CodeTaken`].
    pub async fn create_coupon(
        &self,
        operation: &Operation,
        coupon: &Coupon,
    ) -> Result<std::result::Result<(), CodeTaken>> {
        let scope = operation.scope;
        let row = Row::new(key::coupon(scope, &coupon.code), "Coupon", coupon)?;
        let writes = vec![
            Write::create(row.indexed(key::coupons(scope, coupon.id))),
            audit::record(operation, Action::CouponChanged, &coupon.id.to_string())?,
        ];
        match self.table.transact(writes).await? {
            Ok(()) => Ok(Ok(())),
            Err(refused) if refused.index == 0 => Ok(Err(CodeTaken)),
            Err(_) => Err(Error::Conflict),
        }
    }

    /// Reads a coupon.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn coupon(&self, scope: TenantScope, code: &CouponCode) -> Result<Option<Coupon>> {
        self.table.get(key::coupon(scope, code), Consistency::Strong).await
    }

    /// Counts how often a user has used a coupon.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn coupon_uses(&self, scope: TenantScope, user: UserId, coupon: CouponId) -> Result<u32> {
        let uses: Option<Uses> = self.table.get(key::coupon_use(scope, user, coupon), Consistency::Strong).await?;
        Ok(uses.map_or(0, |uses| uses.used))
    }

    /// Lists a tenant's coupons, newest first.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn coupons(&self, scope: TenantScope, limit: u32, from: Option<Position>) -> Result<Page<Coupon>> {
        let index = key::coupons_list(scope);
        self.table.query(index).index(Index::Second).newest_first().limit(limit).from(from).page().await
    }

    /// Gives a coupon other terms; what counts its uses goes on.
    ///
    /// # Errors
    /// [`Error::Conflict`] when somebody changed or deleted the coupon since it was read.
    pub async fn change_coupon(&self, operation: &Operation, before: &Coupon, terms: &Terms) -> Result<()> {
        let writes = vec![
            Write::update(key::coupon(operation.scope, &before.code))
                .set("terms", terms)?
                .set("updatedAt", operation.now)?
                .add("version", 1)?
                .when("id", "=", before.id)?
                .when("version", "=", before.version)?,
            audit::record(operation, Action::CouponChanged, &before.id.to_string())?,
        ];
        self.table.transact(writes).await?.map_err(|_| Error::Conflict)
    }

    /// Deletes a coupon. Checkouts that have used it keep their discount.
    ///
    /// # Errors
    /// [`Error::Conflict`] when somebody changed or deleted the coupon since it was read.
    pub async fn delete_coupon(&self, operation: &Operation, before: &Coupon) -> Result<()> {
        let writes = vec![
            Write::delete(key::coupon(operation.scope, &before.code)).when("id", "=", before.id)?.when(
                "version",
                "=",
                before.version,
            )?,
            audit::record(operation, Action::CouponChanged, &before.id.to_string())?,
        ];
        self.table.transact(writes).await?.map_err(|_| Error::Conflict)
    }
}

/// How many writes [`redeem`] and [`give_back`] make.
pub(crate) const WRITES: usize = 2;

/// Takes one use of a coupon for a user. Refused where it is used up, or not any more what it was when it was read.
pub(crate) fn redeem(scope: TenantScope, user: UserId, coupon: &Coupon) -> Result<[Write; WRITES]> {
    let mut all = Write::update(key::coupon(scope, &coupon.code)).add("used", 1)?.when("id", "=", coupon.id)?.when(
        "version",
        "=",
        coupon.version,
    )?;
    if let Some(most) = coupon.terms.max_uses {
        all = all.when("used", "<", most)?;
    }
    let mut own = Write::upsert(key::coupon_use(scope, user, coupon.id))
        .set_once("type", "CouponUse")?
        .set_once("v", 1)?
        .add("used", 1)?;
    if let Some(most) = coupon.terms.max_uses_per_user {
        own = own.when_absent_or("used", "<", most)?;
    }
    Ok([all, own])
}

/// Takes a use again that was given back, whatever the caps say: it is paid.
pub(crate) fn take_again(scope: TenantScope, user: UserId, taken: &CouponUse) -> Result<[Write; WRITES]> {
    counted(scope, user, taken, 1)
}

/// Gives a use back.
pub(crate) fn give_back(scope: TenantScope, user: UserId, taken: &CouponUse) -> Result<[Write; WRITES]> {
    let [all, own] = counted(scope, user, taken, -1)?;
    Ok([all.when("used", ">", 0)?, own.when("used", ">", 0)?])
}

fn counted(scope: TenantScope, user: UserId, taken: &CouponUse, by: i64) -> Result<[Write; WRITES]> {
    Ok([
        Write::update(key::coupon(scope, &taken.code)).add("used", by)?.when("id", "=", taken.id)?,
        Write::update(key::coupon_use(scope, user, taken.id)).add("used", by)?,
    ])
}

/// Tells from a refused [`redeem`] whether the coupon is still the one that was read, so that a cap refused it.
pub(crate) fn is_unchanged(coupon: &Coupon, found: Option<row::Attributes>) -> Result<bool> {
    let found: Option<Coupon> = found.map(row::value).transpose()?;
    Ok(found.is_some_and(|found| found.id == coupon.id && found.version == coupon.version))
}
