//! Compares the payments of each day with what their providers say of them, and leaves a report.
//!
//! Messages and questions ([`crate::reconciliation`]) bring our books to what providers say. What is left over, because
//! somebody did it by hand or because something is broken, is found here and changes nothing: a person must look at it.
//! Providers are asked about each payment that moved, and then for their own lists of the day, where money shows of which our
//! books know nothing.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::ambient::Ambient;
use domain::calendar::Day;
use domain::clock::Timestamp;
use domain::payment::Settlement;
use domain::reconciliation::{Difference, DifferenceKind, Statement, differences, stray};
use domain::tenant::{Tenant, TenantScope, TenantStatus};
use payments::api::{ApiError, PlacedOrder};
use payments::{Credentials, Gateways};
use platform::metrics;
use platform::objects::Objects;
use platform::vault::Vault;
use serde::Serialize;
use store::Store;
use store::platform::DueReconciliation;
use store::reconciliations::{ListPage, Place, Reconciliation};
use store::table::Consistency;
use worker::JobError;

/// How many payments are compared at once.
const PAGE: u32 = 8;
/// How long a run goes on comparing; what is left is for the next.
const COMPARING: Duration = Duration::from_secs(5);
/// How long until another may take up a page whose comparison was cut off.
const LEASE: Duration = Duration::from_secs(120);
/// How much longer a provider that does not answer is given with each try.
const PATIENCE: Duration = Duration::from_secs(10 * 60);
/// How often a page is tried before what is not answered counts as a difference.
const TRIES: u32 = 5;
/// In which minute of which hours of UTC the comparisons of the day before begin. Once is enough; the others are for days on
/// which nothing ran at that minute.
const MINUTE: i64 = 23;
const HOURS: std::ops::RangeInclusive<i64> = 1..=6;

/// What is needed to compare books with providers.
#[derive(Clone)]
pub struct Comparison {
    store: Store,
    vault: Vault,
    gateways: Gateways,
}

/// Why nothing is known of a payment at its provider.
enum Silence {
    /// The provider is out of reach.
    OfProvider,
    /// It has no answer about this payment, or there is nothing to ask it with.
    OfPayment,
}

/// A page that was compared.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Compared {
    /// How many payments of ours.
    pub payments: u32,
    /// How many payments that a provider lists.
    pub listed: u32,
    /// The provider, when it has no list.
    pub without_list: Option<String>,
    /// What differs.
    pub differences: Vec<Difference>,
    /// Where the next page starts; none at the end.
    pub next: Option<Place>,
}

impl Comparison {
    /// Joins the parts.
    pub fn new(store: Store, vault: Vault, gateways: Gateways) -> Self {
        Self { store, vault, gateways }
    }

    /// Compares a page of the payments that moved last on a day, and after all of them a page of what a provider lists of the
    /// day. Answers nothing when a provider does not answer, unless that is to count as a difference.
    ///
    /// # Errors
    /// When table or vault are out of reach.
    pub async fn page(
        &self,
        tenant: &Tenant,
        day: Day,
        from: Place,
        silence_counts: bool,
    ) -> Result<Option<Compared>, JobError> {
        let from = match from {
            Place::Payments(from) => from,
            Place::List(page) => return self.list(tenant, day, &page, silence_counts).await,
        };
        let scope = TenantScope::assume(tenant.id);
        let page = self.store.moved_on(scope, day, PAGE, from).await?;
        let next = page.next.map(|next| Place::Payments(Some(next))).or_else(|| list_after(tenant, ""));
        let mut compared = Compared { next, ..Compared::default() };
        let mut known: BTreeMap<String, Option<Credentials>> = BTreeMap::new();
        for settlement in &page.items {
            if !known.contains_key(&settlement.provider) {
                let credentials = self.vault.open_credentials(tenant, &settlement.provider).await?;
                known.insert(settlement.provider.clone(), credentials);
            }
            let credentials = known.get(&settlement.provider).and_then(Option::as_ref);
            let said = self.ask(credentials, settlement).await;
            if said.is_err() && !silence_counts {
                return Ok(None);
            }
            if matches!(said, Err(Silence::OfProvider)) {
                // Waiting for it with each payment would take longer than a run may.
                known.insert(settlement.provider.clone(), None);
            }
            let Some(standing) = self.store.standing(scope, settlement).await? else { continue };
            compared.payments = compared.payments.saturating_add(1);
            compared.differences.extend(match said {
                Ok(said) => differences(&standing.payment, standing.book.as_ref(), &said),
                Err(_) => vec![Difference::of(&standing.payment, DifferenceKind::Unanswered, None, None)],
            });
        }
        Ok(Some(compared))
    }

    /// Compares a page of the payments that a provider lists with what their orders stand for in our books.
    async fn list(
        &self,
        tenant: &Tenant,
        day: Day,
        page: &ListPage,
        silence_counts: bool,
    ) -> Result<Option<Compared>, JobError> {
        let (scope, provider) = (TenantScope::assume(tenant.id), page.provider.as_str());
        let mut compared = Compared { next: list_after(tenant, provider), ..Compared::default() };
        let credentials: Option<Credentials> = self.vault.open_credentials(tenant, provider).await?;
        // It was removed meanwhile: its payments were reported as unanswered.
        let Some(credentials) = credentials else { return Ok(Some(compared)) };
        let list = match self.gateways.list(&credentials, day, page.from.as_deref()).await {
            Ok(Some(list)) => list,
            Ok(None) => return Ok(Some(Compared { without_list: Some(provider.to_owned()), ..compared })),
            Err(error) => {
                let cause = &error as &dyn std::error::Error;
                tracing::warn!(tenant.id = %tenant.id, provider, error = cause, "a provider does not list its payments");
                compared.differences.push(Difference::unlisted(provider));
                return Ok(silence_counts.then_some(compared));
            }
        };
        let references = list.payments.iter().filter_map(|listed| listed.reference.as_deref());
        let known = self.store.known_references(scope, day, provider, references).await?;
        for listed in &list.payments {
            let known = listed.reference.as_ref().and_then(|reference| known.get(reference));
            let compared_itself = known.is_some_and(|known| known.moved_that_day);
            let settlement = known.map(|known| &known.settlement);
            compared.differences.extend(stray(tenant.id, provider, listed, settlement, compared_itself));
        }
        compared.listed = u32::try_from(list.payments.len()).unwrap_or(u32::MAX);
        if list.next.is_some() {
            compared.next = Some(Place::List(ListPage { provider: provider.to_owned(), from: list.next }));
        }
        Ok(Some(compared))
    }

    async fn ask(&self, credentials: Option<&Credentials>, settlement: &Settlement) -> Result<Statement, Silence> {
        let (Some(credentials), Some(opened_at)) = (credentials, settlement.opened_at) else {
            return Err(Silence::OfPayment);
        };
        let order = PlacedOrder { reference: settlement.reference.clone(), opened_at };
        self.gateways.statement(credentials, &order).await.map_err(|error| {
            let cause = &error as &dyn std::error::Error;
            tracing::warn!(payment.id = %settlement.payment, error = cause, "a provider does not tell of a payment");
            match error {
                ApiError::Unreachable(_) | ApiError::Busy { .. } => Silence::OfProvider,
                ApiError::Refused { .. } | ApiError::Unsupported(_) | ApiError::Unreadable(_) => Silence::OfPayment,
            }
        })
    }
}

/// Returns the list of the provider that comes after another, or of the first after none.
fn list_after(tenant: &Tenant, provider: &str) -> Option<Place> {
    let next = tenant.providers.keys().find(|next| next.as_str() > provider)?;
    Some(Place::List(ListPage { provider: next.clone(), from: None }))
}

/// The report of one day, as it is kept.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Report<'a> {
    tenant: String,
    day: Day,
    compared: u32,
    listed: u32,
    without_list: &'a [String],
    found: u32,
    differences: &'a [Difference],
}

/// Returns where a day's report is kept.
pub fn place(scope: TenantScope, day: Day) -> String {
    format!("reconciliation/{}/{day}.json", scope.tenant())
}

/// What is needed to leave reports.
pub struct Reports {
    store: Store,
    comparison: Comparison,
    objects: Objects,
    ambient: Ambient,
}

impl Reports {
    /// Joins the parts; reports go into `objects`.
    pub fn new(store: Store, vault: Vault, gateways: Gateways, objects: Objects, ambient: Ambient) -> Self {
        Self { comparison: Comparison::new(store.clone(), vault, gateways), store, objects, ambient }
    }

    /// Goes on with the comparisons that are due, and begins those of yesterday when it is time.
    ///
    /// # Errors
    /// When one could not go on; the others did.
    pub async fn go_on(&self) -> Result<(), JobError> {
        let started = self.ambient.now();
        if is_time_to_begin(started) {
            self.begin(Day::of(started).before()).await?;
        }
        let mut failure = None;
        for due in self.store.due_reconciliations(started).await? {
            while self.ambient.now().since(started) < COMPARING {
                match self.step(&due).await {
                    Ok(true) => {}
                    Ok(false) => break,
                    // One tenant's comparison that fails must not keep the others.
                    Err(error) => {
                        let cause = &error as &dyn std::error::Error;
                        tracing::warn!(tenant.id = %due.scope.tenant(), error = cause, "a comparison with providers stays");
                        failure = Some(error);
                        break;
                    }
                }
            }
        }
        failure.map_or(Ok(()), Err)
    }

    /// Begins a day's comparison for every marketplace that takes payments, where nobody has begun it.
    ///
    /// # Errors
    /// When the table is out of reach; what was begun goes on.
    pub async fn begin(&self, day: Day) -> Result<(), JobError> {
        let mut from = None;
        loop {
            let page = self.store.marketplaces(100, from).await?;
            self.begin_for(&page.items, day).await?;
            from = page.next;
            if from.is_none() {
                return Ok(());
            }
        }
    }

    /// Begins a day's comparison for those of some marketplaces that take payments.
    ///
    /// # Errors
    /// When the table is out of reach.
    pub async fn begin_for(&self, tenants: &[Tenant], day: Day) -> Result<(), JobError> {
        let takes_payments = |tenant: &&Tenant| tenant.status == TenantStatus::Active && !tenant.providers.is_empty();
        for tenant in tenants.iter().filter(takes_payments) {
            self.store.begin_reconciliation(TenantScope::assume(tenant.id), day, self.ambient.now()).await?;
        }
        Ok(())
    }

    /// Compares the next page, and leaves the report after the last. Tells whether there is more to do now.
    ///
    /// # Errors
    /// When something is out of reach; the page is compared again then.
    pub async fn step(&self, due: &DueReconciliation) -> Result<bool, JobError> {
        let now = self.ambient.now();
        let Some(before) = self.store.reconciliation(due.scope, due.day).await? else { return Ok(false) };
        if before.finished_at.is_some() || before.due > now {
            return Ok(false);
        }
        let again = now.plus(LEASE.max(PATIENCE.saturating_mul(before.tries)));
        let Some(mut taken) = self.store.take_up_reconciliation(due.scope, &before, again).await? else {
            return Ok(false);
        };
        let tenant = self.store.tenant(due.scope, Consistency::Strong).await?;
        let tenant = tenant.ok_or_else(|| JobError::fail("the tenant is gone"))?;
        let page = self.comparison.page(&tenant, due.day, before.place(), before.tries >= TRIES).await?;
        // The next try is due already: a provider that is down is no failure of this run.
        let Some(page) = page else { return Ok(false) };
        taken.compared = taken.compared.saturating_add(page.payments);
        taken.listed = taken.listed.saturating_add(page.listed);
        taken.without_list.extend(page.without_list);
        taken.note(page.differences);
        (taken.tries, taken.due) = (0, now);
        if let Some(next) = page.next {
            taken.move_to(next);
            return Ok(self.store.advance_reconciliation(due.scope, &taken).await?);
        }
        self.finish(due.scope, taken, now).await?;
        Ok(false)
    }

    async fn finish(&self, scope: TenantScope, taken: Reconciliation, now: Timestamp) -> Result<(), JobError> {
        // First, under a name that is the day's alone: a run that is cut off here leaves the same report once more.
        let (tenant, day, compared, found) = (scope.tenant().to_string(), taken.day, taken.compared, taken.found);
        let (listed, without_list, differences) = (taken.listed, &taken.without_list, &taken.differences);
        let report = Report { tenant, day, compared, listed, without_list, found, differences };
        let report = serde_json::to_vec_pretty(&report).map_err(JobError::fail)?;
        self.objects.put(&place(scope, day), report, "application/json").await?;
        let finished = Reconciliation { finished_at: Some(now), ..taken };
        if !self.store.advance_reconciliation(scope, &finished).await? {
            return Ok(());
        }
        metrics::count("reconciliation.reports", 1, &[]);
        if found > 0 {
            metrics::count("reconciliation.differences", found, &[]);
            let tenant = scope.tenant();
            tracing::warn!(tenant.id = %tenant, day = %day, compared, found, "books and providers differ");
        }
        Ok(())
    }
}

fn is_time_to_begin(now: Timestamp) -> bool {
    let minutes = now.as_seconds() / 60;
    minutes % 60 == MINUTE && HOURS.contains(&(minutes / 60 % 24))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comparisons_begin_a_few_times_after_the_day() {
        let times = |hour: i64| {
            (0..60).filter(move |minute| is_time_to_begin(Timestamp::from_millis((hour * 60 + minute) * 60_000)))
        };
        assert_eq!(
            (0..24).map(|hour| times(hour).count()).collect::<Vec<_>>(),
            [0, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        );
    }
}
