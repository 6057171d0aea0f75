//! `haat keys`: data keys that follow each other.
//!
//! The janitor goes on with what is begun here, and begins by itself what has served for a year.

use clap::{Subcommand, ValueEnum};
use domain::pii::{KeyChain, Purpose};
use domain::tenant::TenantScope;
use janitor::rotation::{Progress, Rotator};
use store::Store;
use store::table::Consistency;

use crate::settings::Settings;
use crate::{Failure, scope};

/// What can be done with keys.
#[derive(Debug, Subcommand)]
pub enum Keys {
    /// Show which keys a tenant has, and how far rotations have come
    Status {
        /// The tenant, by subdomain or id
        #[arg(long)]
        tenant: String,
    },
    /// Let a new key follow; the janitor does the rest, over minutes to days, while everything goes on
    Rotate {
        /// The tenant, by subdomain or id
        #[arg(long)]
        tenant: String,
        /// What the key is for
        #[arg(long)]
        purpose: KeyPurpose,
    },
    /// Go on with a tenant's rotations as far as they may go now, without waiting for the janitor
    Resume {
        /// The tenant, by subdomain or id
        #[arg(long)]
        tenant: String,
    },
}

/// What a key is for.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum KeyPurpose {
    /// Seals personal data
    Pii,
    /// Finds people by e-mail and phone
    Index,
    /// Makes refresh tokens
    Session,
    /// Seals page cursors
    Cursor,
    /// Seals the credentials of payment providers
    Provider,
}

impl From<KeyPurpose> for Purpose {
    fn from(purpose: KeyPurpose) -> Self {
        match purpose {
            KeyPurpose::Pii => Self::Pii,
            KeyPurpose::Index => Self::Index,
            KeyPurpose::Session => Self::Session,
            KeyPurpose::Cursor => Self::Cursor,
            KeyPurpose::Provider => Self::Provider,
        }
    }
}

/// Does what was asked.
///
/// # Errors
/// When there is no such tenant, the key is being rotated already, or something is out of reach.
pub async fn run(settings: &Settings, keys: Keys) -> Result<(), Failure> {
    let ambient = platform::ambient::system();
    let clients = settings.clients().await;
    let store = settings.store(&clients)?;
    let rotator = Rotator::new(store.clone(), settings.vault(&clients, &ambient)?, ambient);
    match keys {
        Keys::Status { tenant } => status(&store, scope::of(&store, &tenant).await?).await,
        Keys::Rotate { tenant, purpose } => {
            let scope = scope::of(&store, &tenant).await?;
            rotator.begin(&rotator.operation(scope, "haat-keys"), purpose.into()).await?;
            println!("A new key is published and takes over in five minutes. The janitor does the rest.");
            status(&store, scope).await
        }
        Keys::Resume { tenant } => {
            let scope = scope::of(&store, &tenant).await?;
            for purpose in Purpose::OF_A_TENANT {
                // Waiting, nothing under way and done end it alike: the status says which.
                while let Progress::Page(changed) =
                    rotator.step(&rotator.operation(scope, "haat-keys"), purpose).await?
                {
                    println!("{}: {changed} made anew in this pass", purpose.as_str());
                }
            }
            status(&store, scope).await
        }
    }
}

async fn status(store: &Store, scope: TenantScope) -> Result<(), Failure> {
    let tenant = store.tenant(scope, Consistency::Strong).await?.ok_or("the tenant is gone")?;
    for (purpose, chain) in &tenant.keys {
        let under_way = match store.rotation(scope, *purpose).await? {
            Some(record) => format!("pass {}, goes on at {}", record.rotation.pass, record.rotation.due),
            None => "no rotation".to_owned(),
        };
        println!("{:<9} {}; {under_way}", purpose.as_str(), versions(chain));
    }
    Ok(())
}

fn versions(chain: &KeyChain) -> String {
    let newest = chain.newest().map(|key| format!("version {} from {}", key.version, key.from)).unwrap_or_default();
    if chain.is_rotating() { format!("{newest}, beside an older one") } else { newest }
}
