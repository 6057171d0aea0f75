//! Cuts a file into its rows, however its bytes come in.
//!
//! Nothing is held but the row at hand, and of that no more than [`LONGEST_ROW`]: a quote that is never closed makes one long row
//! of the rest of the file, which is told as such.

use csv_core::ReadRecordResult;
use domain::bulk::BulkFormat;

/// The longest row, in bytes: what a request may have.
pub const LONGEST_ROW: usize = 256 * 1024;
/// The most cells that a row may have.
const MOST_CELLS: usize = 256;

/// A row as it stands in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Raw {
    /// The cells of a CSV row.
    Cells(Vec<Vec<u8>>),
    /// A line of JSON.
    Line(Vec<u8>),
    /// A row longer than [`LONGEST_ROW`], left out.
    TooLong,
}

/// Cuts off one row after the other. Blank lines are no rows.
pub struct Splitter(Kind);

enum Kind {
    Csv(Box<Cells>),
    Lines { line: Vec<u8>, too_long: bool },
}

struct Cells {
    reader: csv_core::Reader,
    output: Vec<u8>,
    ends: Vec<usize>,
    written: usize,
    cells: usize,
    too_long: bool,
}

impl Splitter {
    /// Begins at the start of a row.
    pub fn new(format: BulkFormat) -> Self {
        Self(match format {
            BulkFormat::Csv => Kind::Csv(Box::new(Cells {
                reader: csv_core::Reader::new(),
                output: vec![0; 8 * 1024],
                ends: vec![0; MOST_CELLS],
                written: 0,
                cells: 0,
                too_long: false,
            })),
            BulkFormat::Jsonl => Kind::Lines { line: Vec::new(), too_long: false },
        })
    }

    /// Takes bytes from the front of `input` and tells how many, and the row that ended with them. An empty input is the end of
    /// the file: the last row comes then, if it had no end of line.
    pub fn step(&mut self, input: &[u8]) -> (usize, Option<Raw>) {
        match &mut self.0 {
            Kind::Csv(cells) => cells.step(input),
            Kind::Lines { line, too_long } => lines(line, too_long, input),
        }
    }
}

impl Cells {
    fn step(&mut self, input: &[u8]) -> (usize, Option<Raw>) {
        let mut taken = 0;
        loop {
            let rest = input.get(taken..).unwrap_or_default();
            if rest.is_empty() && taken > 0 {
                return (taken, None);
            }
            let output = self.output.get_mut(self.written..).unwrap_or_default();
            let ends = self.ends.get_mut(self.cells..).unwrap_or_default();
            let (result, read, wrote, ended) = self.reader.read_record(rest, output, ends);
            taken += read;
            self.written += wrote;
            self.cells += ended;
            match result {
                ReadRecordResult::InputEmpty | ReadRecordResult::End => return (taken, None),
                ReadRecordResult::OutputFull if self.output.len() < LONGEST_ROW && !self.too_long => {
                    self.output.resize(self.output.len().saturating_mul(2), 0);
                }
                ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => {
                    self.too_long = true;
                    (self.written, self.cells) = (0, 0);
                }
                ReadRecordResult::Record => return (taken, Some(self.take())),
            }
        }
    }

    fn take(&mut self) -> Raw {
        let ends = self.ends.get(..self.cells).unwrap_or_default();
        let cell = |at: usize, end: usize| {
            let start = at.checked_sub(1).and_then(|before| ends.get(before)).copied().unwrap_or(0);
            self.output.get(start..end).unwrap_or_default().to_vec()
        };
        let cells = ends.iter().enumerate().map(|(at, end)| cell(at, *end)).collect();
        let raw = if self.too_long { Raw::TooLong } else { Raw::Cells(cells) };
        (self.written, self.cells, self.too_long) = (0, 0, false);
        raw
    }
}

fn lines(line: &mut Vec<u8>, too_long: &mut bool, input: &[u8]) -> (usize, Option<Raw>) {
    let mut taken = 0;
    loop {
        let rest = input.get(taken..).unwrap_or_default();
        let end = rest.iter().position(|byte| *byte == b'\n');
        let part = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
        if line.len() + part.len() > LONGEST_ROW {
            *too_long = true;
            line.clear();
        } else if !*too_long {
            line.extend_from_slice(part);
        }
        taken += part.len() + usize::from(end.is_some());
        if end.is_none() && !input.is_empty() {
            return (taken, None);
        }
        let long = std::mem::take(too_long);
        let whole = std::mem::take(line);
        if long {
            return (taken, Some(Raw::TooLong));
        }
        if !whole.trim_ascii().is_empty() {
            return (taken, Some(Raw::Line(whole)));
        }
        if input.is_empty() {
            return (taken, None);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Cuts `file` as it comes in pieces of `sizes`, and tells for each row at which byte it ended.
    fn rows(format: BulkFormat, file: &[u8], sizes: &[usize]) -> Vec<(usize, Raw)> {
        let (mut splitter, mut found, mut at, mut turn) = (Splitter::new(format), Vec::new(), 0, 0);
        while at < file.len() {
            let size = sizes[turn % sizes.len()].max(1);
            let mut piece = &file[at..file.len().min(at + size)];
            turn += 1;
            while !piece.is_empty() {
                let (taken, raw) = splitter.step(piece);
                at += taken;
                piece = &piece[taken..];
                found.extend(raw.map(|raw| (at, raw)));
            }
        }
        while let (_, Some(raw)) = splitter.step(&[]) {
            found.push((at, raw));
        }
        found
    }

    fn csv(file: &[u8]) -> Vec<Raw> {
        rows(BulkFormat::Csv, file, &[1 << 20]).into_iter().map(|(_, raw)| raw).collect()
    }

    fn cells(cells: &[&str]) -> Raw {
        Raw::Cells(cells.iter().map(|cell| cell.as_bytes().to_vec()).collect())
    }

    #[test]
    fn quotes_line_ends_and_blank_lines_are_understood() {
        let file = b"a,b\r\n\r\n\"x, \"\"y\"\"\",\"two\nlines\"\nlast,";
        assert_eq!(csv(file), [cells(&["a", "b"]), cells(&["x, \"y\"", "two\nlines"]), cells(&["last", ""])]);
        let lines = rows(BulkFormat::Jsonl, b"{}\r\n \n{\"a\":1}", &[4]);
        let lines: Vec<_> = lines.into_iter().map(|(_, raw)| raw).collect();
        assert_eq!(lines, [Raw::Line(b"{}\r".to_vec()), Raw::Line(b"{\"a\":1}".to_vec())]);
        assert_eq!(csv(b""), []);
        assert_eq!(rows(BulkFormat::Jsonl, b"", &[1]), []);
    }

    #[test]
    fn a_huge_row_is_told_and_the_next_one_is_read() {
        let huge = "x".repeat(LONGEST_ROW + 1);
        let file = format!("a\n{huge}\nb\n");
        assert_eq!(csv(file.as_bytes()), [cells(&["a"]), Raw::TooLong, cells(&["b"])]);
        let lines: Vec<_> = rows(BulkFormat::Jsonl, file.as_bytes(), &[999]).into_iter().map(|(_, raw)| raw).collect();
        assert_eq!(lines, [Raw::Line(b"a".to_vec()), Raw::TooLong, Raw::Line(b"b".to_vec())]);
        let many = format!("{}\nb\n", ",".repeat(MOST_CELLS + 1));
        assert_eq!(csv(many.as_bytes()), [Raw::TooLong, cells(&["b"])]);
        let open = format!("\"{huge}\nb\nc\n");
        assert_eq!(csv(open.as_bytes()), [Raw::TooLong]);
    }

    proptest! {
        #[test]
        fn rows_are_the_same_however_the_bytes_come_in(
            file in "([a\"é,\r\n ]|\"\"){0,60}",
            sizes in prop::collection::vec(1usize..7, 1..5),
            format in prop_oneof![Just(BulkFormat::Csv), Just(BulkFormat::Jsonl)],
        ) {
            let whole: Vec<_> = rows(format, file.as_bytes(), &[1 << 20]).into_iter().map(|(_, raw)| raw).collect();
            let pieces: Vec<_> = rows(format, file.as_bytes(), &sizes).into_iter().map(|(_, raw)| raw).collect();
            prop_assert_eq!(pieces, whole);
        }

        #[test]
        fn who_goes_on_after_a_row_finds_the_rest(
            file in "([a\"é,\r\n ]|\"\"){0,60}",
            format in prop_oneof![Just(BulkFormat::Csv), Just(BulkFormat::Jsonl)],
        ) {
            let all = rows(format, file.as_bytes(), &[1 << 20]);
            for (index, (end, _)) in all.iter().enumerate() {
                let rest: Vec<_> = rows(format, &file.as_bytes()[*end..], &[3]).into_iter().map(|(_, raw)| raw).collect();
                let expected: Vec<_> = all[index + 1..].iter().map(|(_, raw)| raw.clone()).collect();
                prop_assert_eq!(rest, expected);
            }
        }
    }
}
