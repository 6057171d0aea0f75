//! The credentials of payment providers: one sealed document per provider, kept in the tenant's record.

use domain::pii::{Purpose, Sealed};
use domain::tenant::Tenant;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Place, Vault, VaultError};

fn place(provider: &str) -> Place<'_> {
    Place::new("tenant.providers", provider)
}

impl Vault {
    /// Seals a tenant's credentials for `provider`, to be stored in [`Tenant::providers`] under that name.
    ///
    /// # Errors
    /// When the key service is not available or the tenant has no key for it.
    pub async fn seal_credentials<T: Serialize>(
        &self,
        tenant: &Tenant,
        provider: &str,
        credentials: &T,
    ) -> Result<Sealed, VaultError> {
        self.seal_json(tenant, Purpose::Provider, place(provider), credentials).await
    }

    /// Opens a tenant's credentials for `provider`; none when the tenant has not set the provider up.
    ///
    /// # Errors
    /// When the key service is not available, or what is stored can't be read.
    pub async fn open_credentials<T: DeserializeOwned>(
        &self,
        tenant: &Tenant,
        provider: &str,
    ) -> Result<Option<T>, VaultError> {
        let Some(sealed) = tenant.providers.get(provider) else { return Ok(None) };
        self.open_json(tenant, Purpose::Provider, place(provider), sealed).await.map(Some)
    }

    /// Seals the credentials of a provider anew when they were sealed under an older key.
    ///
    /// # Errors
    /// When the key service is not available, or what is stored can't be read.
    pub async fn reseal_credentials(
        &self,
        tenant: &Tenant,
        provider: &str,
        sealed: &Sealed,
    ) -> Result<Option<Sealed>, VaultError> {
        self.reseal(tenant, Purpose::Provider, place(provider), sealed).await
    }
}
