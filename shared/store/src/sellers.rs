//! The profiles of those who sell: one item each, whose name in URLs is an item of its own.
//!
//! Who becomes a seller is one in the transaction in which the profile becomes active: there is no moment in which somebody
//! sells without a profile that says so, or has one and can't. Who is stopped, and of whose sales the tenant keeps another
//! share, is told by one small item as well, so that everybody who looks at products reads it beside them.

mod standing;

use domain::catalog::{InvoicePrefix, Seller, SellerStatus, Slug};
use domain::id::SellerId;
use domain::operation::{Action, Change, Operation};
use domain::pii::Sealed;
use domain::tenant::TenantScope;
use domain::user::User;
use serde::{Deserialize, Serialize};

pub(crate) use self::standing::Stored;
pub use self::standing::{MAX_AGREED, MAX_STOPPED};
use crate::error::{Error, Result};
use crate::key::{self, Index, Key};
use crate::page::{Page, Position};
use crate::row::Row;
use crate::table::Consistency;
use crate::write::Write;
use crate::{Store, audit};

/// Why a seller's profile was not stored as asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SellerRefused {
    /// The person has a profile already.
    #[error("there is a profile already")]
    Exists,
    /// Another seller of the tenant has the name in URLs.
    #[error("the slug is taken")]
    SlugTaken,
    /// Another seller's invoices begin like that.
    #[error("the prefix of invoices is taken")]
    PrefixTaken,
    /// Somebody else changed the profile first.
    #[error("the profile was changed meanwhile")]
    Changed,
    /// The person who runs it was changed meanwhile, or their account is not open.
    #[error("the person was changed meanwhile")]
    PersonChanged,
    /// As many sellers as can be are stopped, or have a commission of their own.
    #[error("too many sellers are out of the ordinary")]
    TooMany,
}

/// The item that makes a name or a prefix one seller's.
#[derive(Serialize, Deserialize)]
struct Lock {
    seller: SellerId,
}

fn lock(key: Key, seller: SellerId) -> Result<Write> {
    Ok(Write::create(Row::new(key, "Lock", &Lock { seller })?))
}

fn row(scope: TenantScope, seller: &Seller) -> Result<Row> {
    Ok(Row::new(key::seller(scope, seller.id), "Seller", seller)?
        .indexed(key::sellers(scope, seller.id))
        .indexed(key::sellers_in(scope, seller.status, seller.id)))
}

/// What each write of a profile's transaction stands for.
#[derive(Clone, Copy)]
enum Part {
    Profile,
    Slug,
    Prefix,
    Person,
    Standings,
    Other,
}

impl Store {
    /// Opens a seller's profile for `person`, as read. Where it is active at once, the person becomes a seller with it.
    ///
    /// # Errors
    /// When the table can't be written. The inner error says what stands against it.
    pub async fn open_seller(
        &self,
        operation: &Operation,
        seller: &Seller,
        person: &User,
    ) -> Result<std::result::Result<(), SellerRefused>> {
        let scope = operation.scope;
        let mut parts = vec![
            (Part::Profile, Write::create(row(scope, seller)?)),
            (Part::Slug, lock(key::seller_slug(scope, &seller.slug), seller.id)?),
            (Part::Other, audit::record(operation, Action::SellerOpened, &seller.id.to_string())?),
        ];
        if seller.status == SellerStatus::Active {
            parts.extend(standing::made_seller(operation, person)?);
        } else {
            // What is sealed for somebody must not be written after they were erased.
            parts.push((Part::Person, standing::open_account(scope, person.id)?));
        }
        let refused = self.commit_seller(parts).await?;
        Ok(match refused {
            Some(SellerRefused::Changed) => Err(SellerRefused::Exists),
            Some(refused) => Err(refused),
            None => Ok(()),
        })
    }

    /// Reads a seller's profile.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn seller(
        &self,
        scope: TenantScope,
        seller: SellerId,
        consistency: Consistency,
    ) -> Result<Option<Seller>> {
        self.table.get(key::seller(scope, seller), consistency).await
    }

    /// Reads a seller's profile by its name in URLs, in two reads.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn seller_named(&self, scope: TenantScope, slug: &Slug) -> Result<Option<Seller>> {
        let lock: Option<Lock> = self.table.get(key::seller_slug(scope, slug), Consistency::Eventual).await?;
        match lock {
            Some(lock) => self.seller(scope, lock.seller, Consistency::Eventual).await,
            None => Ok(None),
        }
    }

    /// Reads a seller's profile and the person who runs it, in one call.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn seller_with_person(
        &self,
        scope: TenantScope,
        seller: SellerId,
    ) -> Result<(Option<Seller>, Option<User>)> {
        let (seller, person) = (key::seller(scope, seller), key::user(scope, Seller::person_of(seller)));
        let mut found = self.table.get_many([seller.clone(), person.clone()], Consistency::Strong).await?;
        Ok((found.take(&seller)?, found.take(&person)?))
    }

    /// Lists the sellers of a tenant, those of one status or all, newest first.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn sellers(
        &self,
        scope: TenantScope,
        status: Option<SellerStatus>,
        limit: u32,
        from: Option<Position>,
    ) -> Result<Page<Seller>> {
        let query = match status {
            Some(status) => self.table.query(key::sellers_in_list(scope, status)).index(Index::Second),
            None => self.table.query(key::sellers_list(scope)).index(Index::First),
        };
        query.newest_first().limit(limit).from(from).page().await
    }

    /// Replaces `before`, as it was read, by `after`, whose version this counts up. The status stays.
    ///
    /// # Errors
    /// When the table can't be written. The inner error says what stands against it.
    pub async fn change_seller(
        &self,
        operation: &Operation,
        before: &Seller,
        after: Seller,
    ) -> Result<std::result::Result<Seller, SellerRefused>> {
        let scope = operation.scope;
        let version = before.version.saturating_add(1);
        let after = Seller { status: before.status, version, updated_at: operation.now, ..after };
        let mut parts = vec![(Part::Profile, Write::put(row(scope, &after)?).when("version", "=", before.version)?)];
        if before.slug != after.slug {
            parts.push((Part::Slug, lock(key::seller_slug(scope, &after.slug), after.id)?));
            parts.push((Part::Other, Write::delete(key::seller_slug(scope, &before.slug))));
        }
        if before.invoice_prefix != after.invoice_prefix
            && let Some(prefix) = &after.invoice_prefix
        {
            // A prefix that documents may carry stays its seller's for good, who may come back to it.
            let own = Write::upsert(key::seller_prefix(scope, prefix))
                .set("seller", after.id)?
                .set_once("type", "Lock")?
                .set_once("v", 1)?
                .when_absent_or("seller", "=", after.id)?;
            parts.push((Part::Prefix, own));
        }
        parts.extend(standing::kept_in_step(scope, before, &after)?);
        let audit =
            audit::record_changes(operation, Action::SellerChanged, &after.id.to_string(), agreed(before, &after))?;
        parts.push((Part::Other, audit));
        Ok(self.commit_seller(parts).await?.map_or(Ok(after), Err))
    }

    /// Replaces one sealed field of a profile, by its name, if it is as it was read. Tells whether it was.
    ///
    /// # Errors
    /// When the table can't be written.
    pub async fn reseal_seller(
        &self,
        scope: TenantScope,
        seller: SellerId,
        name: &str,
        old: &Sealed,
        new: &Sealed,
    ) -> Result<bool> {
        self.swap(Write::update(key::seller(scope, seller)), name, old, new).await
    }

    async fn commit_seller(&self, parts: Vec<(Part, Write)>) -> Result<Option<SellerRefused>> {
        let (parts, writes): (Vec<Part>, Vec<Write>) = parts.into_iter().unzip();
        let Err(refused) = self.table.transact(writes).await? else {
            return Ok(None);
        };
        match parts.get(refused.index) {
            Some(Part::Profile) => Ok(Some(SellerRefused::Changed)),
            Some(Part::Slug) => Ok(Some(SellerRefused::SlugTaken)),
            Some(Part::Prefix) => Ok(Some(SellerRefused::PrefixTaken)),
            Some(Part::Person) => Ok(Some(SellerRefused::PersonChanged)),
            Some(Part::Standings) => Ok(Some(SellerRefused::TooMany)),
            Some(Part::Other) | None => Err(Error::Conflict),
        }
    }
}

/// Lists what was agreed otherwise: what the seller says of itself is not remembered.
fn agreed(before: &Seller, after: &Seller) -> Vec<Change> {
    let mut changes = Vec::new();
    if before.commission_bp != after.commission_bp {
        let text = |bp: Option<u32>| bp.map(|bp| bp.to_string());
        changes.push(Change::of("commissionBp", text(before.commission_bp), text(after.commission_bp)));
    }
    if before.invoice_prefix != after.invoice_prefix {
        let text = |prefix: &Option<InvoicePrefix>| prefix.as_ref().map(ToString::to_string);
        changes.push(Change::of("invoicePrefix", text(&before.invoice_prefix), text(&after.invoice_prefix)));
    }
    changes
}
