//! What every command works with that acts on tenants and people: the table, the vault, the clock; and for whom it acts.

use domain::ambient::Ambient;
use domain::operation::{Actor, Operation};
use domain::tenant::{Subdomain, Tenant, TenantScope};
use platform::vault::Vault;
use store::Store;
use store::table::Consistency;

use crate::settings::Settings;
use crate::{Failure, scope};

/// An operator at work on one deployment.
pub struct Operator {
    /// The table.
    pub store: Store,
    /// Personal data.
    pub vault: Vault,
    /// The clock and the source of randomness.
    pub ambient: Ambient,
}

impl Operator {
    /// Opens the deployment.
    ///
    /// # Errors
    /// When it is not described.
    pub async fn open(settings: &Settings) -> Result<Self, Failure> {
        let ambient = platform::ambient::system();
        let clients = settings.clients().await;
        Ok(Self { store: settings.store(&clients)?, vault: settings.vault(&clients, &ambient)?, ambient })
    }

    /// Begins to act for a tenant.
    pub fn operation(&self, scope: TenantScope) -> Operation {
        let actor = Actor::System { name: "haat".to_owned() };
        Operation::begin(scope, actor, "haat".to_owned(), None, &self.ambient)
    }

    /// Finds a tenant by its subdomain or its id.
    ///
    /// # Errors
    /// When there is none.
    pub async fn tenant(&self, name: &str) -> Result<Tenant, Failure> {
        let scope = scope::of(&self.store, name).await?;
        let tenant = self.store.tenant(scope, Consistency::Strong).await?;
        tenant.ok_or_else(|| format!("there is no tenant {name}; `haat tenants list` shows all").into())
    }

    /// Finds the platform's own tenant; none before it was opened.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn platform(&self) -> Result<Option<TenantScope>, Failure> {
        let subdomain = Subdomain::of_platform();
        match self.store.tenant_of_host(&subdomain).await? {
            Some(_) => scope::of(&self.store, subdomain.as_str()).await.map(Some),
            None => Ok(None),
        }
    }

    /// Begins to act for the platform itself.
    ///
    /// # Errors
    /// When it was not opened yet.
    pub async fn on_the_platform(&self) -> Result<Operation, Failure> {
        let scope = self.platform().await?;
        Ok(self.operation(scope.ok_or("the platform has no superuser yet: run `haat platform init` first")?))
    }
}
