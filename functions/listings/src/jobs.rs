//! What imports and exports have in common: whose products they are about, and how many somebody may have at once.

use std::time::Duration;

use domain::access::Permission;
use domain::bulk::{Export, Import, JobStatus};
use domain::catalog::Seller;
use domain::clock::Timestamp;
use domain::id::SellerId;
use store::page::Page;
use store::table::Consistency;
use web::{Caller, Code, Edge, Problem};

/// How many imports, and how many exports, of one person may wait or run at once, so that nobody's hold up everybody else's.
const MOST_OPEN: usize = 5;
/// How many of a person's newest jobs are looked through for those that are not over.
pub(crate) const NEWEST: u32 = 25;
/// How long a job that stands still counts. After that it waits for an operator.
const STANDS_STILL: Duration = Duration::from_secs(24 * 60 * 60);

/// Work that the importer does in the background.
pub(crate) trait Job {
    /// Returns how far it has come, and since when.
    fn standing(&self) -> (JobStatus, Timestamp);

    /// Tells whether it is still to be done.
    fn is_open(&self, now: Timestamp) -> bool {
        let (status, moved) = self.standing();
        !status.is_final() && now.since(moved) < STANDS_STILL
    }
}

impl Job for Import {
    fn standing(&self) -> (JobStatus, Timestamp) {
        (self.status, self.updated_at)
    }
}

impl Job for Export {
    fn standing(&self) -> (JobStatus, Timestamp) {
        (self.status, self.updated_at)
    }
}

/// Decides whether somebody may have one more job, of whose `newest` are read here, and whose products it is about: none is
/// everybody's.
///
/// # Errors
/// With 422 where too many are not over yet; otherwise as [`whose`].
pub(crate) async fn admit<J: Job>(
    edge: &Edge,
    caller: &Caller,
    named: Option<SellerId>,
    newest: impl Future<Output = Result<Page<J>, store::Error>>,
) -> Result<Option<SellerId>, Problem> {
    let (seller, newest) = tokio::join!(whose(edge, caller, named), newest);
    let (seller, newest, now) = (seller?, newest?, edge.ambient().now());
    if newest.items.iter().filter(|job| job.is_open(now)).count() < MOST_OPEN {
        return Ok(seller);
    }
    Err(Problem::new(Code::RuleBroken).message("Wait until one of your imports or exports is over"))
}

/// Decides whose products a job is about: sellers' own; for the tenant's people those of the seller they name, or everybody's.
///
/// # Errors
/// With 403 where a seller names another one or has no profile, with 400 where there is no such seller.
async fn whose(edge: &Edge, caller: &Caller, named: Option<SellerId>) -> Result<Option<SellerId>, Problem> {
    if !caller.may(Permission::ManageProducts) {
        let own = caller.seller;
        let own = own.ok_or_else(|| Problem::new(Code::Forbidden).message("Open a seller's profile before selling"))?;
        return if named.is_none_or(|named| named == own) { Ok(Some(own)) } else { Err(Problem::new(Code::Forbidden)) };
    }
    let Some(named) = named else { return Ok(None) };
    let person = edge.store().user(caller.scope, Seller::person_of(named), Consistency::Eventual).await?;
    match person.filter(|person| person.seller == Some(named)) {
        Some(_) => Ok(Some(named)),
        None => Err(Problem::invalid("sellerId", "must be a seller of this marketplace")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct At(JobStatus, Timestamp);

    impl Job for At {
        fn standing(&self) -> (JobStatus, Timestamp) {
            (self.0, self.1)
        }
    }

    #[test]
    fn a_job_is_open_until_it_is_over_or_has_stood_still_for_a_day() {
        let moved = Timestamp::from_millis(1_800_000_000_000);
        let later = |seconds| moved.plus(Duration::from_secs(seconds));
        for (status, open) in [
            (JobStatus::Queued, true),
            (JobStatus::Running, true),
            (JobStatus::Done, false),
            (JobStatus::Failed, false),
        ] {
            assert_eq!(At(status, moved).is_open(later(86_399)), open, "{status:?}");
            assert!(!At(status, moved).is_open(later(86_400)), "{status:?}");
        }
    }
}
