//! Metrics as CloudWatch reads them from the log.

use std::time::Duration;

/// What a number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Things.
    Count,
    /// Milliseconds.
    Milliseconds,
    /// Bytes.
    Bytes,
    /// Nothing in particular, such as capacity units.
    None,
}

/// Counts `value` more of `name`.
pub fn count(name: &str, value: u64, dimensions: &[(&str, &str)]) {
    let _ = (name, value, dimensions);
}

/// Records how long something took.
pub fn duration(name: &str, value: Duration, dimensions: &[(&str, &str)]) {
    let _ = (name, value, dimensions);
}

/// Records several numbers under the same dimensions in one line.
pub fn record(values: &[(&str, Unit, f64)], dimensions: &[(&str, &str)]) {
    let _ = (values, dimensions);
}
