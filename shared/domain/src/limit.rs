//! Token buckets: how much may be asked in a minute, and what is left of it.
//!
//! A bucket is one number, the instant at which it is full again (the "theoretical arrival time" of ITU-T I.371's generic
//! cell rate algorithm). Taking a token moves it on; a bucket that would be full later than one period from now is empty.

use std::time::Duration;

use crate::clock::Timestamp;

/// How many tokens a bucket holds, which is also how many it gets back in a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    tokens: u32,
    period: Duration,
}

/// What a bucket says, in microseconds since the Unix epoch where it speaks of instants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Level {
    /// Whether there were tokens enough.
    pub allowed: bool,
    /// How many are left.
    pub remaining: u32,
    /// When the bucket is full again.
    pub full_at: u64,
    /// When as many tokens as were asked for are there; now when they were.
    pub allowed_at: u64,
}

/// The most that a rate can be, in tokens a minute: beyond it an instant in microseconds can't tell tokens apart well.
pub const MAX_PER_MINUTE: u32 = 1_000_000;

impl Rate {
    /// Allows `tokens` a minute, between one and a million.
    pub fn per_minute(tokens: u32) -> Self {
        Self { tokens: tokens.clamp(1, MAX_PER_MINUTE), period: Duration::from_secs(60) }
    }

    /// Returns how many tokens a full bucket holds.
    pub fn tokens(self) -> u32 {
        self.tokens
    }

    /// Returns how long an empty bucket takes to fill.
    pub fn period(self) -> Duration {
        self.period
    }

    /// Returns how long `count` tokens take to come back, in microseconds.
    pub fn cost(self, count: u32) -> u64 {
        (self.span() / u64::from(self.tokens)).saturating_mul(u64::from(count))
    }

    /// Returns until when a bucket may at most be filling, as seen at `now`, for `count` tokens to be there.
    pub fn brim(self, now: u64, count: u32) -> u64 {
        now.saturating_add(self.span()).saturating_sub(self.cost(count))
    }

    fn span(self) -> u64 {
        u64::try_from(self.period.as_micros()).unwrap_or(u64::MAX)
    }

    /// Takes `count` tokens from a bucket that is full at `full_at` (none: it was never used).
    pub fn take(self, full_at: Option<u64>, now: u64, count: u32) -> Level {
        let filling = full_at.unwrap_or(0).max(now);
        let (allowed, brim) = (filling <= self.brim(now, count), self.brim(now, count));
        let full_at = if allowed { filling.saturating_add(self.cost(count)) } else { filling };
        Level { allowed, allowed_at: now.saturating_add(filling.saturating_sub(brim)), ..self.level(full_at, now) }
    }

    /// Reads a bucket without taking anything.
    pub fn level(self, full_at: u64, now: u64) -> Level {
        let full_at = full_at.max(now);
        let left = now.saturating_add(self.span()).saturating_sub(full_at) / self.cost(1).max(1);
        let remaining = u32::try_from(left).unwrap_or(u32::MAX).min(self.tokens);
        Level { allowed: true, remaining, full_at, allowed_at: now }
    }
}

/// Returns an instant as buckets count it.
pub fn micros(at: Timestamp) -> u64 {
    u64::try_from(at.as_millis()).unwrap_or(0).saturating_mul(1000)
}

/// Returns the calendar month of an instant in UTC, such as `2026-01`.
pub fn month(at: Timestamp) -> String {
    at.to_string().chars().take(7).collect()
}

/// Returns how long the calendar month of an instant goes on, in UTC.
pub fn rest_of_month(at: Timestamp) -> Duration {
    let now = at.as_jiff().to_zoned(jiff::tz::TimeZone::UTC);
    let next = now.last_of_month().and_then(|last| last.tomorrow()).and_then(|first| first.start_of_day());
    next.map_or(Duration::ZERO, |next| Timestamp::from_millis(next.timestamp().as_millisecond()).since(at))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const START: u64 = 1_800_000_000_000_000;
    const SECOND: u64 = 1_000_000;

    #[test]
    fn a_full_bucket_gives_all_at_once_and_then_one_at_a_time() {
        let (rate, mut full_at) = (Rate::per_minute(5), None);
        for left in (0..5).rev() {
            let level = rate.take(full_at, START, 1);
            assert_eq!((level.allowed, level.remaining), (true, left));
            full_at = Some(level.full_at);
        }
        let empty = rate.take(full_at, START, 1);
        assert_eq!((empty.allowed, empty.remaining, empty.allowed_at), (false, 0, START + 12 * SECOND));
        assert_eq!(Some(empty.full_at), full_at);
        assert!(!rate.take(full_at, START + 12 * SECOND - 1, 1).allowed);
        assert!(rate.take(full_at, START + 12 * SECOND, 1).allowed);
        assert!(!rate.take(full_at, START + 12 * SECOND, 2).allowed);
        assert_eq!(rate.take(full_at, START + 60 * SECOND, 1).remaining, 4);
    }

    #[test]
    fn a_month_ends_where_the_next_begins() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let day = Duration::from_secs(24 * 60 * 60);
        assert_eq!(month(at("2026-12-31T23:59:59.999Z")), "2026-12");
        assert_eq!(rest_of_month(at("2026-12-31T23:59:59.999Z")), Duration::from_millis(1));
        assert_eq!(rest_of_month(at("2028-02-01T00:00:00Z")), day * 29);
    }

    proptest! {
        #[test]
        fn no_minute_gives_more_than_a_full_bucket_and_what_came_back(
            tokens in 1u32..2000,
            steps in proptest::collection::vec((0u64..20_000_000, 1u32..5), 1..200),
        ) {
            let rate = Rate::per_minute(tokens);
            let (mut full_at, mut now, mut taken) = (None, START, Vec::new());
            for (wait, count) in steps {
                now += wait;
                let level = rate.take(full_at, now, count);
                if level.allowed {
                    taken.push((now, u64::from(count)));
                } else {
                    prop_assert!(level.allowed_at > now);
                    prop_assert!(count > tokens || rate.take(full_at, level.allowed_at, count).allowed);
                }
                prop_assert!(level.remaining <= tokens);
                full_at = Some(level.full_at);
            }
            for (start, _) in &taken {
                let within = taken.iter().filter(|(at, _)| at >= start && at - start < 60 * SECOND);
                let sum: u64 = within.map(|(_, count)| count).sum();
                prop_assert!(sum <= u64::from(tokens) * 2 + 1, "{sum} of {tokens}");
            }
        }
    }
}
