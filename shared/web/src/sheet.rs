//! Tables to download, as CSV (RFC 4180).

use std::time::Duration;

use axum::response::{IntoResponse, Response};
use domain::clock::Timestamp;
use domain::money::Money;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};

use crate::problem::Problem;

/// The content type of a [`Sheet`].
pub const CSV: &str = "text/csv; charset=utf-8; header=present";

/// One value of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell(String);

impl Cell {
    /// Holds a text that somebody may have typed in: a spreadsheet does not take it for a formula.
    pub fn text(text: impl AsRef<str>) -> Self {
        Self(domain::formula::guard(text.as_ref()))
    }

    /// Holds a number, an id, a status or an instant: what we wrote ourselves.
    pub fn plain(value: impl ToString) -> Self {
        Self(value.to_string())
    }

    /// Holds the exact amount of money in its major unit, such as `1299.00`; its currency goes into a column of its own.
    pub fn amount(money: Money) -> Self {
        Self(domain::amount::decimal(money))
    }
}

impl From<Timestamp> for Cell {
    fn from(at: Timestamp) -> Self {
        Self::plain(at)
    }
}

/// A table with a header, to be saved as a file. Nobody else than who asked for it may keep it.
#[derive(Debug)]
pub struct Sheet {
    name: &'static str,
    writer: csv::Writer<Vec<u8>>,
}

impl Sheet {
    /// Begins a table that is saved as `name`, which is plain ASCII and ends with `.csv`.
    ///
    /// # Errors
    /// Never: it is written to memory.
    pub fn new(name: &'static str, columns: &[&str]) -> Result<Self, Problem> {
        let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
        writer.write_record(columns).map_err(Problem::internal)?;
        Ok(Self { name, writer })
    }

    /// Adds a row.
    ///
    /// # Errors
    /// When it has another number of cells than there are columns.
    pub fn row(&mut self, cells: impl IntoIterator<Item = Cell>) -> Result<(), Problem> {
        self.writer.write_record(cells.into_iter().map(|cell| cell.0)).map_err(Problem::internal)
    }

    /// Ends the table.
    ///
    /// # Errors
    /// Never: it is written to memory.
    pub fn download(self) -> Result<Download, Problem> {
        let bytes = self.writer.into_inner().map_err(|error| Problem::internal(error.into_error()))?;
        Ok(Download { name: self.name, bytes })
    }
}

/// The time that a table covers: from an instant on, until before another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The first instant.
    pub from: Timestamp,
    /// The first instant that is not in it any more.
    pub to: Timestamp,
}

impl Span {
    /// Completes what a request asks for: until `now` where it names no end, and as long as may be where it names no beginning.
    ///
    /// # Errors
    /// With 400 when the time ends before it begins, or is longer than so many days.
    pub fn asked(
        from: Option<Timestamp>,
        to: Option<Timestamp>,
        now: Timestamp,
        most_days: u32,
    ) -> Result<Self, Problem> {
        let longest = Duration::from_secs(u64::from(most_days) * 24 * 60 * 60);
        let to = to.unwrap_or(now);
        let from = from.unwrap_or_else(|| to.minus(longest));
        if to <= from {
            return Err(Problem::invalid("to", "must be later than `from`"));
        }
        if to.since(from) > longest {
            return Err(Problem::invalid("from", format!("must be at most {most_days} days before `to`")));
        }
        Ok(Self { from, to })
    }
}

/// A finished [`Sheet`]: the answer of a handler.
#[derive(Debug)]
pub struct Download {
    name: &'static str,
    bytes: Vec<u8>,
}

impl Download {
    /// Returns the size in bytes.
    #[allow(clippy::len_without_is_empty, reason = "a table has its header at least")]
    pub fn len(&self) -> usize {
        self.bytes.len()
    }
}

impl IntoResponse for Download {
    fn into_response(self) -> Response {
        let mut response = (StatusCode::OK, self.bytes).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(CSV));
        if let Ok(value) = HeaderValue::try_from(format!("attachment; filename=\"{}\"", self.name)) {
            headers.insert(CONTENT_DISPOSITION, value);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use domain::money::Currency;

    use super::*;

    fn written(rows: &[Vec<Cell>]) -> Vec<u8> {
        let mut sheet = Sheet::new("t.csv", &["a", "b"]).unwrap();
        for row in rows {
            sheet.row(row.clone()).unwrap();
        }
        sheet.download().unwrap().bytes
    }

    #[test]
    fn a_table_covers_the_time_up_to_now_and_as_long_as_may_be_unless_it_is_said_otherwise() {
        let now = Timestamp::from_millis(1_800_000_000_000);
        let (day, longest) = (Duration::from_secs(24 * 60 * 60), Duration::from_secs(31 * 24 * 60 * 60));
        let asked = |from, to| Span::asked(from, to, now, 31).map_err(|problem| problem.fields()[0].field.clone());
        assert_eq!(asked(None, None), Ok(Span { from: now.minus(longest), to: now }));
        let end = now.minus(day);
        assert_eq!(asked(None, Some(end)), Ok(Span { from: end.minus(longest), to: end }));
        assert_eq!(asked(Some(end), None), Ok(Span { from: end, to: now }));
        assert_eq!(asked(Some(now), None), Err("to".to_owned()));
        assert_eq!(asked(Some(now), Some(end)), Err("to".to_owned()));
        let before = now.minus(longest).minus(Duration::from_millis(1));
        assert_eq!(asked(Some(before), None), Err("from".to_owned()));
        assert_eq!(asked(Some(before), Some(end)), Ok(Span { from: before, to: end }));
    }

    #[test]
    fn what_looks_like_a_formula_is_a_text_and_amounts_are_exact() {
        let rows = [
            vec![Cell::text("=HYPERLINK(\"x\")"), Cell::amount(Money::new(-1, Currency::Inr))],
            vec![Cell::text(" +1"), Cell::amount(Money::new(1_234_567, Currency::Kwd))],
            vec![Cell::text("Đèn, \"sen\"\nto"), Cell::amount(Money::new(90_000, Currency::Vnd))],
        ];
        let text = String::from_utf8(written(&rows)).unwrap();
        let expected = "a,b\r\n\"'=HYPERLINK(\"\"x\"\")\",-0.01\r\n' +1,1234.567\r\n\"Đèn, \"\"sen\"\"\nto\",90000\r\n";
        assert_eq!(text, expected);
        assert!(Sheet::new("t.csv", &["a"]).unwrap().row([Cell::plain(1), Cell::plain(2)]).is_err());
    }
}
