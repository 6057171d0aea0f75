//! Instants of time, and where they come from.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Tells the time. Production uses the system clock; tests move their own.
pub trait Clock: Send + Sync {
    /// Returns the current instant, truncated to milliseconds.
    fn now(&self) -> Timestamp;
}

/// An instant in UTC with millisecond precision, written as RFC 3339 (`2026-01-31T08:15:30.123Z`).
///
/// The text form has a fixed width, so instants sort as strings in table keys.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(jiff::Timestamp);

impl Timestamp {
    /// Makes an instant from milliseconds since the Unix epoch, clamped to the years 0000 to 9999.
    pub fn from_millis(millis: i64) -> Self {
        let clamped = millis.clamp(-62_167_219_200_000, 253_402_207_199_999);
        Self(jiff::Timestamp::from_millisecond(clamped).unwrap_or(jiff::Timestamp::UNIX_EPOCH))
    }

    /// Returns milliseconds since the Unix epoch.
    pub fn as_millis(self) -> i64 {
        self.0.as_millisecond()
    }

    /// Returns whole seconds since the Unix epoch, as JWT claims and table TTLs want them.
    pub fn as_seconds(self) -> i64 {
        self.0.as_second()
    }

    /// Returns the instant `duration` later, saturating at the end of the year 9999.
    pub fn plus(self, duration: Duration) -> Self {
        Self::from_millis(self.as_millis().saturating_add(millis(duration)))
    }

    /// Returns the instant `duration` earlier.
    pub fn minus(self, duration: Duration) -> Self {
        Self::from_millis(self.as_millis().saturating_sub(millis(duration)))
    }

    /// Returns how long ago `earlier` was; zero when it lies in the future.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.as_millis().saturating_sub(earlier.as_millis())).unwrap_or(0))
    }

    /// Returns the underlying instant, for calendars and time zones.
    pub fn as_jiff(self) -> jiff::Timestamp {
        self.0
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3}", self.0)
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Timestamp {
    type Err = jiff::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self::from_millis(text.parse::<jiff::Timestamp>()?.as_millisecond()))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_written_with_three_decimals_and_reads_back() {
        for text in ["2026-01-31T08:15:30.120Z", "2026-01-31T08:15:30.000Z", "1970-01-01T00:00:00.001Z"] {
            assert_eq!(text.parse::<Timestamp>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn sub_millisecond_parts_are_dropped() {
        let at: Timestamp = "2026-01-31T08:15:30.123999Z".parse().unwrap();
        assert_eq!(at.to_string(), "2026-01-31T08:15:30.123Z");
    }
}
