//! For which tenant a command works.

use domain::id::TenantId;
use domain::tenant::{Subdomain, TenantScope};
use store::Store;

use crate::Failure;

/// Finds the tenant that the operator names, by subdomain or by id.
///
/// # Errors
/// When there is none, or the table can't be read.
pub async fn of(store: &Store, name: &str) -> Result<TenantScope, Failure> {
    let id: TenantId = match name.parse() {
        Ok(id) => id,
        Err(_) => {
            let subdomain: Subdomain = name.parse().map_err(|error| format!("{name}: {error}"))?;
            let found = store.tenant_of_host(&subdomain).await?;
            found.ok_or_else(|| format!("there is no tenant at {name}; name it by its subdomain or its id"))?
        }
    };
    Ok(TenantScope::assume(id))
}
