//! What is not a tenant's, and the tenants themselves.

use domain::id::TenantId;
use domain::tenant::Subdomain;

use super::{Index, IndexKey, Key};

/// Reads nothing: asks whether the table answers.
pub(crate) fn probe() -> Key {
    Key::alone("P#PING".to_owned())
}

/// Finds the tenant of a host name.
pub(crate) fn subdomain(subdomain: &Subdomain) -> Key {
    Key::alone(format!("P#SUB#{subdomain}"))
}

/// Holds one token-signing key; all of them are one partition. They are numbered, so that of several processes
/// that want to add the next one, one succeeds.
pub(crate) fn signing_key(number: u32) -> Key {
    Key::new(SIGNING_KEYS.to_owned(), format!("{number:010}"))
}

/// Lists the token-signing keys.
pub(crate) const SIGNING_KEYS: &str = "P#JWT";

/// Lists the marketplaces of the platform, for its superusers.
pub(crate) const TENANTS: &str = "P#TENANTS";

/// Orders a marketplace among all by the time when it was opened.
pub(crate) fn tenants(tenant: TenantId) -> IndexKey {
    IndexKey { index: Index::Second, pk: TENANTS.to_owned(), sk: tenant.to_string() }
}

/// Reads the tenant: settings, wrapped keys, sealed credentials.
pub(crate) fn tenant(tenant: TenantId) -> Key {
    Key::alone(format!("T#{tenant}"))
}
