//! Comparisons of a day's payments with what their providers say: how far each has come, and what it found.
//!
//! A comparison goes on page by page: first through our payments, then through what each provider lists. Each step is taken
//! up under the number of the step before, so of runs that overlap one goes on; and a day's comparison is made once, whoever
//! begins it.

use std::collections::BTreeMap;

use domain::calendar::Day;
use domain::clock::Timestamp;
use domain::payment::{Payment, Settlement};
use domain::reconciliation::Difference;
use domain::refund::RefundBook;
use domain::tenant::TenantScope;
use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::key::Index;
use crate::page::{Page, Position};
use crate::row::Row;
use crate::table::Consistency;
use crate::write::Write;
use crate::{Store, key};

/// How many differences are kept one by one. Where there are more, something is broken as a whole.
pub const KEPT: usize = 200;

/// A page of what a provider lists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListPage {
    /// The provider's name.
    pub provider: String,
    /// What to ask the provider with; none for its first page.
    pub from: Option<String>,
}

/// Where a comparison goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// With our payments, from here; none at their start.
    Payments(Option<Position>),
    /// With what a provider lists.
    List(ListPage),
}

/// The comparison of one day's payments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reconciliation {
    /// The day of UTC on which the payments moved last.
    pub day: Day,
    /// How many payments were compared.
    pub compared: u32,
    /// How many payments that took money the providers have listed.
    #[serde(default)]
    pub listed: u32,
    /// Which providers have no list: what only they know is not found.
    #[serde(default)]
    pub without_list: Vec<String>,
    /// How many differences were found.
    pub found: u32,
    /// The first [`KEPT`] of them.
    pub differences: Vec<Difference>,
    /// Where the next page of our payments starts; none at the start.
    pub after: Option<Position>,
    /// The page of a provider's list that is next; none while our payments are compared.
    #[serde(default)]
    pub list: Option<ListPage>,
    /// How often the present page was tried.
    pub tries: u32,
    /// When it goes on; until then somebody is at it, or a provider is given time.
    pub due: Timestamp,
    /// Counts up with each step.
    pub step: u64,
    /// When it began.
    pub started_at: Timestamp,
    /// When all was compared; none until then.
    pub finished_at: Option<Timestamp>,
}

impl Reconciliation {
    /// Begins with a day.
    pub fn begin(day: Day, at: Timestamp) -> Self {
        Self {
            day,
            compared: 0,
            listed: 0,
            without_list: Vec::new(),
            found: 0,
            differences: Vec::new(),
            after: None,
            list: None,
            tries: 0,
            due: at,
            step: 0,
            started_at: at,
            finished_at: None,
        }
    }

    /// Returns where it goes on.
    pub fn place(&self) -> Place {
        match &self.list {
            Some(page) => Place::List(page.clone()),
            None => Place::Payments(self.after.clone()),
        }
    }

    /// Goes on somewhere else.
    pub fn move_to(&mut self, place: Place) {
        (self.after, self.list) = match place {
            Place::Payments(after) => (after, None),
            Place::List(page) => (None, Some(page)),
        };
    }

    /// Notes what was found.
    pub fn note(&mut self, found: Vec<Difference>) {
        self.found = self.found.saturating_add(u32::try_from(found.len()).unwrap_or(u32::MAX));
        let room = KEPT.saturating_sub(self.differences.len());
        self.differences.extend(found.into_iter().take(room));
    }
}

/// A payment and what was given back of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The payment.
    pub payment: Payment,
    /// What was given back; none where nothing was ever asked back.
    pub book: Option<RefundBook>,
}

/// What a provider's id of an order stands for, as far as a comparison of one day needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// What it stands for.
    pub settlement: Settlement,
    /// Whether [`Store::moved_on`] lists it for that day.
    pub moved_that_day: bool,
}

/// The list in which a settlement is found by the day.
#[derive(Deserialize)]
struct Listing {
    gsi1pk: Option<String>,
}

impl Store {
    /// Begins a day's comparison, which goes on at once, unless it was begun before.
    ///
    /// # Errors
    /// When the table can't be written.
    pub async fn begin_reconciliation(&self, scope: TenantScope, day: Day, now: Timestamp) -> Result<bool> {
        let row = row(scope, &Reconciliation::begin(day, now))?;
        Ok(self.table.write(Write::create(row)).await?.is_ok())
    }

    /// Reads a day's comparison; none before it was begun.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn reconciliation(&self, scope: TenantScope, day: Day) -> Result<Option<Reconciliation>> {
        self.table.get(key::reconciliation(scope, day), Consistency::Strong).await
    }

    /// Takes the next step of a comparison up, in place of `before`; `again` is when another may take it up. Answers with the
    /// comparison to go on with, or none when somebody else has it.
    ///
    /// # Errors
    /// When the table can't be written.
    pub async fn take_up_reconciliation(
        &self,
        scope: TenantScope,
        before: &Reconciliation,
        again: Timestamp,
    ) -> Result<Option<Reconciliation>> {
        let (tries, step) = (before.tries.saturating_add(1), before.step.saturating_add(1));
        let taken = Reconciliation { tries, step, due: again, ..before.clone() };
        Ok(self.replace(scope, before.step, &taken).await?.then_some(taken))
    }

    /// Notes what a step that was taken up has found. Answers false when another took it up meanwhile.
    ///
    /// # Errors
    /// When the table can't be written.
    pub async fn advance_reconciliation(&self, scope: TenantScope, taken: &Reconciliation) -> Result<bool> {
        self.replace(scope, taken.step, taken).await
    }

    async fn replace(&self, scope: TenantScope, step: u64, next: &Reconciliation) -> Result<bool> {
        let write = Write::put(row(scope, next)?).when("step", "=", step)?.when_absent("finishedAt");
        Ok(self.table.write(write).await?.is_ok())
    }

    /// Lists what moved last on a day.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn moved_on(
        &self,
        scope: TenantScope,
        day: Day,
        limit: u32,
        from: Option<Position>,
    ) -> Result<Page<Settlement>> {
        self.table.query(key::moved_list(scope, day)).index(Index::First).limit(limit).from(from).page().await
    }

    /// Reads what a provider's ids of orders stand for; those of nobody are left out.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn known_references(
        &self,
        scope: TenantScope,
        day: Day,
        provider: &str,
        references: impl IntoIterator<Item = &str>,
    ) -> Result<BTreeMap<String, Known>> {
        let keys = references.into_iter().map(|reference| (reference, key::settlement(scope, provider, reference)));
        let keys: Vec<_> = keys.collect();
        let mut found = self.table.get_many(keys.iter().map(|(_, key)| key.clone()), Consistency::Strong).await?;
        let moved = key::moved_list(scope, day);
        let mut known = BTreeMap::new();
        for (reference, key) in keys {
            let listing: Option<Listing> = found.read(&key)?;
            if let Some(settlement) = found.take(&key)? {
                let moved_that_day = listing.and_then(|listing| listing.gsi1pk).as_ref() == Some(&moved);
                known.insert(reference.to_owned(), Known { settlement, moved_that_day });
            }
        }
        Ok(known)
    }

    /// Reads a payment and what was given back of it, in one call.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn standing(&self, scope: TenantScope, settlement: &Settlement) -> Result<Option<Standing>> {
        let payment = key::payment(scope, settlement.group, settlement.payment);
        let book = key::refund_book(scope, settlement.payment);
        let mut found = self.table.get_many([payment.clone(), book.clone()], Consistency::Strong).await?;
        let (payment, book) = (found.take(&payment)?, found.take(&book)?);
        Ok(payment.map(|payment| Standing { payment, book }))
    }
}

fn row(scope: TenantScope, record: &Reconciliation) -> Result<Row> {
    let row = Row::new(key::reconciliation(scope, record.day), "Reconciliation", record)?;
    Ok(match record.finished_at {
        Some(_) => row,
        None => row.indexed(key::reconciliation_due(scope, record.day, record.due)),
    })
}
