//! Work that waits for a time, listed over all tenants for the janitor.

use domain::calendar::Day;
use domain::clock::Timestamp;
use domain::id::{OrderGroupId, PaymentId, RefundId, UserId};
use domain::pii::Purpose;
use domain::tenant::TenantScope;

use super::{Index, IndexKey, Key, of};

/// How many partitions share the holds, so that no minute makes a hot one.
pub(crate) const HOLD_SHARDS: u8 = 4;

/// Lists held stock by the time when the hold ends, over all tenants (the janitor).
pub(crate) fn holds(shard: u8) -> String {
    format!("P#HOLDS#{shard}")
}

/// Orders a held group among the holds of its shard.
pub(crate) fn hold(scope: TenantScope, group: OrderGroupId, until: Timestamp) -> IndexKey {
    let shard = group.to_string().bytes().fold(0u8, u8::wrapping_add) % HOLD_SHARDS;
    IndexKey { index: Index::Second, pk: holds(shard), sk: format!("{until}#{}#{group}", scope.tenant()) }
}

/// Lists rotations of data keys by the time when they go on, over all tenants (the janitor).
pub(crate) const ROTATIONS: &str = "P#ROTATIONS";

/// Orders a rotation among all by the time when it goes on.
pub(crate) fn rotation_due(scope: TenantScope, purpose: Purpose, due: Timestamp) -> IndexKey {
    let sk = format!("{due}#{}#{}", scope.tenant(), purpose.as_str());
    IndexKey { index: Index::Second, pk: ROTATIONS.to_owned(), sk }
}

/// Reads how far the rotation of a key has come.
pub(crate) fn rotation(scope: TenantScope, purpose: Purpose) -> Key {
    Key::alone(of(scope, &format!("ROT#{}", purpose.as_str())))
}

/// Lists erased people whose leftovers are to be cleared away, over all tenants (the janitor).
pub(crate) const ERASURES: &str = "P#ERASURES";

/// Orders an erased person among all by the time when the clearing away may begin.
pub(crate) fn erasure_due(scope: TenantScope, user: UserId, due: Timestamp) -> IndexKey {
    IndexKey { index: Index::Second, pk: ERASURES.to_owned(), sk: format!("{due}#{}#{user}", scope.tenant()) }
}

/// Remembers that leftovers of an erased person are to be cleared away.
pub(crate) fn erasure(scope: TenantScope, user: UserId) -> Key {
    Key::alone(of(scope, &format!("ERS#{user}")))
}

/// Lists refunds that wait for their provider by the time when they go on, over all tenants (the janitor).
pub(crate) const REFUNDS_DUE: &str = "P#REFUNDS";

/// Orders a refund among all by the time when it goes on.
pub(crate) fn refund_due(scope: TenantScope, payment: PaymentId, refund: RefundId, due: Timestamp) -> IndexKey {
    let sk = format!("{due}#{}#{payment}#{refund}", scope.tenant());
    IndexKey { index: Index::Second, pk: REFUNDS_DUE.to_owned(), sk }
}

/// Reads how far the comparison of a day's payments with their providers has come, and what it found.
pub(crate) fn reconciliation(scope: TenantScope, day: Day) -> Key {
    Key::alone(of(scope, &format!("RCN#{day}")))
}

/// Lists comparisons by the time when they go on, over all tenants (the janitor).
pub(crate) const RECONCILIATIONS_DUE: &str = "P#RECONCILIATIONS";

/// Orders a comparison among all by the time when it goes on.
pub(crate) fn reconciliation_due(scope: TenantScope, day: Day, due: Timestamp) -> IndexKey {
    let sk = format!("{due}#{}#{day}", scope.tenant());
    IndexKey { index: Index::Second, pk: RECONCILIATIONS_DUE.to_owned(), sk }
}

/// Lists open payments of all tenants by the time when their provider is asked what became of them (the janitor).
pub(crate) const PAYMENTS_DUE: &str = "P#PAYMENTS";

/// Orders an open payment among all by the time when its provider is asked.
pub(crate) fn payment_due(scope: TenantScope, provider: &str, reference: &str, due: Timestamp) -> IndexKey {
    let sk = format!("{due}#{}#{provider}#{reference}", scope.tenant());
    IndexKey { index: Index::Second, pk: PAYMENTS_DUE.to_owned(), sk }
}
