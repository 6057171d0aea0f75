//! Counts what one request costs at the table: calls, sequential round trips, consumed capacity.
//!
//! Calls that overlap in time count as one round trip, so the number is what the client waits for.

use std::sync::{Arc, Mutex, PoisonError};

use std::future::Future;

/// What was used so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Calls sent.
    pub calls: u32,
    /// Calls that had to wait for an earlier one.
    pub round_trips: u32,
    /// Consumed read capacity in thousandths of a unit.
    pub read_milliunits: u64,
    /// Consumed write capacity in thousandths of a unit.
    pub write_milliunits: u64,
}

#[derive(Debug, Default)]
struct Counter {
    usage: Usage,
    in_flight: u32,
}

/// A counter for one request; cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Meter(Arc<Mutex<Counter>>);

tokio::task_local! {
    static CURRENT: Meter;
}

impl Meter {
    /// Runs `work` and counts its table calls on this meter.
    pub async fn watch<F: Future>(&self, work: F) -> F::Output {
        CURRENT.scope(self.clone(), work).await
    }

    /// Returns what was used so far.
    pub fn usage(&self) -> Usage {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).usage
    }

    fn change(&self, change: impl FnOnce(&mut Counter)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// A call under way; ends when dropped.
pub(crate) struct Call(Option<Meter>);

impl Call {
    /// Notes that a call goes out now.
    pub(crate) fn start() -> Self {
        let meter = CURRENT.try_with(Meter::clone).ok();
        if let Some(meter) = &meter {
            meter.change(|counter| {
                counter.usage.calls = counter.usage.calls.saturating_add(1);
                if counter.in_flight == 0 {
                    counter.usage.round_trips = counter.usage.round_trips.saturating_add(1);
                }
                counter.in_flight = counter.in_flight.saturating_add(1);
            });
        }
        Self(meter)
    }

    /// Adds what the table says it consumed, in capacity units.
    pub(crate) fn consumed(&self, read_units: Option<f64>, write_units: Option<f64>) {
        if let Some(meter) = &self.0 {
            meter.change(|counter| {
                let usage = &mut counter.usage;
                usage.read_milliunits = usage.read_milliunits.saturating_add(milliunits(read_units));
                usage.write_milliunits = usage.write_milliunits.saturating_add(milliunits(write_units));
            });
        }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        if let Some(meter) = &self.0 {
            meter.change(|counter| counter.in_flight = counter.in_flight.saturating_sub(1));
        }
    }
}

#[expect(
    clippy::float_arithmetic,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the SDK reports capacity as a float; it is no money"
)]
fn milliunits(units: Option<f64>) -> u64 {
    (units.unwrap_or(0.0) * 1000.0).round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn overlapping_calls_are_one_round_trip() {
        let meter = Meter::default();
        meter
            .watch(async {
                let (first, second) = (Call::start(), Call::start());
                first.consumed(Some(0.5), None);
                drop((first, second));
                drop(Call::start());
            })
            .await;
        let usage = meter.usage();
        assert_eq!((usage.calls, usage.round_trips, usage.read_milliunits), (3, 2, 500));
    }
}
