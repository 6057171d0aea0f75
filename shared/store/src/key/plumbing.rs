//! What every change leaves behind, and what keeps requests in bounds.

use domain::clock::Timestamp;
use domain::event::Consumer;
use domain::id::{AuditId, EventId};
use domain::tenant::TenantScope;

use super::{Key, of};
use crate::limiter::Bucket;

/// Counts what somebody asks in a minute.
pub(crate) fn bucket(scope: TenantScope, bucket: &Bucket) -> Key {
    Key::alone(of(scope, &format!("RL#{}#{}", bucket.kind, bucket.subject)))
}

/// Counts what a tenant asks in a calendar month.
pub(crate) fn month(scope: TenantScope, month: &str) -> Key {
    Key::alone(of(scope, &format!("MONTH#{month}")))
}

/// Holds an event until the stream has carried it on.
pub(crate) fn event(scope: TenantScope, event: EventId) -> Key {
    Key::alone(of(scope, &format!("EVT#{event}")))
}

/// Remembers that a consumer has handled an event.
pub(crate) fn once(scope: TenantScope, consumer: Consumer, event: EventId) -> Key {
    Key::alone(of(scope, &format!("ONCE#{}#{event}", consumer.as_str())))
}

/// Remembers the answer to an idempotency key; `hash` covers user, route and key.
pub(crate) fn idempotency(scope: TenantScope, hash: &str) -> Key {
    Key::alone(of(scope, &format!("IDEM#{hash}")))
}

/// Appends to the audit trail of a day.
pub(crate) fn audit(scope: TenantScope, at: Timestamp, id: AuditId) -> Key {
    let day: String = at.to_string().chars().take(10).collect();
    Key::new(of(scope, &format!("AUD#{day}")), id.to_string())
}
