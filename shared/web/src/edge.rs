//! What every HTTP function shares: the table, the vault, who tenants are, and whose tokens count.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use domain::ambient::Ambient;
use domain::id::TenantId;
use domain::pii::Purpose;
use domain::tenant::{Subdomain, Tenant};
use platform::aws::Clients;
use platform::config::{ConfigError, Env, Environment};
use platform::tokens::AccessClaims;
use platform::vault::Vault;
use serde::Serialize;
use store::{Store, Table};

use crate::cursor::Cursors;
use crate::limits::Memory;
use crate::problem::Problem;
use crate::tenants::Tenants;
use crate::verifier::Keys;

/// How the edge behaves.
#[derive(Debug, Clone)]
pub struct EdgeConfig {
    /// Which deployment this is.
    pub environment: Environment,
    /// The domain whose subdomains are tenants.
    pub base_domain: String,
    /// Whether `X-Tenant` may name the tenant, for machines without subdomains.
    pub allow_tenant_header: bool,
    /// Who issues the tokens, and whom they are for.
    pub issuer: String,
    /// Whether answers tell what they cost in `Server-Timing`.
    pub server_timing: bool,
    /// How long a request may take.
    pub deadline: Duration,
    /// What our CDN sends in `X-CDN-Secret`, so that what it says of the client's address is believed.
    pub cdn_secret: Option<CdnSecret>,
}

/// What only our CDN and we know. It can't be printed.
#[derive(Clone)]
pub struct CdnSecret(pub String);

impl fmt::Debug for CdnSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CdnSecret")
    }
}

impl EdgeConfig {
    /// Reads the configuration.
    ///
    /// # Errors
    /// When a value is missing or wrong; the error names it.
    pub fn read(env: &Env) -> Result<Self, ConfigError> {
        let [base_domain, issuer] = env.texts(["HAAT_BASE_DOMAIN", "HAAT_ISSUER"])?;
        Ok(Self {
            environment: env.parsed("HAAT_ENV")?,
            base_domain: base_domain.to_ascii_lowercase(),
            allow_tenant_header: env.flag("HAAT_ALLOW_TENANT_HEADER", false)?,
            issuer,
            server_timing: env.flag("HAAT_SERVER_TIMING", false)?,
            deadline: Duration::from_secs(10),
            cdn_secret: env.optional_text("HAAT_CDN_SECRET").map(CdnSecret),
        })
    }
}

/// The HTTP edge of one function; cheap to clone. A function's `State` gives one by `FromRef`.
#[derive(Clone)]
pub struct Edge(Arc<Shared>);

struct Shared {
    config: EdgeConfig,
    store: Store,
    vault: Vault,
    ambient: Ambient,
    tenants: Tenants,
    keys: Keys,
    answers: Purpose,
    memory: Memory,
}

impl Edge {
    /// Joins the parts. Nothing goes over the network yet.
    pub fn new(config: EdgeConfig, store: Store, vault: Vault, ambient: Ambient) -> Self {
        let keys = Keys::new(config.issuer.clone());
        Self(Arc::new(Shared {
            config,
            store,
            vault,
            ambient,
            tenants: Tenants::default(),
            keys,
            answers: Purpose::Pii,
            memory: Memory::default(),
        }))
    }

    /// Makes the edge of a function from its environment.
    ///
    /// # Errors
    /// When a value is missing or wrong; the error names it.
    pub fn load(env: &Env, clients: &Clients) -> Result<Self, ConfigError> {
        let config = EdgeConfig::read(env)?;
        let [table, key] = env.texts(["HAAT_TABLE", "HAAT_KMS_KEY_ID"])?;
        let ambient = platform::ambient::system();
        let vault = Vault::new(clients, key, ambient.clone());
        Ok(Self::new(config, Store::new(Table::new(clients.sdk(), table)), vault, ambient))
    }

    /// Seals stored answers of idempotency keys under another purpose than personal data, for a function
    /// whose answers show none and whose role may not use that key.
    #[must_use]
    pub fn answers_sealed_for(self, purpose: Purpose) -> Self {
        let shared = &self.0;
        Self(Arc::new(Shared {
            config: shared.config.clone(),
            store: shared.store.clone(),
            vault: shared.vault.clone(),
            ambient: shared.ambient.clone(),
            tenants: Tenants::default(),
            keys: Keys::new(shared.config.issuer.clone()),
            answers: purpose,
            memory: Memory::default(),
        }))
    }

    /// Returns the configuration.
    pub fn config(&self) -> &EdgeConfig {
        &self.0.config
    }

    /// Returns the table's operations.
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    /// Returns the vault.
    pub fn vault(&self) -> &Vault {
        &self.0.vault
    }

    /// Returns the clock and the source of randomness.
    pub fn ambient(&self) -> &Ambient {
        &self.0.ambient
    }

    pub(crate) fn memory(&self) -> &Memory {
        &self.0.memory
    }

    pub(crate) fn answers(&self) -> Purpose {
        self.0.answers
    }

    /// Finds an open tenant by its id, at most 60 s old; none when unknown or suspended.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn tenant(&self, id: TenantId) -> Result<Option<Arc<Tenant>>, Problem> {
        Ok(self.0.tenants.by_id(&self.0.store, id, self.0.ambient.now()).await?)
    }

    /// Finds an open tenant by its subdomain, at most 60 s old; none when unknown or suspended.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn tenant_of_host(&self, subdomain: &Subdomain) -> Result<Option<Arc<Tenant>>, Problem> {
        Ok(self.0.tenants.by_subdomain(&self.0.store, subdomain, self.0.ambient.now()).await?)
    }

    /// Forgets what is cached of a tenant after changing it.
    pub fn forget_tenant(&self, id: TenantId) {
        self.0.tenants.forget(id);
    }

    /// Returns the claims of a valid access token.
    ///
    /// # Errors
    /// With 401 when it is not valid, 503 when the keys can't be read.
    pub async fn verify(&self, token: &str) -> Result<AccessClaims, Problem> {
        self.0.keys.verify(&self.0.store, token, self.0.ambient.now()).await
    }

    /// Seals and opens the cursors of one list. Whatever the list depends on beyond the tenant and the route
    /// must be in `filter`: the user of a private list, its filters and its order.
    ///
    /// # Errors
    /// When `filter` can't be written as JSON, which is a defect.
    pub fn cursors(
        &self,
        tenant: &Arc<Tenant>,
        route: &'static str,
        filter: &impl Serialize,
    ) -> Result<Cursors, Problem> {
        Cursors::new(self, tenant, route, filter)
    }
}
