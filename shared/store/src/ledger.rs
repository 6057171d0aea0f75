//! The books: each cause is booked once, and a seller's balance moves in the transaction of its entry.
//!
//! Paid orders are booked by the consumer of the event that tells of them, not in the transaction of the capture: with one
//! order per seller, 40 sellers' entries and balances would not fit into it, and captures of one popular seller would
//! wait for each other. The entry's key is its cause, so an event that comes again books nothing.

use std::time::Duration;

use domain::clock::Timestamp;
use domain::id::{PayoutId, SellerId};
use domain::ledger::{Entry, Payout, PayoutStatus, TrialBalance, WrongBalance};
use domain::money::{Currency, Money};
use domain::operation::{Action, Operation};
use domain::tenant::TenantScope;
use serde::Deserialize;

use crate::error::{Error, Result};
use crate::key::Index;
use crate::page::{Page, Position};
use crate::row::Row;
use crate::table::Consistency;
use crate::write::Write;
use crate::{Store, audit, key};

/// How long to wait before each time that a balance is compared with its entries again: an entry shows in its list a moment
/// after it was booked.
const RECHECKS: [Duration; 3] = [Duration::ZERO, Duration::from_millis(500), Duration::from_secs(2)];

/// Why nobody was paid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PayoutRefused {
    /// The seller is owed less than that.
    #[error("the balance is too low")]
    BalanceTooLow,
    /// There is no such payout.
    #[error("there is no such payout")]
    NotFound,
    /// The payout was paid or called off before.
    #[error("the payout is {}", .0.as_str())]
    Settled(PayoutStatus),
}

#[derive(Debug, Deserialize)]
struct BalanceItem {
    amount: i64,
    currency: Currency,
}

impl Store {
    /// Books an entry, unless its cause was booked before. Answers whether this call did it.
    ///
    /// # Errors
    /// When the table can't be written.
    pub async fn book(&self, operation: &Operation, entry: &Entry) -> Result<bool> {
        let mut writes = vec![Write::create(row(operation.scope, entry)?)];
        writes.extend(moved(operation.scope, entry)?);
        match self.table.transact(writes).await? {
            Ok(()) => Ok(true),
            Err(refused) if refused.index == 0 => Ok(false),
            Err(_) => Err(Error::Conflict),
        }
    }

    /// Corrects a seller's balance by hand.
    ///
    /// # Errors
    /// When the table can't be written.
    pub async fn adjust_ledger(&self, operation: &Operation, entry: &Entry) -> Result<()> {
        let mut writes = vec![Write::create(row(operation.scope, entry)?)];
        writes.extend(moved(operation.scope, entry)?);
        writes.push(audit::record(operation, Action::LedgerAdjusted, &entry.id.to_string())?);
        self.table.transact(writes).await?.map_err(|_| Error::Conflict)
    }

    /// Takes a payout from a seller's balance, which must have that much.
    ///
    /// # Errors
    /// When the table can't be written. The inner error says that the balance is too low.
    pub async fn open_payout(
        &self,
        operation: &Operation,
        payout: &Payout,
        entry: &Entry,
    ) -> Result<std::result::Result<(), PayoutRefused>> {
        let scope = operation.scope;
        let taken = Write::update(key::balance(scope, payout.seller, payout.amount.currency))
            .add("amount", payout.amount.amount.saturating_neg())?
            .when("amount", ">=", payout.amount.amount)?;
        let payout_row = Row::new(key::payout(scope, payout.id), "Payout", payout)?;
        let writes = vec![
            taken,
            Write::create(payout_row.indexed(key::payouts(scope, payout.id))),
            Write::create(row(scope, entry)?),
            audit::record(operation, Action::PayoutChanged, &payout.id.to_string())?,
        ];
        match self.table.transact(writes).await? {
            Ok(()) => Ok(Ok(())),
            Err(refused) if refused.index == 0 => Ok(Err(PayoutRefused::BalanceTooLow)),
            Err(_) => Err(Error::Conflict),
        }
    }

    /// Marks an open payout as paid or called off; `after` is the payout as it is then.
    ///
    /// # Errors
    /// When the table can't be written. The inner error says what stands against it.
    pub async fn settle_payout(
        &self,
        operation: &Operation,
        after: &Payout,
        entry: &Entry,
    ) -> Result<std::result::Result<(), PayoutRefused>> {
        let scope = operation.scope;
        let payout_row = Row::new(key::payout(scope, after.id), "Payout", after)?;
        let mut writes = vec![
            Write::put(payout_row.indexed(key::payouts(scope, after.id))).when("status", "=", PayoutStatus::Open)?,
            Write::create(row(scope, entry)?),
            audit::record(operation, Action::PayoutChanged, &after.id.to_string())?,
        ];
        writes.extend(moved(scope, entry)?);
        match self.table.transact(writes).await? {
            Ok(()) => Ok(Ok(())),
            Err(refused) if refused.index == 0 => {
                let found: Option<Payout> = refused.found.map(crate::row::value).transpose()?;
                Ok(Err(found.map_or(PayoutRefused::NotFound, |found| PayoutRefused::Settled(found.status))))
            }
            Err(_) => Err(Error::Conflict),
        }
    }

    /// Reads a payout.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn payout(&self, scope: TenantScope, payout: PayoutId) -> Result<Option<Payout>> {
        self.table.get(key::payout(scope, payout), Consistency::Strong).await
    }

    /// Lists a tenant's payouts, newest first.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn payouts(&self, scope: TenantScope, limit: u32, from: Option<Position>) -> Result<Page<Payout>> {
        let query = self.table.query(key::payouts_list(scope)).index(Index::Second);
        query.newest_first().limit(limit).from(from).page().await
    }

    /// Reads all payouts that were made within a time, newest first; none when they are more than `most`.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn payouts_within(
        &self,
        scope: TenantScope,
        (from, to): (Timestamp, Timestamp),
        most: usize,
    ) -> Result<Option<Vec<Payout>>> {
        let (mut found, mut position) = (Vec::new(), None);
        let (low, high) = key::made_between::<PayoutId>(Some(from), Some(to));
        loop {
            let query = self.table.query(key::payouts_list(scope)).index(Index::Second).between(&low, &high);
            let page = query.newest_first().from(position).page().await?;
            found.extend(page.items);
            position = page.next;
            if found.len() > most {
                return Ok(None);
            }
            if position.is_none() {
                return Ok(Some(found));
            }
        }
    }

    /// Reads what a seller is owed, in each currency that anything was sold in.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn balances(&self, scope: TenantScope, seller: SellerId) -> Result<Vec<Money>> {
        let query = self.table.query(key::balances(scope, seller)).consistency(Consistency::Strong);
        let items = query.page::<BalanceItem>().await?.items;
        Ok(items.into_iter().map(|item| Money::new(item.amount, item.currency)).collect())
    }

    /// Lists the entries in a seller's books, newest first.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn entries_of(
        &self,
        scope: TenantScope,
        seller: SellerId,
        limit: u32,
        from: Option<Position>,
    ) -> Result<Page<Entry>> {
        let query = self.table.query(key::entries_of_list(scope, seller)).index(Index::First);
        query.newest_first().limit(limit).from(from).page().await
    }

    /// Lists all entries of a tenant, newest first.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn entries(&self, scope: TenantScope, limit: u32, from: Option<Position>) -> Result<Page<Entry>> {
        let query = self.table.query(key::entries_list(scope)).index(Index::Second);
        query.newest_first().limit(limit).from(from).page().await
    }

    /// Adds up the tenant's books. Reads every entry.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn trial_balance(&self, scope: TenantScope) -> Result<TrialBalance> {
        let (mut trial, mut from) = (TrialBalance::default(), None);
        loop {
            let page = self.entries(scope, 100, from).await?;
            page.items.iter().for_each(|entry| trial.add(entry));
            from = page.next;
            if from.is_none() {
                return Ok(trial);
            }
        }
    }

    /// Adds up the tenant's books, and compares the balance of every seller with the entries. Reads every entry and seller.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn verify_books(&self, scope: TenantScope) -> Result<(TrialBalance, Vec<WrongBalance>)> {
        let trial = self.trial_balance(scope).await?;
        let (mut sellers, mut from) = (trial.sellers.clone(), None);
        loop {
            let page = self.sellers(scope, None, 100, from).await?;
            sellers.extend(page.items.into_iter().map(|seller| seller.id));
            from = page.next;
            if from.is_none() {
                break;
            }
        }
        let mut wrong = Vec::new();
        for seller in sellers {
            let balances = self.balances(scope, seller).await?;
            if !trial.wrong_balances(seller, &balances).is_empty() {
                // Something may have been booked between the two reads.
                wrong.extend(self.wrong_balances(scope, seller).await?);
            }
        }
        Ok((trial, wrong))
    }

    /// Compares a seller's balances with the entries in the seller's books until nothing moves meanwhile.
    async fn wrong_balances(&self, scope: TenantScope, seller: SellerId) -> Result<Vec<WrongBalance>> {
        let mut wrong = Vec::new();
        for pause in RECHECKS {
            tokio::time::sleep(pause).await;
            let before = self.balances(scope, seller).await?;
            let (mut trial, mut from) = (TrialBalance::default(), None);
            loop {
                let page = self.entries_of(scope, seller, 100, from).await?;
                page.items.iter().for_each(|entry| trial.add(entry));
                from = page.next;
                if from.is_none() {
                    break;
                }
            }
            wrong = trial.wrong_balances(seller, &before);
            if wrong.is_empty() {
                break;
            }
        }
        Ok(wrong)
    }
}

fn row(scope: TenantScope, entry: &Entry) -> Result<Row> {
    let row = Row::new(key::entry(scope, &entry.cause), "Entry", entry)?.indexed(key::entries(scope, entry.id));
    Ok(match entry.seller {
        Some(seller) => row.indexed(key::entries_of(scope, seller, entry.id)),
        None => row,
    })
}

/// Moves the balance of the entry's seller.
fn moved(scope: TenantScope, entry: &Entry) -> Result<Option<Write>> {
    let currency = entry.postings.first().map(|posting| posting.amount.currency);
    let (Some(seller), Some(currency), amount) = (entry.seller, currency, entry.for_seller()) else {
        return Ok(None);
    };
    if amount == 0 {
        return Ok(None);
    }
    let write = Write::upsert(key::balance(scope, seller, currency))
        .set("type", "Balance")?
        .set("v", 1)?
        .set("seller", seller)?
        .set("currency", currency)?
        .add("amount", amount)?;
    Ok(Some(write))
}
