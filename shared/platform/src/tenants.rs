//! Tenants between what they tell of themselves and what is stored of it.

use domain::ambient::Ambient;
use domain::id::TenantId;
use domain::pii::{Purpose, Sealed};
use domain::tenant::Tenant;
use domain::tenant::opening::{NewTenant, field};
use domain::user::Email;

use crate::vault::{Place, Vault, VaultError};

/// Opens a tenant with data keys of its own. It is not stored yet.
///
/// # Errors
/// When KMS can't be asked for new keys.
pub async fn open_tenant(
    vault: &Vault,
    ambient: &Ambient,
    new: NewTenant,
    bcc_audit_email: Option<&Email>,
) -> Result<Tenant, VaultError> {
    let id: TenantId = ambient.id();
    let keys = vault.new_keys(id, &Purpose::OF_A_TENANT).await?;
    let mut tenant = Tenant::open(id, new, keys, None, ambient.now());
    tenant.bcc_audit_email = seal_bcc_audit_email(vault, &tenant, bcc_audit_email).await?;
    Ok(tenant)
}

/// Seals the address that gets blind copies of a tenant's mails. It is the organization's, not a person's.
///
/// # Errors
/// When KMS can't be asked for the tenant's keys.
pub async fn seal_bcc_audit_email(
    vault: &Vault,
    tenant: &Tenant,
    email: Option<&Email>,
) -> Result<Option<Sealed>, VaultError> {
    let Some(email) = email else { return Ok(None) };
    let item = tenant.id.to_string();
    vault.seal_text(tenant, Purpose::Pii, Place::new(&item, field::BCC_AUDIT_EMAIL), email.as_str()).await.map(Some)
}

/// Opens the address that gets blind copies of a tenant's mails.
///
/// # Errors
/// When KMS can't be asked for the tenant's keys.
pub async fn open_bcc_audit_email(vault: &Vault, tenant: &Tenant) -> Result<Option<String>, VaultError> {
    let Some(sealed) = &tenant.bcc_audit_email else { return Ok(None) };
    let item = tenant.id.to_string();
    vault.open_text(tenant, Purpose::Pii, Place::new(&item, field::BCC_AUDIT_EMAIL), sealed).await.map(Some)
}
