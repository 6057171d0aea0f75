//! Events, written in the transaction of the change that they tell of.
//!
//! The table's stream carries each new event item to the relay, which puts it on the queues. The item
//! itself is only kept for a week, for redelivery by hand.

use std::time::Duration;

use domain::event::Envelope;
use domain::tenant::TenantScope;

use crate::error::Result;
use crate::key;
use crate::row::Row;
use crate::write::Write;

/// The `type` attribute of event items: what the relay's stream filter matches.
pub const EVENT_TYPE: &str = "Event";

const KEPT: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Writes an event together with the change that it tells of.
pub(crate) fn publish(scope: TenantScope, envelope: &Envelope) -> Result<Write> {
    let row = Row::new(key::event(scope, envelope.id), EVENT_TYPE, envelope)?;
    Ok(Write::create(row.until(envelope.occurred_at.plus(KEPT))))
}
