//! The unwrapped data keys of this process, kept for a while so that not every value costs a call to KMS.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::clock::Timestamp;
use domain::id::TenantId;
use domain::pii::Purpose;
use tokio::sync::OnceCell;

use super::VaultError;
use super::sealing::Key;

/// How long a key is kept after it was unwrapped.
pub(super) const AGE_LIMIT: Duration = Duration::from_secs(5 * 60);
/// How often a key is used before it is unwrapped again.
pub(super) const USE_LIMIT: u32 = 100_000;
/// How many keys are kept at once.
const COUNT_LIMIT: usize = 1_000;

/// Names a key by whose it is and by its wrapped form: a blob put into another tenant's record finds nothing here
/// and must pass KMS, which refuses it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct KeyName {
    pub(super) tenant: TenantId,
    pub(super) purpose: Purpose,
    pub(super) blob: String,
}

/// The place of one key.
pub(super) struct Slot {
    since: Timestamp,
    uses: AtomicU32,
    key: OnceCell<Key>,
}

impl Slot {
    /// Returns the key, unwrapping it with `unwrap` when the slot is empty. A failure leaves the slot empty.
    pub(super) async fn key(&self, unwrap: impl Future<Output = Result<Key, VaultError>>) -> Result<&Key, VaultError> {
        let key = self.key.get_or_try_init(|| unwrap).await?;
        self.uses.fetch_add(1, Ordering::Relaxed);
        Ok(key)
    }

    fn is_fresh(&self, now: Timestamp) -> bool {
        now.since(self.since) < AGE_LIMIT && now >= self.since && self.uses.load(Ordering::Relaxed) < USE_LIMIT
    }
}

/// All slots of this process.
#[derive(Default)]
pub(super) struct Keyring(Mutex<HashMap<KeyName, Arc<Slot>>>);

impl Keyring {
    /// Returns the slot of a key: filled, or empty when the key is not here, too old or used too often. Requests
    /// that miss at the same time share the slot, so one of them unwraps the key for all.
    pub(super) fn slot(&self, name: &KeyName, now: Timestamp) -> Arc<Slot> {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = slots.get(name).filter(|slot| slot.is_fresh(now)) {
            return Arc::clone(slot);
        }
        // Keys of tenants that went quiet must not stay in memory, so every miss sweeps.
        slots.retain(|_, slot| slot.is_fresh(now));
        if slots.len() >= COUNT_LIMIT {
            slots.clear();
        }
        let slot = Arc::new(Slot { since: now, uses: AtomicU32::new(0), key: OnceCell::new() });
        slots.insert(name.clone(), Arc::clone(&slot));
        slot
    }
}
