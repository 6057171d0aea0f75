//! Blind indexes: where the entry of an e-mail or a phone number stands.

use domain::pii::{BlindIndex, Indexing, Purpose, WrappedKey};
use domain::tenant::Tenant;

use super::{Vault, VaultError, chain_of, sealing};

/// Where the entry of a value stands or will stand. While one index key follows another there are two such places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexPlaces {
    /// Where a new entry goes.
    pub write: BlindIndex,
    /// Where it must not stand either for a new one to be made.
    pub guard: Option<BlindIndex>,
    old: Option<BlindIndex>,
    new: BlindIndex,
}

impl IndexPlaces {
    /// Returns where to look, in this order: entries only ever move from the first to the last, so who looks at
    /// one after the other misses none.
    pub fn read(&self) -> impl Iterator<Item = &BlindIndex> {
        self.old.iter().chain([&self.new])
    }
}

impl Vault {
    /// Fingerprints a normalised value of one field, such as (`user.email`, `alice@example.com`), and says where the
    /// entry of that value is read and written.
    ///
    /// Equal values of one tenant and field have equal fingerprints; nothing else can be learned from them.
    ///
    /// # Errors
    /// When the key service is not available.
    pub async fn index_places(
        &self,
        tenant: &Tenant,
        field: &str,
        normalised: &str,
    ) -> Result<IndexPlaces, VaultError> {
        let under = async |key| self.fingerprint(tenant, key, field, normalised).await;
        let chain = chain_of(tenant, Purpose::Index)?;
        Ok(match chain.indexing(self.ambient.now()).ok_or(VaultError::Unreadable)? {
            Indexing::One(key) => {
                let place = under(key).await?;
                IndexPlaces { write: place.clone(), guard: None, old: None, new: place }
            }
            Indexing::Both { old, new, writes_new } => {
                let (old, new) = (under(old).await?, under(new).await?);
                let (write, guard) = if writes_new { (new.clone(), old.clone()) } else { (old.clone(), new.clone()) };
                IndexPlaces { write, guard: Some(guard), old: Some(old), new }
            }
        })
    }

    /// Fingerprints a value where a new entry of it goes; see [`Vault::index_places`] for where to look for one.
    ///
    /// # Errors
    /// When the key service is not available.
    pub async fn blind_index(&self, tenant: &Tenant, field: &str, normalised: &str) -> Result<BlindIndex, VaultError> {
        Ok(self.index_places(tenant, field, normalised).await?.write)
    }

    async fn fingerprint(
        &self,
        tenant: &Tenant,
        wrapped: &WrappedKey,
        field: &str,
        normalised: &str,
    ) -> Result<BlindIndex, VaultError> {
        let owner = tenant.id.to_string();
        let using = |key: &_| sealing::blind_index(key, &owner, field, normalised);
        self.with_key(tenant, Purpose::Index, wrapped, using).await
    }
}
