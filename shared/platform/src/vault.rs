//! KMS envelope encryption.
use std::collections::BTreeMap;

use domain::ambient::Ambient;
use domain::id::TenantId;
use domain::pii::{BlindIndex, Purpose, Sealed, WrappedKey};
use domain::tenant::Tenant;
use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

/// Why the vault did not give a value.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// KMS can't be reached or is busy: worth a later attempt.
    #[error("the key service is not available: {0}")]
    Unavailable(String),
    /// The value was altered, moved, sealed for somebody else, or its key is not there.
    #[error("the sealed value can't be read")]
    Unreadable,
}

/// Where a sealed value belongs. It opens nowhere else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place<'a> {
    /// The item, such as `usr_…`.
    pub item: &'a str,
    /// The field of the item, such as `email`.
    pub field: &'a str,
}

/// Seals and opens personal data, and derives keys. Cheap to clone.
#[derive(Clone)]
pub struct Vault {
    kms: aws_sdk_kms::Client,
    key_id: String,
    ambient: Ambient,
}

impl Vault {
    /// Makes a vault over one KMS key.
    pub fn new(kms: aws_sdk_kms::Client, key_id: impl Into<String>, ambient: Ambient) -> Self {
        Self { kms, key_id: key_id.into(), ambient }
    }

    /// Seals `plain` for one place of one tenant.
    pub async fn seal(&self, tenant: &Tenant, purpose: Purpose, place: Place<'_>, plain: &[u8]) -> Result<Sealed, VaultError> {
        let _ = (tenant, purpose, place, plain, &self.kms, &self.key_id, &self.ambient);
        todo!()
    }

    /// Opens what [`Vault::seal`] made for the same tenant, purpose and place.
    pub async fn open(&self, tenant: &Tenant, purpose: Purpose, place: Place<'_>, sealed: &Sealed) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let _ = (tenant, purpose, place, sealed);
        todo!()
    }

    /// Seals a text.
    pub async fn seal_text(&self, tenant: &Tenant, purpose: Purpose, place: Place<'_>, plain: &str) -> Result<Sealed, VaultError> {
        self.seal(tenant, purpose, place, plain.as_bytes()).await
    }

    /// Opens a text.
    pub async fn open_text(&self, tenant: &Tenant, purpose: Purpose, place: Place<'_>, sealed: &Sealed) -> Result<String, VaultError> {
        let _ = (tenant, purpose, place, sealed);
        todo!()
    }

    /// Seals a value as JSON.
    pub async fn seal_json<T: Serialize>(&self, tenant: &Tenant, purpose: Purpose, place: Place<'_>, value: &T) -> Result<Sealed, VaultError> {
        let _ = (tenant, purpose, place, value);
        todo!()
    }

    /// Opens a value sealed as JSON.
    pub async fn open_json<T: DeserializeOwned>(&self, tenant: &Tenant, purpose: Purpose, place: Place<'_>, sealed: &Sealed) -> Result<T, VaultError> {
        let _ = (tenant, purpose, place, sealed);
        todo!()
    }

    /// Fingerprints a normalised value of one field, such as (`user.email`, `alice@example.com`).
    pub async fn blind_index(&self, tenant: &Tenant, field: &str, normalised: &str) -> Result<BlindIndex, VaultError> {
        let _ = (tenant, field, normalised);
        todo!()
    }

    /// Derives a key for `info` from the tenant's key of `purpose`.
    pub async fn derive(&self, tenant: &Tenant, purpose: Purpose, info: &str) -> Result<Zeroizing<[u8; 32]>, VaultError> {
        let _ = (tenant, purpose, info);
        todo!()
    }

    /// Makes wrapped data keys for a new tenant. Their plain form never leaves KMS.
    pub async fn new_keys(&self, tenant: TenantId, purposes: &[Purpose]) -> Result<BTreeMap<Purpose, WrappedKey>, VaultError> {
        let _ = (tenant, purposes);
        todo!()
    }

    /// Wraps a secret of the platform itself (≤ 4 KiB) under {tenant: platform, purpose: jwt}.
    pub async fn wrap_secret(&self, secret: &[u8]) -> Result<String, VaultError> {
        let _ = secret;
        todo!()
    }

    /// Unwraps what [`Vault::wrap_secret`] made.
    pub async fn unwrap_secret(&self, wrapped: &str) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let _ = wrapped;
        todo!()
    }

    /// Asks KMS whether the key is there and enabled, for the readiness check.
    pub async fn check(&self) -> Result<(), VaultError> {
        todo!()
    }
}
