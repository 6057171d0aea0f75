//! `haat seed`: a demo tenant that can be shopped in at once.
//!
//! Invariant: what is there is left alone, so running it twice changes nothing, and running it after a crash adds what
//! is missing.

mod catalogue;
mod categories;
mod coupon;
mod journey;
mod people;
mod products;
mod provider;
mod shipping;
mod tenant;

use domain::ambient::Ambient;
use domain::operation::{Actor, Operation};
use domain::tenant::{Tenant, TenantScope};
use platform::objects::Objects;
use platform::vault::Vault;
use store::Store;

use crate::Failure;
use crate::settings::Settings;

/// What every step of seeding works with.
pub(crate) struct Seeding<'a> {
    settings: &'a Settings,
    store: Store,
    vault: Vault,
    files: Objects,
    ambient: Ambient,
}

impl Seeding<'_> {
    fn operation(&self, tenant: &Tenant) -> Operation {
        let actor = Actor::System { name: "haat seed".to_owned() };
        Operation::begin(TenantScope::assume(tenant.id), actor, "haat-seed".to_owned(), None, &self.ambient)
    }
}

/// Fills the demo tenant and prints how to use it.
///
/// # Errors
/// When the deployment is production, is not described, or can't be reached.
pub async fn run(settings: &Settings) -> Result<(), Failure> {
    if settings.optional("HAAT_ENV").as_deref() == Some("prod") {
        return Err("this is production: a demo tenant with published passwords has no place there".into());
    }
    let ambient = platform::ambient::system();
    let clients = settings.clients().await;
    let seeding = Seeding {
        store: settings.store(&clients)?,
        vault: settings.vault(&clients, &ambient)?,
        files: Objects::new(clients.s3(), settings.text("HAAT_FILES_BUCKET")?, ambient.clone()),
        ambient,
        settings,
    };
    let tenant = tenant::open(&seeding).await?;
    let carrier = shipping::open(&seeding, &tenant).await?;
    let people = people::open(&seeding, &tenant, carrier).await?;
    products::fill(&seeding, &tenant, &people).await?;
    coupon::offer(&seeding, &tenant).await?;
    let tenant = provider::set_up(&seeding, tenant).await?;
    journey::print(settings, &tenant, carrier);
    Ok(())
}
