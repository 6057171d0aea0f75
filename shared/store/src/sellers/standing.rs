//! Whether sellers may sell: approved, stopped, let go on, closed.

use std::collections::BTreeSet;

use domain::access::Role;
use domain::catalog::{Seller, SellerStatus};
use domain::event::Event;
use domain::id::{SellerId, UserId};
use domain::operation::{Action, Change, Operation};
use domain::tenant::TenantScope;
use domain::user::{User, UserStatus};
use serde::Deserialize;

use super::{Part, SellerRefused, row};
use crate::error::Result;
use crate::table::Consistency;
use crate::write::Write;
use crate::{Store, audit, key, members, outbox};

/// How many sellers of a tenant can be stopped at once: the item that names them is read with every product.
pub const MAX_STOPPED: u32 = 1_000;

/// Those whose products are not for sale for the time being.
#[derive(Debug, Default, Deserialize)]
struct Stopped {
    /// The sellers.
    #[serde(default)]
    sellers: BTreeSet<SellerId>,
}

impl Store {
    /// Lists the sellers who are stopped for the time being.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn stopped_sellers(&self, scope: TenantScope) -> Result<BTreeSet<SellerId>> {
        let found: Option<Stopped> = self.table.get(key::stopped_sellers(scope), Consistency::Eventual).await?;
        Ok(found.unwrap_or_default().sellers)
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
        parts.extend(stopping(scope, before, next)?);
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
        parts.extend(stopping(scope, before, SellerStatus::Closed)?);
        Ok(self.commit_seller(parts).await?.map_or(Ok(()), Err))
    }
}

fn told(operation: &Operation, before: &Seller, next: SellerStatus) -> Result<Write> {
    let change = Change::of("status", [before.status.as_str()], [next.as_str()]);
    audit::record_changes(operation, Action::SellerChanged, &before.id.to_string(), vec![change])
}

/// Keeps the item that names those who are stopped in step.
fn stopping(scope: TenantScope, before: &Seller, next: SellerStatus) -> Result<Option<(Part, Write)>> {
    let item = Write::upsert(key::stopped_sellers(scope)).set_once("type", "StoppedSellers")?.set_once("v", 1)?;
    let id = before.id.to_string();
    let write = match (before.status, next) {
        (SellerStatus::Suspended, SellerStatus::Suspended) => return Ok(None),
        (_, SellerStatus::Suspended) => item.include("sellers", &id).when_fewer("sellers", MAX_STOPPED)?,
        (SellerStatus::Suspended, _) => item.exclude("sellers", &id),
        _ => return Ok(None),
    };
    Ok(Some((Part::Stopped, write)))
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
