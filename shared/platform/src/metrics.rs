//! Metrics in CloudWatch's embedded metric format: a line of the log that CloudWatch turns into numbers.
//!
//! They cost no call and no agent. Dimensions must have few values (route, function, outcome), never ids: each
//! combination is a metric of its own and is paid for.
//! Source: "Specification: Embedded metric format" in the Amazon CloudWatch user guide.

use std::io::Write;
use std::time::Duration;

use domain::clock::Timestamp;
use serde_json::{Map, Value, json};

use crate::ambient;

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

impl Unit {
    fn as_str(self) -> &'static str {
        match self {
            Self::Count => "Count",
            Self::Milliseconds => "Milliseconds",
            Self::Bytes => "Bytes",
            Self::None => "None",
        }
    }
}

/// The namespace of all our metrics.
pub const NAMESPACE: &str = "Haat";

/// Counts `value` more of `name`.
pub fn count(name: &str, value: u32, dimensions: &[(&str, &str)]) {
    record(&[(name, Unit::Count, f64::from(value))], dimensions);
}

/// Records how long something took.
pub fn duration(name: &str, value: Duration, dimensions: &[(&str, &str)]) {
    let millis = u32::try_from(value.as_millis()).unwrap_or(u32::MAX);
    record(&[(name, Unit::Milliseconds, f64::from(millis))], dimensions);
}

/// Records several numbers under the same dimensions in one line.
pub fn record(values: &[(&str, Unit, f64)], dimensions: &[(&str, &str)]) {
    let line = line(values, dimensions, ambient::system().now());
    // A metric that can't be written must not fail the request that it counts.
    let _ = std::io::stdout().lock().write_all(line.as_bytes());
}

fn line(values: &[(&str, Unit, f64)], dimensions: &[(&str, &str)], now: Timestamp) -> String {
    let names: Vec<_> = dimensions.iter().map(|(name, _)| *name).collect();
    let metrics: Vec<_> = values.iter().map(|(name, unit, _)| json!({"Name": name, "Unit": unit.as_str()})).collect();
    let mut line: Map<String, Value> = Map::new();
    line.insert(
        "_aws".to_owned(),
        json!({
            "Timestamp": now.as_millis(),
            "CloudWatchMetrics": [{"Namespace": NAMESPACE, "Dimensions": [names], "Metrics": metrics}],
        }),
    );
    line.extend(dimensions.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())));
    line.extend(values.iter().map(|(name, _, value)| ((*name).to_owned(), (*value).into())));
    format!("{}\n", Value::Object(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_in_the_embedded_metric_format() {
        let line = line(
            &[("Latency", Unit::Milliseconds, 12.0), ("ReadCapacity", Unit::None, 0.5)],
            &[("route", "GET /products")],
            Timestamp::from_millis(1_700_000_000_000),
        );
        assert!(line.ends_with("}\n") && line.lines().count() == 1);
        let expected = json!({
            "_aws": {
                "Timestamp": 1_700_000_000_000_u64,
                "CloudWatchMetrics": [{
                    "Namespace": "Haat",
                    "Dimensions": [["route"]],
                    "Metrics": [
                        {"Name": "Latency", "Unit": "Milliseconds"},
                        {"Name": "ReadCapacity", "Unit": "None"},
                    ],
                }],
            },
            "route": "GET /products",
            "Latency": 12.0,
            "ReadCapacity": 0.5,
        });
        assert_eq!(serde_json::from_str::<Value>(&line).unwrap(), expected);
    }
}
