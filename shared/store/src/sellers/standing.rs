//! Whether sellers may sell: approved, stopped, let go on, closed.

use std::collections::{BTreeMap, BTreeSet};

use domain::access::Role;
use domain::catalog::{Seller, SellerStatus, Standings};
use domain::event::Event;
use domain::id::{SellerId, UserId};
use domain::operation::{Action, Change, Operation};
use domain::tenant::TenantScope;
use domain::user::{User, UserStatus};
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{Part, SellerRefused, row};
use crate::error::Result;
use crate::table::Consistency;
use crate::write::Write;
use crate::{Store, audit, key, members, outbox};

/// How many sellers of a tenant can be stopped at once: the item that names them is read with every product.
pub const MAX_STOPPED: u32 = 1_000;
/// With how many sellers of a tenant a commission of their own can be agreed.
pub const MAX_AGREED: u32 = 2_000;

/// The item that tells what is out of the ordinary: a set of those who are stopped, and for each seller with a commission of
/// their own an attribute that is named by the seller's id. So each is changed without reading the others.
#[derive(Debug, Default, Deserialize)]
#[serde(from = "BTreeMap<String, Told>")]
pub(crate) struct Stored(pub(crate) Standings);

/// The value of one attribute.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Told {
    Number(u32),
    Sellers(BTreeSet<SellerId>),
    Other(IgnoredAny),
}

impl From<BTreeMap<String, Told>> for Stored {
    fn from(attributes: BTreeMap<String, Told>) -> Self {
        let mut standings = Standings::default();
        for (name, told) in attributes {
            match (told, name.parse()) {
                (Told::Number(commission_bp), Ok(seller)) => {
                    standings.commissions.insert(seller, commission_bp);
                }
                (Told::Sellers(sellers), _) if name == STOPPED => standings.stopped = sellers,
                _ => {}
            }
        }
        Self(standings)
    }
}

const STOPPED: &str = "stopped";

impl Store {
    /// Reads what is out of the ordinary about the tenant's sellers. It may miss the last moments.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn standings(&self, scope: TenantScope) -> Result<Standings> {
        let found: Option<Stored> = self.table.get(key::standings(scope), Consistency::Eventual).await?;
        Ok(found.unwrap_or_default().0)
    }

    /// Moves a profile from `before`, as it was read, to `next`, which the profile's rules allow. Where that is active,
    /// `person`, as read, is a seller from then on.
    ///
    /// # Errors
    /// When the table can't be written. The inner error says what stands against it.
    pub async fn move_seller(
        &self,
        operation: &Operation,
        before: &Seller,
        next: SellerStatus,
        person: &User,
    ) -> Result<std::result::Result<Seller, SellerRefused>> {
        let (scope, version) = (operation.scope, before.version.saturating_add(1));
        let after = Seller { status: next, version, updated_at: operation.now, ..before.clone() };
        let mut parts = vec![(Part::Profile, Write::put(row(scope, &after)?).when("version", "=", before.version)?)];
        if next == SellerStatus::Active {
            parts.extend(made_seller(operation, person)?);
        }
        parts.extend(kept_in_step(scope, before, &after)?);
        let event = Event::SellerStatusChanged { seller: after.id, user: after.user, status: next };
        parts.push((Part::Other, outbox::publish(scope, &operation.envelope(event))?));
        parts.push((Part::Other, told(operation, before, next)?));
        parts.extend(members::still_there(operation, before.user)?.map(|write| (Part::Person, write)));
        Ok(self.commit_seller(parts).await?.map_or(Ok(after), Err))
    }

    /// Closes a profile as read for good, and blanks it; its name in URLs is free again.
    ///
    /// # Errors
    /// When the table can't be written. The inner error says that the profile was changed meanwhile.
    pub async fn close_seller(
        &self,
        operation: &Operation,
        before: &Seller,
    ) -> Result<std::result::Result<(), SellerRefused>> {
        let Ok(closed) = before.clone().closed() else { return Ok(Ok(())) };
        let scope = operation.scope;
        let after = Seller { version: before.version.saturating_add(1), updated_at: operation.now, ..closed };
        let mut parts = vec![
            (Part::Profile, Write::put(row(scope, &after)?).when("version", "=", before.version)?),
            (Part::Other, Write::delete(key::seller_slug(scope, &before.slug))),
            (Part::Other, told(operation, before, SellerStatus::Closed)?),
        ];
        parts.extend(kept_in_step(scope, before, &after)?);
        Ok(self.commit_seller(parts).await?.map_or(Ok(()), Err))
    }
}

fn told(operation: &Operation, before: &Seller, next: SellerStatus) -> Result<Write> {
    let change = Change::of("status", [before.status.as_str()], [next.as_str()]);
    audit::record_changes(operation, Action::SellerChanged, &before.id.to_string(), vec![change])
}

/// Keeps the item that tells what is out of the ordinary in step with a profile; nothing when it tells the same of both.
pub(super) fn kept_in_step(scope: TenantScope, before: &Seller, after: &Seller) -> Result<Option<(Part, Write)>> {
    let (was, is) = (before.status == SellerStatus::Suspended, after.status == SellerStatus::Suspended);
    if was == is && before.commission_bp == after.commission_bp {
        return Ok(None);
    }
    let mut item = Write::upsert(key::standings(scope)).set_once("type", "Standings")?.set_once("v", 1)?;
    let id = after.id.to_string();
    if !was && is {
        item = item.include(STOPPED, &id).when_fewer(STOPPED, MAX_STOPPED)?;
    } else if was && !is {
        item = item.exclude(STOPPED, &id);
    }
    item = match (before.commission_bp, after.commission_bp) {
        (was, now) if was == now => item,
        (Some(_), Some(now)) => item.set(&id, now)?,
        (None, Some(now)) => item.set(&id, now)?.add("agreed", 1)?.when_absent_or("agreed", "<", MAX_AGREED)?,
        (_, None) => item.remove(&id).add("agreed", -1)?,
    };
    Ok(Some((Part::Standings, item)))
}

/// Demands that somebody's account is open.
pub(super) fn open_account(scope: TenantScope, person: UserId) -> Result<Write> {
    Write::check(key::user(scope, person)).when_present("keyPart").when("status", "=", UserStatus::Active)
}

/// Makes a person, as read, a seller, in the account and in its login record.
pub(super) fn made_seller(operation: &Operation, person: &User) -> Result<Vec<(Part, Write)>> {
    let scope = operation.scope;
    if person.roles.contains(&Role::Seller) && person.seller.is_some() {
        return Ok(vec![(Part::Person, open_account(scope, person.id)?)]);
    }
    let mut roles = person.roles.clone();
    roles.push(Role::Seller);
    roles.sort_unstable();
    roles.dedup();
    let after = members::changed(operation, person.clone().with_roles(roles));
    let account = members::touched(operation, person, &after)?
        .set("roles", &after.roles)?
        .set("seller", Seller::id_of(person.id))?
        .when_present("keyPart")
        .when("status", "=", UserStatus::Active)?;
    let login = Write::update(key::login(scope, &person.email_index)).set("roles", &after.roles)?;
    let names = |user: &User| user.roles.iter().map(|role| role.as_str()).collect::<Vec<_>>();
    let change = Change::of("roles", names(person), names(&after));
    let audit = audit::record_changes(operation, Action::RolesChanged, &person.id.to_string(), vec![change])?;
    Ok(vec![(Part::Person, account), (Part::Person, login.when("user", "=", person.id)?), (Part::Other, audit)])
}
