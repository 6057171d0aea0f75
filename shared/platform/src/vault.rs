//! Personal data at rest: KMS envelope encryption, blind indexes, and keys derived for sessions and cursors.
//!
//! Each tenant has a data key per [`Purpose`], and two while one follows another, wrapped by KMS under the encryption context `{tenant, purpose}`, so a
//! function that may not use a purpose can't unwrap its keys, and a key moved to another tenant unwraps for nobody.
//! [`sealing`] holds the form of a sealed value, [`keyring`] the unwrapped keys.

mod indexes;
mod keyring;
mod provider;
mod sealing;
#[cfg(test)]
pub(crate) mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_kms::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::DataKeySpec;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::ambient::Ambient;
use domain::clock::Timestamp;
use domain::id::TenantId;
use domain::pii::{KeyChain, KeyPart, Purpose, Sealed, WrappedKey};
use domain::tenant::Tenant;
use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use crate::aws::Clients;

use self::keyring::{KeyName, Keyring};
use self::sealing::{Binding, Key, Parts};

pub use self::indexes::IndexPlaces;

/// Why the vault did not give a value.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// KMS can't be reached, is busy or refuses us: worth a later attempt, and an operator's look.
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
    /// Whose part of the key it takes besides the tenant's data key, for what is about a person.
    pub person: Option<&'a KeyPart>,
}

impl<'a> Place<'a> {
    /// Names the place of something that is about nobody.
    pub fn new(item: &'a str, field: &'a str) -> Self {
        Self { item, field, person: None }
    }

    /// Names the place of something about a person: it can't be read any more once the person's key part is destroyed.
    pub fn of(person: &'a KeyPart, item: &'a str, field: &'a str) -> Self {
        Self { item, field, person: Some(person) }
    }
}

/// Seals and opens personal data, and derives keys. Cheap to clone; clones share the unwrapped keys.
#[derive(Clone)]
pub struct Vault {
    clients: Clients,
    key_id: Arc<str>,
    ambient: Ambient,
    keyring: Arc<Keyring>,
}

/// The encryption context of the platform's own secrets, which belong to no tenant.
const PLATFORM: &str = "platform";

impl Vault {
    /// Makes a vault over one KMS key.
    pub fn new(clients: &Clients, key_id: impl Into<Arc<str>>, ambient: Ambient) -> Self {
        Self { clients: clients.clone(), key_id: key_id.into(), ambient, keyring: Arc::default() }
    }

    /// Seals `plain` for one place of one tenant.
    pub async fn seal(
        &self,
        tenant: &Tenant,
        purpose: Purpose,
        place: Place<'_>,
        plain: &[u8],
    ) -> Result<Sealed, VaultError> {
        let (wrapped, owner) = (self.current(tenant, purpose)?, tenant.id.to_string());
        let binding = Binding { tenant: &owner, purpose, place };
        self.with_key(tenant, purpose, wrapped, |key| {
            sealing::seal(key, wrapped.version, &binding, plain, &self.ambient)
        })
        .await
    }

    /// Opens what [`Vault::seal`] made for the same tenant, purpose and place.
    pub async fn open(
        &self,
        tenant: &Tenant,
        purpose: Purpose,
        place: Place<'_>,
        sealed: &Sealed,
    ) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let (parts, owner) = (Parts::of(sealed)?, tenant.id.to_string());
        let wrapped = chain_of(tenant, purpose)?.version(parts.version).ok_or(VaultError::Unreadable)?;
        let binding = Binding { tenant: &owner, purpose, place };
        self.with_key(tenant, purpose, wrapped, |key| parts.open(key, &binding)).await
    }

    /// Seals a text.
    pub async fn seal_text(
        &self,
        tenant: &Tenant,
        purpose: Purpose,
        place: Place<'_>,
        plain: &str,
    ) -> Result<Sealed, VaultError> {
        self.seal(tenant, purpose, place, plain.as_bytes()).await
    }

    /// Opens a text.
    pub async fn open_text(
        &self,
        tenant: &Tenant,
        purpose: Purpose,
        place: Place<'_>,
        sealed: &Sealed,
    ) -> Result<String, VaultError> {
        let plain = self.open(tenant, purpose, place, sealed).await?;
        std::str::from_utf8(&plain).map(str::to_owned).map_err(|_| VaultError::Unreadable)
    }

    /// Seals a value as JSON.
    pub async fn seal_json<T: Serialize>(
        &self,
        tenant: &Tenant,
        purpose: Purpose,
        place: Place<'_>,
        value: &T,
    ) -> Result<Sealed, VaultError> {
        let plain = Zeroizing::new(serde_json::to_vec(value).map_err(|_| VaultError::Unreadable)?);
        self.seal(tenant, purpose, place, &plain).await
    }

    /// Opens a value sealed as JSON.
    pub async fn open_json<T: DeserializeOwned>(
        &self,
        tenant: &Tenant,
        purpose: Purpose,
        place: Place<'_>,
        sealed: &Sealed,
    ) -> Result<T, VaultError> {
        let plain = self.open(tenant, purpose, place, sealed).await?;
        serde_json::from_slice(&plain).map_err(|_| VaultError::Unreadable)
    }

    /// Derives a key for `info` from the tenant's key of `purpose` in use now. Where it must come out the same again
    /// later, take [`Vault::derive_as_of`].
    ///
    /// # Errors
    /// When the key service is not available.
    pub async fn derive(
        &self,
        tenant: &Tenant,
        purpose: Purpose,
        info: &str,
    ) -> Result<Zeroizing<[u8; 32]>, VaultError> {
        self.derive_as_of(tenant, purpose, info, self.ambient.now()).await
    }

    /// Derives a key for `info` (such as `refresh`) from the key of `purpose` that was in use at `at`: the same one for all
    /// the life of what was made then, whatever key follows meanwhile.
    ///
    /// # Errors
    /// When the key service is not available.
    pub async fn derive_as_of(
        &self,
        tenant: &Tenant,
        purpose: Purpose,
        info: &str,
        at: Timestamp,
    ) -> Result<Zeroizing<[u8; 32]>, VaultError> {
        let (chain, owner) = (chain_of(tenant, purpose)?, tenant.id.to_string());
        let wrapped = chain.current(at).ok_or(VaultError::Unreadable)?;
        self.with_key(tenant, purpose, wrapped, |key| sealing::derive(key, &owner, purpose, info)).await
    }

    /// Derives the keys for `info` that something without a date may have been made with, newest first: one, and two
    /// while a key follows another.
    ///
    /// # Errors
    /// When the key service is not available.
    pub async fn derive_each(
        &self,
        tenant: &Tenant,
        purpose: Purpose,
        info: &str,
    ) -> Result<Vec<Zeroizing<[u8; 32]>>, VaultError> {
        let owner = tenant.id.to_string();
        let mut keys = Vec::with_capacity(1);
        for wrapped in chain_of(tenant, purpose)?.in_use(self.ambient.now()) {
            keys.push(
                self.with_key(tenant, purpose, wrapped, |key| sealing::derive(key, &owner, purpose, info)).await?,
            );
        }
        Ok(keys)
    }

    /// Seals anew what was sealed under another key than the newest of its purpose; nothing when it was sealed under that.
    ///
    /// # Errors
    /// When the value can't be opened at its place, or the key service is not available.
    pub async fn reseal(
        &self,
        tenant: &Tenant,
        purpose: Purpose,
        place: Place<'_>,
        sealed: &Sealed,
    ) -> Result<Option<Sealed>, VaultError> {
        if !self.is_outdated(tenant, purpose, sealed)? {
            return Ok(None);
        }
        let plain = self.open(tenant, purpose, place, sealed).await?;
        self.seal(tenant, purpose, place, &plain).await.map(Some)
    }

    /// Tells whether something was sealed under another key than the newest of its purpose.
    ///
    /// # Errors
    /// When the value has no form that we know.
    pub fn is_outdated(&self, tenant: &Tenant, purpose: Purpose, sealed: &Sealed) -> Result<bool, VaultError> {
        let newest = chain_of(tenant, purpose)?.newest().ok_or(VaultError::Unreadable)?;
        Ok(Parts::of(sealed)?.version != newest.version)
    }

    /// Makes wrapped data keys for a new tenant. Their plain form never leaves KMS here.
    pub async fn new_keys(
        &self,
        tenant: TenantId,
        purposes: &[Purpose],
    ) -> Result<BTreeMap<Purpose, KeyChain>, VaultError> {
        let mut keys = BTreeMap::new();
        for &purpose in purposes {
            let blob = self.new_key(tenant, purpose).await?;
            keys.insert(purpose, KeyChain::first(blob, self.ambient.now()));
        }
        Ok(keys)
    }

    /// Makes one wrapped data key, in base64. Its plain form never leaves KMS here.
    ///
    /// # Errors
    /// When the key service is not available.
    pub async fn new_key(&self, tenant: TenantId, purpose: Purpose) -> Result<String, VaultError> {
        let answer = self
            .clients
            .kms()
            .generate_data_key_without_plaintext()
            .key_id(&*self.key_id)
            .key_spec(DataKeySpec::Aes256)
            .encryption_context("tenant", tenant.to_string())
            .encryption_context("purpose", purpose.as_str())
            .send()
            .await
            .map_err(|error| unavailable(&error))?;
        Ok(STANDARD.encode(answer.ciphertext_blob.ok_or(VaultError::Unreadable)?))
    }

    /// Wraps a secret of the platform itself (at most 4 KiB), such as the private key that signs tokens.
    pub async fn wrap_secret(&self, secret: &[u8]) -> Result<String, VaultError> {
        let answer = self
            .clients
            .kms()
            .encrypt()
            .key_id(&*self.key_id)
            .plaintext(Blob::new(secret))
            .encryption_context("tenant", PLATFORM)
            .encryption_context("purpose", Purpose::Jwt.as_str())
            .send()
            .await
            .map_err(|error| unavailable(&error))?;
        Ok(STANDARD.encode(answer.ciphertext_blob.ok_or(VaultError::Unreadable)?))
    }

    /// Unwraps what [`Vault::wrap_secret`] made. Every call goes to KMS: keep the result.
    pub async fn unwrap_secret(&self, wrapped: &str) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        self.decrypt(PLATFORM, Purpose::Jwt, wrapped).await
    }

    /// Asks KMS whether the key is there and enabled, for the readiness check.
    pub async fn check(&self) -> Result<(), VaultError> {
        let answer = self
            .clients
            .kms()
            .describe_key()
            .key_id(&*self.key_id)
            .send()
            .await
            .map_err(|error| unavailable(&error))?;
        if answer.key_metadata.is_some_and(|key| key.enabled) {
            Ok(())
        } else {
            Err(VaultError::Unavailable("the key is disabled".to_owned()))
        }
    }

    fn current<'a>(&self, tenant: &'a Tenant, purpose: Purpose) -> Result<&'a WrappedKey, VaultError> {
        chain_of(tenant, purpose)?.current(self.ambient.now()).ok_or(VaultError::Unreadable)
    }

    async fn with_key<T>(
        &self,
        tenant: &Tenant,
        purpose: Purpose,
        wrapped: &WrappedKey,
        using: impl FnOnce(&Key) -> Result<T, VaultError>,
    ) -> Result<T, VaultError> {
        let name = KeyName { tenant: tenant.id, purpose, blob: wrapped.blob.clone() };
        let slot = self.keyring.slot(&name, self.ambient.now());
        let unwrap = async {
            let plain = self.decrypt(&name.tenant.to_string(), name.purpose, &name.blob).await?;
            plain.as_slice().try_into().map(Zeroizing::new).map_err(|_| VaultError::Unreadable)
        };
        using(slot.key(unwrap).await?)
    }

    async fn decrypt(&self, tenant: &str, purpose: Purpose, blob: &str) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let request = self
            .clients
            .kms()
            .decrypt()
            .key_id(&*self.key_id)
            .ciphertext_blob(Blob::new(STANDARD.decode(blob).map_err(|_| VaultError::Unreadable)?))
            .encryption_context("tenant", tenant)
            .encryption_context("purpose", purpose.as_str());
        // The SDK's futures are large, and would be part of the future of every handler above.
        let answer = Box::pin(request.send()).await;
        match answer {
            Ok(answer) => Ok(Zeroizing::new(answer.plaintext.ok_or(VaultError::Unreadable)?.into_inner())),
            Err(error) => Err(match error.as_service_error() {
                Some(refusal) if refusal.is_invalid_ciphertext_exception() || refusal.is_incorrect_key_exception() => {
                    VaultError::Unreadable
                }
                _ => unavailable(&error),
            }),
        }
    }
}

fn chain_of(tenant: &Tenant, purpose: Purpose) -> Result<&KeyChain, VaultError> {
    tenant.keys.get(&purpose).ok_or(VaultError::Unreadable)
}

fn unavailable<E, R>(error: &SdkError<E, R>) -> VaultError
where
    E: std::error::Error + ProvideErrorMetadata + 'static,
    R: std::fmt::Debug,
{
    VaultError::Unavailable(match error.code() {
        Some(code) => code.to_owned(),
        None => DisplayErrorContext(error).to_string(),
    })
}
