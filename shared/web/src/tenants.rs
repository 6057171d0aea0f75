//! The tenants that this process has seen lately.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::clock::Timestamp;
use domain::id::TenantId;
use domain::tenant::{Subdomain, Tenant, TenantScope, TenantStatus};
use store::Store;
use store::table::Consistency;

/// How old what we know may be.
const FRESH: Duration = Duration::from_secs(60);
/// How long an unknown name stays unknown.
const UNKNOWN: Duration = Duration::from_secs(10);
/// So many names are remembered; more than that is somebody guessing.
const MOST: usize = 1024;

#[derive(Default)]
pub(crate) struct Tenants(Mutex<Seen>);

#[derive(Default)]
struct Seen {
    by_id: HashMap<TenantId, Known<Arc<Tenant>>>,
    by_name: HashMap<Subdomain, Known<TenantId>>,
}

/// What the table said, and when.
struct Known<T> {
    value: Option<T>,
    at: Timestamp,
}

impl<T: Clone> Known<T> {
    fn recall(&self, now: Timestamp) -> Option<Option<T>> {
        let life = if self.value.is_some() { FRESH } else { UNKNOWN };
        (now.since(self.at) < life).then(|| self.value.clone())
    }
}

impl Tenants {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) async fn by_id(
        &self,
        store: &Store,
        id: TenantId,
        now: Timestamp,
    ) -> Result<Option<Arc<Tenant>>, store::Error> {
        let recalled = self.seen().by_id.get(&id).and_then(|known| known.recall(now));
        let tenant = match recalled {
            Some(tenant) => tenant,
            None => {
                let scope = TenantScope::assume(id);
                let value = store.tenant(scope, Consistency::Eventual).await?.map(Arc::new);
                let mut seen = self.seen();
                if seen.by_id.len() >= MOST {
                    seen.by_id.clear();
                }
                seen.by_id.insert(id, Known { value: value.clone(), at: now });
                value
            }
        };
        Ok(tenant.filter(|tenant| tenant.status == TenantStatus::Active))
    }

    pub(crate) async fn by_subdomain(
        &self,
        store: &Store,
        name: &Subdomain,
        now: Timestamp,
    ) -> Result<Option<Arc<Tenant>>, store::Error> {
        let recalled = self.seen().by_name.get(name).and_then(|known| known.recall(now));
        let id = match recalled {
            Some(id) => id,
            None => {
                let value = store.tenant_of_host(name).await?;
                let mut seen = self.seen();
                if seen.by_name.len() >= MOST {
                    seen.by_name.clear();
                }
                seen.by_name.insert(name.clone(), Known { value, at: now });
                value
            }
        };
        match id {
            Some(id) => self.by_id(store, id, now).await,
            None => Ok(None),
        }
    }

    pub(crate) fn forget(&self, id: TenantId) {
        self.seen().by_id.remove(&id);
    }
}
