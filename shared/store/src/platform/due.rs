//! What is due, over all tenants: the janitor's lists.

use domain::calendar::Day;
use domain::clock::Timestamp;
use domain::id::{OrderGroupId, PaymentId, RefundId, UserId};
use domain::pii::Purpose;
use domain::tenant::{Tenant, TenantScope};
use serde::Deserialize;

use crate::Store;
use crate::error::Result;
use crate::key::{self, Index};
use crate::page::{Page, Position};

/// Stock that should be given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DueHold {
    /// The tenant of the group, to act for.
    pub scope: TenantScope,
    /// The unpaid group.
    pub group: OrderGroupId,
}

/// A rotation of a data key that should go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DueRotation {
    /// The tenant whose key it is, to act for.
    pub scope: TenantScope,
    /// What the key is for.
    pub purpose: Purpose,
}

/// An erased person whose leftovers should be cleared away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DueErasure {
    /// The tenant of the person, to act for.
    pub scope: TenantScope,
    /// The person.
    pub user: UserId,
}

/// An open payment whose provider is to be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DuePayment {
    /// The tenant of the payment, to act for.
    pub scope: TenantScope,
    /// The provider's name.
    pub provider: String,
    /// The provider's id of the order.
    pub reference: String,
}

/// A refund that waits for its provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DueRefund {
    /// The tenant of the refund, to act for.
    pub scope: TenantScope,
    /// The payment that it is taken from.
    pub payment: PaymentId,
    /// The refund.
    pub refund: RefundId,
}

/// A comparison of a day's payments with their providers that should go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DueReconciliation {
    /// The tenant of the payments, to act for.
    pub scope: TenantScope,
    /// The day.
    pub day: Day,
}

#[derive(Debug, Deserialize)]
struct DueRow {
    gsi2sk: String,
}

impl Store {
    /// Lists keys of marketplaces that have served so long that another should follow; a page is of 100 marketplaces.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn overdue_keys(&self, now: Timestamp, from: Option<Position>) -> Result<Page<DueRotation>> {
        let page = self.marketplaces(100, from).await?;
        let of = |tenant: &Tenant| {
            let scope = TenantScope::assume(tenant.id);
            let due = tenant.keys.iter().filter(|(_, chain)| chain.is_due(now));
            due.map(|(purpose, _)| DueRotation { scope, purpose: *purpose }).collect::<Vec<_>>()
        };
        Ok(Page { items: page.items.iter().flat_map(of).collect(), next: page.next })
    }

    /// Lists erased people whose leftovers may be cleared away by `now`, at most 25.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn due_erasures(&self, now: Timestamp) -> Result<Vec<DueErasure>> {
        let query = self.table.query(key::ERASURES).index(Index::Second).at_most(format!("{now}~")).limit(25);
        let rows = query.page::<DueRow>().await?.items;
        let due = rows.iter().filter_map(|row| {
            let (tenant, user) = row.gsi2sk.split_once('#')?.1.split_once('#')?;
            Some(DueErasure { scope: TenantScope::assume(tenant.parse().ok()?), user: user.parse().ok()? })
        });
        Ok(due.collect())
    }

    /// Lists refunds that are to be asked for, or after, at their providers by `now`, at most 50.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn due_refunds(&self, now: Timestamp) -> Result<Vec<DueRefund>> {
        let query = self.table.query(key::REFUNDS_DUE).index(Index::Second).at_most(format!("{now}~")).limit(50);
        let rows = query.page::<DueRow>().await?.items;
        let due = rows.iter().filter_map(|row| {
            let mut parts = row.gsi2sk.split('#').skip(1);
            Some(DueRefund {
                scope: TenantScope::assume(parts.next()?.parse().ok()?),
                payment: parts.next()?.parse().ok()?,
                refund: parts.next()?.parse().ok()?,
            })
        });
        Ok(due.collect())
    }

    /// Lists open payments whose providers are to be asked by `now`, at most 50.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn due_payments(&self, now: Timestamp) -> Result<Vec<DuePayment>> {
        let query = self.table.query(key::PAYMENTS_DUE).index(Index::Second).at_most(format!("{now}~")).limit(50);
        let rows = query.page::<DueRow>().await?.items;
        let due = rows.iter().filter_map(|row| {
            let mut parts = row.gsi2sk.splitn(4, '#').skip(1);
            Some(DuePayment {
                scope: TenantScope::assume(parts.next()?.parse().ok()?),
                provider: parts.next()?.to_owned(),
                reference: parts.next()?.to_owned(),
            })
        });
        Ok(due.collect())
    }

    /// Lists comparisons with providers that go on by `now`, at most 25.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn due_reconciliations(&self, now: Timestamp) -> Result<Vec<DueReconciliation>> {
        let query =
            self.table.query(key::RECONCILIATIONS_DUE).index(Index::Second).at_most(format!("{now}~")).limit(25);
        let rows = query.page::<DueRow>().await?.items;
        let due = rows.iter().filter_map(|row| {
            let (tenant, day) = row.gsi2sk.split_once('#')?.1.split_once('#')?;
            Some(DueReconciliation { scope: TenantScope::assume(tenant.parse().ok()?), day: day.parse().ok()? })
        });
        Ok(due.collect())
    }

    /// Lists rotations of data keys that go on by `now`, at most 25.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn due_rotations(&self, now: Timestamp) -> Result<Vec<DueRotation>> {
        let query = self.table.query(key::ROTATIONS).index(Index::Second).at_most(format!("{now}~")).limit(25);
        let rows = query.page::<DueRow>().await?.items;
        let due = rows.iter().filter_map(|row| {
            let (tenant, purpose) = row.gsi2sk.split_once('#')?.1.split_once('#')?;
            let purpose = Purpose::OF_A_TENANT.into_iter().find(|known| known.as_str() == purpose)?;
            Some(DueRotation { scope: TenantScope::assume(tenant.parse().ok()?), purpose })
        });
        Ok(due.collect())
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
                .page::<DueRow>()
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
