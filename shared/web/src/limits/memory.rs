//! What this process has counted by itself.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::clock::Timestamp;
use domain::id::TenantId;
use domain::limit::Level;
use store::limiter::Bucket;

use super::class::Asked;

/// So many buckets are remembered; more than that is somebody with many addresses.
const MOST: usize = 20_000;
/// How long requests of a month may wait to be told to the table.
const LATEST: Duration = Duration::from_secs(10);

/// The buckets and months that this process has seen.
#[derive(Default)]
pub(crate) struct Memory(Mutex<Seen>);

#[derive(Default)]
struct Seen {
    buckets: HashMap<(TenantId, Bucket), Local>,
    months: HashMap<TenantId, OfMonth>,
}

/// A bucket, as this process knows it.
#[derive(Default)]
struct Local {
    /// When the bucket of this process alone is full again.
    full_at: u64,
    /// What was let in and the table does not know.
    untold: u32,
    /// When the table's bucket is full again, as it said last.
    believed: Option<u64>,
    /// When there is a token again; nothing before that.
    refused: Option<Level>,
}

#[derive(Default)]
struct OfMonth {
    month: String,
    used: u64,
    untold: u32,
    told_at: Option<Timestamp>,
}

/// What to do with a request.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// It is let in or refused without asking.
    Known(Level),
    /// The table must be told of so many.
    Ask {
        /// How many, this one among them.
        count: u32,
        /// When the table's bucket is full again, probably.
        believed: Option<u64>,
    },
}

/// What to do with a request of a tenant that has so many in a month.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Month {
    /// Let it in.
    Within,
    /// Refuse it.
    Over,
    /// Tell the table of so many, this one among them.
    Ask(u32),
}

impl Memory {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Decides what one more request means for a bucket.
    pub(super) fn decide(&self, tenant: TenantId, asked: &Asked, now: u64) -> Decision {
        let mut seen = self.seen();
        if seen.buckets.len() >= MOST {
            seen.buckets.retain(|_, local| local.full_at > now || local.believed.is_some_and(|full_at| full_at > now));
            if seen.buckets.len() >= MOST {
                seen.buckets.clear();
            }
        }
        let local = seen.buckets.entry((tenant, asked.bucket.clone())).or_default();
        if let Some(refused) = local.refused {
            if refused.allowed_at > now {
                return Decision::Known(refused);
            }
            local.refused = None;
        }
        if asked.strict {
            return Decision::Ask { count: 1, believed: local.believed };
        }
        let level = asked.rate.take(Some(local.full_at), now, 1);
        if !level.allowed {
            return Decision::Known(level);
        }
        local.full_at = level.full_at;
        let used = asked.rate.tokens().saturating_sub(level.remaining);
        // Tokens that have come back meanwhile are nothing to tell of.
        local.untold = local.untold.saturating_add(1).min(used);
        if used <= asked.rate.tokens() / asked.share || local.untold < asked.batch {
            return Decision::Known(level);
        }
        Decision::Ask { count: std::mem::take(&mut local.untold), believed: local.believed }
    }

    /// Remembers what the table said, and returns what the client is told.
    pub(super) fn learn(&self, tenant: TenantId, asked: &Asked, count: u32, level: Level) -> Level {
        let mut seen = self.seen();
        let local = seen.buckets.entry((tenant, asked.bucket.clone())).or_default();
        local.believed = Some(level.full_at);
        if !level.allowed {
            local.refused = Some(level);
            local.untold = local.untold.saturating_add(count.saturating_sub(1));
        }
        level
    }

    /// Decides what one more request means for a tenant's month.
    pub(super) fn month(&self, tenant: TenantId, month: &str, most: u64, now: Timestamp) -> Month {
        let mut seen = self.seen();
        let known = seen.months.entry(tenant).or_default();
        if known.month != month {
            *known = OfMonth { month: month.to_owned(), ..OfMonth::default() };
        }
        let over = known.used >= most;
        let late = known.told_at.is_none_or(|told_at| now.since(told_at) >= LATEST);
        if over && !late {
            return Month::Over;
        }
        known.untold = known.untold.saturating_add(1);
        let batch = u32::try_from(most / 1000).unwrap_or(u32::MAX).max(1);
        if late || known.untold >= batch || known.used.saturating_add(u64::from(known.untold)) >= most {
            return Month::Ask(std::mem::take(&mut known.untold));
        }
        Month::Within
    }

    /// Remembers a month's sum.
    pub(super) fn learn_month(&self, tenant: TenantId, month: &str, used: u64, now: Timestamp) {
        let mut seen = self.seen();
        if let Some(known) = seen.months.get_mut(&tenant).filter(|known| known.month == month) {
            (known.used, known.told_at) = (used, Some(now));
        }
    }

    /// Takes back requests of which the table could not be told.
    pub(super) fn give_back(&self, tenant: TenantId, month: &str, count: u32) {
        let mut seen = self.seen();
        if let Some(known) = seen.months.get_mut(&tenant).filter(|known| known.month == month) {
            known.untold = known.untold.saturating_add(count);
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::id::UserId;
    use domain::limit::{Rate, micros};
    use domain::tenant::RateLimits;
    use http::Method;

    use super::*;

    fn asked(limits: RateLimits) -> Asked {
        let user: UserId = platform::ambient::system().id();
        Asked::of(&Method::GET, "/api/v1/cart", Some(user), None, &limits).unwrap()
    }

    #[test]
    fn a_third_is_counted_here_and_the_rest_is_told_all_at_once() {
        let (memory, tenant, now) = (Memory::default(), platform::ambient::system().id(), 1_800_000_000_000_000);
        let asked = asked(RateLimits { user_requests: 30, ..RateLimits::default() });
        for left in (20..30).rev() {
            let Decision::Known(level) = memory.decide(tenant, &asked, now) else { panic!("asked the table") };
            assert_eq!((level.allowed, level.remaining), (true, left));
        }
        // The eleventh tells of all eleven, the next ones of themselves.
        assert_eq!(memory.decide(tenant, &asked, now), Decision::Ask { count: 11, believed: None });
        let level = Rate::per_minute(30).take(None, now, 11);
        memory.learn(tenant, &asked, 11, level);
        assert_eq!(memory.decide(tenant, &asked, now), Decision::Ask { count: 1, believed: Some(level.full_at) });
        // Much later it is quiet again.
        assert!(matches!(memory.decide(tenant, &asked, now + 60_000_000), Decision::Known(_)));
    }

    #[test]
    fn who_was_refused_is_refused_in_memory_until_a_token_is_back() {
        let (memory, tenant, now) = (Memory::default(), platform::ambient::system().id(), 1_800_000_000_000_000);
        let asked = Asked { strict: true, ..asked(RateLimits { user_requests: 6, ..RateLimits::default() }) };
        let refused = Rate::per_minute(6).take(Some(now + 60_000_000), now, 1);
        assert_eq!(memory.decide(tenant, &asked, now), Decision::Ask { count: 1, believed: None });
        memory.learn(tenant, &asked, 1, refused);
        assert_eq!(memory.decide(tenant, &asked, now + 9_999_999), Decision::Known(refused));
        assert!(matches!(memory.decide(tenant, &asked, now + 10_000_000), Decision::Ask { .. }));
    }

    #[test]
    fn a_month_is_told_in_parts_and_at_its_end_one_by_one() {
        let memory = Memory::default();
        let ambient = platform::ambient::system();
        let (tenant, now) = (ambient.id(), ambient.now());
        assert_eq!(memory.month(tenant, "2026-01", 3000, now), Month::Ask(1));
        memory.learn_month(tenant, "2026-01", 2990, now);
        assert_eq!(memory.month(tenant, "2026-01", 3000, now), Month::Within);
        assert_eq!(memory.month(tenant, "2026-01", 3000, now), Month::Within);
        assert_eq!(memory.month(tenant, "2026-01", 3000, now), Month::Ask(3));
        memory.learn_month(tenant, "2026-01", 3000, now);
        assert_eq!(memory.month(tenant, "2026-01", 3000, now), Month::Over);
        assert_eq!(memory.month(tenant, "2026-02", 3000, now), Month::Ask(1));
        assert_eq!(micros(now) / 1000, u64::try_from(now.as_millis()).unwrap());
    }

    /// Asks for one more until the table must be told, and returns of how many.
    fn burst(memory: &Memory, tenant: TenantId, asked: &Asked, now: u64) -> u32 {
        loop {
            match memory.decide(tenant, asked, now) {
                Decision::Known(level) => assert!(level.allowed),
                Decision::Ask { count, .. } => return count,
            }
        }
    }

    #[test]
    fn a_burst_after_hours_of_few_requests_does_not_tell_of_those_whose_tokens_came_back() {
        let (memory, tenant) = (Memory::default(), platform::ambient::system().id());
        let asked = asked(RateLimits::default());
        let mut now = micros(platform::ambient::system().now());
        for _ in 0..3600 {
            now += 1_000_000;
            assert!(matches!(memory.decide(tenant, &asked, now), Decision::Known(level) if level.allowed));
        }
        assert_eq!(burst(&memory, tenant, &asked, now), asked.rate.tokens() / 3 + 1);
    }

    #[test]
    fn a_lower_limit_does_not_count_what_the_higher_one_had_let_in() {
        let (memory, tenant) = (Memory::default(), platform::ambient::system().id());
        let mut asked = asked(RateLimits { user_requests: 100_000, ..RateLimits::default() });
        let now = micros(platform::ambient::system().now());
        for _ in 0..10_000 {
            assert!(matches!(memory.decide(tenant, &asked, now), Decision::Known(level) if level.allowed));
        }
        asked.rate = Rate::per_minute(100);
        let count = burst(&memory, tenant, &asked, now + 30_000_000);
        assert!(count <= asked.rate.tokens(), "{count}: more than a full bucket has would be refused for ever");
    }
}
