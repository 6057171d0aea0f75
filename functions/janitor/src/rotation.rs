//! Lets data keys follow each other while everybody goes on working.
//!
//! A rotation is begun by publishing the next key in the tenant's record; when it takes over is a matter of the clock
//! ([`domain::pii::KeyChain`]). What is left to do here is making anew what the old key made, page by page, and dropping the
//! old key when nothing can need it. Any step may be cut off, repeated, or done by two runs at once.

use domain::ambient::Ambient;
use domain::catalog::{LegalIdentity, PAYOUT_ACCOUNT, Seller};
use domain::clock::Timestamp;
use domain::id::UserId;
use domain::invoice::Invoice;
use domain::licence;
use domain::operation::{Actor, Operation};
use domain::order::Order;
use domain::pii::{AfterPage, BlindIndex, KeyPart, Purpose, Rotation, Sealed};
use domain::tenant::{Tenant, TenantScope};
use domain::user::{User, field};
use platform::people;
use platform::vault::{Place, Vault, VaultError};
use store::Store;
use store::order_lists::{OrderFilter, Whose};
use store::page::Position;
use store::rotations::RotationRecord;
use store::table::Consistency;
use worker::JobError;

/// How many people a page has.
const PAGE: u32 = 25;
/// How many orders of a person are read at once.
const ORDERS: u32 = 50;

/// Does the steps of rotations.
#[derive(Clone)]
pub struct Rotator {
    store: Store,
    vault: Vault,
    ambient: Ambient,
}

/// What a step came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// No rotation of that key is under way.
    None,
    /// It is too early to go on.
    Waits(Timestamp),
    /// A page is done, with so much made anew in this pass.
    Page(u64),
    /// The old key is gone.
    Finished,
}

impl Rotator {
    /// Joins the parts.
    pub fn new(store: Store, vault: Vault, ambient: Ambient) -> Self {
        Self { store, vault, ambient }
    }

    /// Opens an operation of the janitor inside a tenant.
    pub fn operation(&self, scope: TenantScope, request_id: &str) -> Operation {
        let actor = Actor::System { name: "janitor".to_owned() };
        Operation::begin(scope, actor, request_id.to_owned(), None, &self.ambient)
    }

    /// Publishes the key that follows. It takes over in five minutes.
    ///
    /// # Errors
    /// When a rotation of the key is under way, or something is out of reach.
    pub async fn begin(&self, operation: &Operation, purpose: Purpose) -> Result<(), JobError> {
        let tenant = self.tenant(operation.scope).await?;
        let chain = tenant.keys.get(&purpose).ok_or_else(|| JobError::fail("the tenant has no such key"))?;
        if chain.is_rotating() {
            return Err(JobError::fail("a rotation of this key is under way"));
        }
        let blob = self.vault.new_key(tenant.id, purpose).await?;
        let chain = chain.follow(blob, operation.now).map_err(JobError::fail)?;
        Ok(self.store.begin_rotation(operation, &tenant, purpose, &chain).await?)
    }

    /// Publishes followers of all keys of the marketplaces that have served for a year. Answers how many.
    ///
    /// # Errors
    /// When something is out of reach; what was begun stays begun.
    pub async fn begin_overdue(&self, request_id: &str) -> Result<u32, JobError> {
        let (mut from, mut begun) = (None, 0u32);
        loop {
            let page = self.store.overdue_keys(self.ambient.now(), from).await?;
            for due in page.items {
                self.begin(&self.operation(due.scope, request_id), due.purpose).await?;
                begun = begun.saturating_add(1);
            }
            from = page.next;
            if from.is_none() {
                return Ok(begun);
            }
        }
    }

    /// Does the next page of a rotation, if it is time.
    ///
    /// # Errors
    /// When something is out of reach; the page is done again then.
    pub async fn step(&self, operation: &Operation, purpose: Purpose) -> Result<Progress, JobError> {
        let scope = operation.scope;
        let Some(RotationRecord { rotation, after }) = self.store.rotation(scope, purpose).await? else {
            return Ok(Progress::None);
        };
        if rotation.due > operation.now {
            return Ok(Progress::Waits(rotation.due));
        }
        let tenant = self.tenant(scope).await?;
        let (changed, next) = match purpose {
            Purpose::Pii | Purpose::Index => self.page(scope, &tenant, purpose, after).await?,
            Purpose::Provider => (self.providers(&tenant).await?, None),
            // What these made carries its date or dies soon: nothing is made anew.
            Purpose::Session | Purpose::Cursor | Purpose::Jwt => (0, None),
        };
        match rotation.after_page(changed, next.is_some(), self.ambient.now()) {
            AfterPage::Next(later) => {
                let done = later.changed.max(rotation.changed.saturating_add(changed));
                let record = RotationRecord { rotation: later, after: next };
                // Another run that has noted this page has done it as well.
                self.store.advance_rotation(scope, rotation.step, &record).await?;
                Ok(Progress::Page(done))
            }
            AfterPage::Finished => self.finish(operation, &tenant, &rotation).await,
        }
    }

    async fn finish(&self, operation: &Operation, tenant: &Tenant, rotation: &Rotation) -> Result<Progress, JobError> {
        let chain = tenant.keys.get(&rotation.purpose).ok_or_else(|| JobError::fail("the tenant has no such key"))?;
        match self.store.finish_rotation(operation, tenant, rotation, &chain.settled()).await {
            Ok(()) => Ok(Progress::Finished),
            // Another run was faster, or the tenant was changed at that moment: the next run finds out.
            Err(store::Error::Conflict) => Ok(Progress::Waits(rotation.due)),
            Err(error) => Err(error.into()),
        }
    }

    async fn tenant(&self, scope: TenantScope) -> Result<Tenant, JobError> {
        let tenant = self.store.tenant(scope, Consistency::Strong).await?;
        tenant.ok_or_else(|| JobError::fail("the tenant is gone"))
    }

    async fn providers(&self, tenant: &Tenant) -> Result<u64, JobError> {
        let (mut providers, mut changed) = (tenant.providers.clone(), 0u64);
        for (name, sealed) in &mut providers {
            if let Some(new) = self.vault.reseal_credentials(tenant, name, sealed).await? {
                *sealed = new;
                changed = changed.saturating_add(1);
            }
        }
        if changed > 0 && !self.store.reseal_providers(tenant, &providers).await? {
            return Err(JobError::retry("the tenant was changed meanwhile"));
        }
        Ok(changed)
    }

    async fn page(
        &self,
        scope: TenantScope,
        tenant: &Tenant,
        purpose: Purpose,
        after: Option<Position>,
    ) -> Result<(u64, Option<Position>), JobError> {
        let page = self.store.everybody(scope, PAGE, after).await?;
        let mut changed = 0u64;
        for id in page.items {
            let count = self.person(scope, tenant, purpose, id).await?;
            changed = changed.saturating_add(count);
        }
        Ok((changed, page.next))
    }

    async fn person(&self, scope: TenantScope, tenant: &Tenant, purpose: Purpose, id: UserId) -> Result<u64, JobError> {
        let Some(user) = self.store.user(scope, id, Consistency::Strong).await? else { return Ok(0) };
        // Of somebody who was erased there is nothing left that any key opens, but for who sold to them.
        match (purpose, &user.key_part) {
            (Purpose::Index, Some(_)) => self.reindex(scope, tenant, &user).await,
            (Purpose::Index, None) => Ok(0),
            (_, Some(part)) => {
                let own = self.reseal(scope, tenant, &user, part).await?;
                Ok(own.saturating_add(self.reseal_orders(scope, tenant, id, Some(part)).await?))
            }
            (_, None) => self.reseal_orders(scope, tenant, id, None).await,
        }
    }

    /// Makes anew whatever of a person is sealed under an older key, without what their orders hold.
    async fn reseal(&self, scope: TenantScope, tenant: &Tenant, user: &User, part: &KeyPart) -> Result<u64, JobError> {
        let mut changed = 0u64;
        let item = user.id.to_string();
        for (name, sealed) in sealed_fields(user) {
            let Some(new) = self.anew(tenant, Place::of(part, &item, name), sealed).await? else { continue };
            // Whoever was faster may have put back what they had read, so a change counts even when it was refused.
            self.store.reseal_user(scope, user.id, name, sealed, &new).await?;
            changed = changed.saturating_add(1);
        }
        let (_, addresses) = self.store.addresses(scope, user.id).await?;
        for address in addresses {
            let item = address.id.to_string();
            let place = Place::of(part, &item, domain::address::FIELD);
            let Some(new) = self.anew(tenant, place, &address.address).await? else { continue };
            self.store.reseal_address(scope, &address, &new).await?;
            changed = changed.saturating_add(1);
        }
        let seller = self.store.seller(scope, Seller::id_of(user.id), Consistency::Strong).await?;
        if let Some(seller) = seller {
            let item = seller.id.to_string();
            let fields = [(PAYOUT_ACCOUNT, &seller.payout_account), (LegalIdentity::FIELD, &seller.legal_identity)];
            for (name, sealed) in fields.into_iter().filter_map(|(name, sealed)| Some((name, sealed.as_ref()?))) {
                let Some(new) = self.anew(tenant, Place::of(part, &item, name), sealed).await? else { continue };
                self.store.reseal_seller(scope, seller.id, name, sealed, &new).await?;
                changed = changed.saturating_add(1);
            }
        }
        Ok(changed)
    }

    /// Makes anew whatever of a buyer's orders is sealed under an older key; of an erased buyer's only who issued the invoices.
    async fn reseal_orders(
        &self,
        scope: TenantScope,
        tenant: &Tenant,
        buyer: UserId,
        part: Option<&KeyPart>,
    ) -> Result<u64, JobError> {
        let (mut from, mut changed) = (None, 0u64);
        loop {
            let of_user = Whose::Buyer(buyer);
            let page = self.store.find_orders(scope, of_user, &OrderFilter::default(), ORDERS, from).await?;
            for order in page.items {
                let count = match part {
                    Some(part) => self.reseal_order(scope, tenant, &order, part).await?,
                    None => 0,
                };
                changed = changed.saturating_add(count);
                // Only what was paid has an invoice.
                let invoice = if order.was_paid() { self.store.invoice(scope, order.id).await? } else { None };
                let Some(issuer) = invoice.and_then(|invoice| invoice.issuer) else { continue };
                let item = order.id.to_string();
                let Some(new) = self.anew(tenant, Place::new(&item, Invoice::ISSUER), &issuer).await? else { continue };
                self.store.reseal_issuer(scope, order.id, &issuer, &new).await?;
                changed = changed.saturating_add(1);
            }
            from = page.next;
            if from.is_none() {
                return Ok(changed);
            }
        }
    }

    async fn reseal_order(
        &self,
        scope: TenantScope,
        tenant: &Tenant,
        order: &Order,
        part: &KeyPart,
    ) -> Result<u64, JobError> {
        let (item, mut changed) = (order.id.to_string(), 0u64);
        let place = Place::of(part, &item, domain::address::FIELD);
        if let Some(new) = self.anew(tenant, place, &order.address).await? {
            self.store.reseal_order(scope, order, &new).await?;
            changed = changed.saturating_add(1);
        }
        for licences in self.store.licences(scope, order).await? {
            let field = licence::field(licences.line);
            let Some(new) = self.anew(tenant, Place::of(part, &item, &field), &licences.keys).await? else { continue };
            self.store.reseal_licences(scope, &licences, &new).await?;
            changed = changed.saturating_add(1);
        }
        Ok(changed)
    }

    async fn anew(&self, tenant: &Tenant, place: Place<'_>, sealed: &Sealed) -> Result<Option<Sealed>, JobError> {
        match self.vault.reseal(tenant, Purpose::Pii, place, sealed).await {
            Ok(new) => Ok(new),
            // It opens for nobody as it is: keeping the old key would not help it, and the rest must go on.
            Err(VaultError::Unreadable) => {
                tracing::error!(tenant.id = %tenant.id, item.id = place.item, field = place.field, "a sealed value is damaged");
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Moves the entries of a person's e-mail and phone to where the next index key puts them.
    async fn reindex(&self, scope: TenantScope, tenant: &Tenant, user: &User) -> Result<u64, JobError> {
        let mut changed = 0u64;
        let email = people::open_field(&self.vault, tenant, user, field::EMAIL, &user.email).await?;
        let place = self.place(tenant, field::EMAIL_INDEX, &email).await?;
        if place != user.email_index {
            if let Some(login) = self.store.login(scope, &user.email_index).await? {
                self.store.move_login(scope, user, &login, &place).await?;
            }
            changed = changed.saturating_add(1);
        }
        if let (Some(sealed), Some(old)) = (&user.phone, &user.phone_index) {
            let phone = people::open_field(&self.vault, tenant, user, field::PHONE, sealed).await?;
            let place = self.place(tenant, field::PHONE_INDEX, &phone).await?;
            if place != *old {
                self.store.move_phone(scope, user.id, old, &place).await?;
                changed = changed.saturating_add(1);
            }
        }
        Ok(changed)
    }

    async fn place(&self, tenant: &Tenant, name: &str, text: &str) -> Result<BlindIndex, JobError> {
        Ok(self.vault.index_places(tenant, name, text).await?.write)
    }
}

/// Names what of a user is sealed.
fn sealed_fields(user: &User) -> impl Iterator<Item = (&'static str, &Sealed)> {
    let always = [
        (field::EMAIL, Some(&user.email)),
        (field::FIRST_NAME, Some(&user.first_name)),
        (field::LAST_NAME, Some(&user.last_name)),
        (field::PHONE, user.phone.as_ref()),
        (field::KYC, user.kyc_data.as_ref()),
        (field::TOTP_SECRET, user.mfa.as_ref().map(|mfa| &mfa.secret)),
    ];
    always.into_iter().filter_map(|(name, sealed)| Some((name, sealed?)))
}
