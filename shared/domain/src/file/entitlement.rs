//! The right to download a bought file, a limited number of times within a window.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::id::{FileId, OrderId, UserId};

/// A buyer's right to one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entitlement {
    /// The buyer.
    pub user: UserId,
    /// The file.
    pub file: FileId,
    /// The paid orders that gave the right, oldest first. Without one there is no right left, only its counters.
    #[serde(default)]
    pub orders: BTreeSet<OrderId>,
    /// When the right was first given.
    pub granted_at: Timestamp,
    /// When the first download of the current window happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window_start: Option<Timestamp>,
    /// How many downloads the current window has seen.
    pub downloads: u32,
}

/// How often a file may be downloaded: so many times in so long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// The most downloads within one window.
    pub limit: u32,
    /// The length of the window, from its first download on.
    pub window: Duration,
}

impl Allowance {
    /// Makes an allowance of `limit` downloads in `days` days.
    pub fn days(limit: u32, days: u32) -> Self {
        Self { limit, window: Duration::from_secs(u64::from(days).saturating_mul(24 * 60 * 60)) }
    }
}

/// How an allowed download is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visit {
    /// It opens a new window and is its first.
    Opens,
    /// It is one more of the window that began then.
    Counts(Timestamp),
}

/// The downloads of the current window are used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the downloads of this file are used up until {until}")]
pub struct LimitReached {
    /// When the window ends.
    pub until: Timestamp,
}

impl Entitlement {
    /// Tells whether an order still gives the right.
    pub fn is_given(&self) -> bool {
        !self.orders.is_empty()
    }

    /// Decides whether one more download is allowed at `now`.
    ///
    /// # Errors
    /// When the current window has seen as many as allowed.
    pub fn visit(&self, now: Timestamp, allowance: Allowance) -> Result<Visit, LimitReached> {
        let Some(start) = self.window_start else {
            return if allowance.limit > 0 {
                Ok(Visit::Opens)
            } else {
                Err(LimitReached { until: now.plus(allowance.window) })
            };
        };
        let until = start.plus(allowance.window);
        if allowance.limit == 0 {
            Err(LimitReached { until: now.plus(allowance.window) })
        } else if now >= until {
            Ok(Visit::Opens)
        } else if self.downloads < allowance.limit {
            Ok(Visit::Counts(start))
        } else {
            Err(LimitReached { until })
        }
    }

    /// Returns the right as it is after a visit at `now`.
    #[must_use]
    pub fn after(mut self, visit: Visit, now: Timestamp) -> Self {
        match visit {
            Visit::Opens => {
                self.window_start = Some(now);
                self.downloads = 1;
            }
            Visit::Counts(_) => self.downloads = self.downloads.saturating_add(1),
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::id::Id;

    fn fresh() -> Entitlement {
        let at = Timestamp::from_millis(1_700_000_000_000);
        Entitlement {
            user: UserId::from_parts(at, 1),
            file: FileId::from_parts(at, 2),
            orders: [OrderId::from_parts(at, 3)].into(),
            granted_at: at,
            window_start: None,
            downloads: 0,
        }
    }

    proptest! {
        #[test]
        fn no_window_ever_sees_more_downloads_than_allowed(
            limit in 0u32..6,
            days in 1u32..10,
            pauses in proptest::collection::vec(0u64..500_000, 1..60),
        ) {
            let allowance = Allowance::days(limit, days);
            let mut right = fresh();
            let mut now = right.granted_at;
            let mut allowed: Vec<Timestamp> = Vec::new();
            for pause in pauses {
                now = now.plus(Duration::from_secs(pause));
                match right.visit(now, allowance) {
                    Ok(visit) => {
                        if visit == Visit::Opens {
                            allowed.clear();
                        }
                        allowed.push(now);
                        right = right.after(visit, now);
                    }
                    Err(reached) => prop_assert!(reached.until > now),
                }
                prop_assert!(allowed.len() <= usize::try_from(limit).unwrap());
                prop_assert!(allowed.iter().all(|at| now.since(*at) < allowance.window || *at != now));
            }
        }
    }

    #[test]
    fn the_sixth_download_waits_for_the_window_to_end() {
        let allowance = Allowance::days(5, 7);
        let (mut right, now) = (fresh(), fresh().granted_at);
        for _ in 0..5 {
            let visit = right.visit(now, allowance).unwrap();
            right = right.after(visit, now);
        }
        let until = now.plus(allowance.window);
        assert_eq!(right.visit(now, allowance), Err(LimitReached { until }));
        assert_eq!(right.visit(until, allowance), Ok(Visit::Opens));
    }
}
