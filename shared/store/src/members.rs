//! The people of a tenant as those who run it see and change them.

use std::collections::BTreeSet;

use domain::access::Role;
use domain::event::Event;
use domain::id::UserId;
use domain::operation::{Action, Actor, Change, Operation};
use domain::pii::{BlindIndex, Sealed};
use domain::tenant::TenantScope;
use domain::ticket::Ticket;
use domain::user::{KycStatus, User, UserStatus};
use serde::Serialize;

use crate::error::{Error, Result};
use crate::key::{self, Index};
use crate::page::{Page, Position};
use crate::write::Write;
use crate::{Store, audit, outbox, owners, row, tickets, users};

/// How many people one query of a filtered list looks at.
const LOOKED_AT: u32 = 100;
/// How many queries one page of a filtered list may take, one after the other. A page that finds less than it may hold
/// by then ends there, and the next one goes on.
pub const MOST_QUERIES: usize = 5;
/// How many people with one phone number are shown.
pub const MOST_OF_ONE_PHONE: u32 = 20;

/// Whom a list shows. Nothing given shows everybody.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct MemberFilter {
    /// Those who are this, whatever else they are.
    pub role: Option<Role>,
    /// Those whose account is in this status.
    pub status: Option<UserStatus>,
    /// Those who were checked this far.
    pub kyc: Option<KycStatus>,
    /// Those whom this person advises.
    pub advisor: Option<UserId>,
    /// Those whom this person brought in.
    pub sponsor: Option<UserId>,
}

impl MemberFilter {
    fn admits(&self, user: &User) -> bool {
        self.role.is_none_or(|role| user.roles.contains(&role))
            && self.status.is_none_or(|status| user.status == status)
            && self.kyc.is_none_or(|kyc| user.kyc == kyc)
            && self.advisor.is_none_or(|advisor| user.advisor == Some(advisor))
            && self.sponsor.is_none_or(|sponsor| user.sponsor == Some(sponsor))
    }
}

/// Why somebody was not changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MemberRefused {
    /// The person is the last owner, and would not be one any more.
    #[error("the last owner must stay")]
    LastOwner,
    /// Somebody else changed the person first.
    #[error("the person was changed meanwhile")]
    Changed,
    /// The one who acts has lost a role or their account meanwhile.
    #[error("the acting person was changed meanwhile")]
    NoLonger,
}

/// Why it was not noted who stands by somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TiesRefused {
    /// Who was named is nobody of the tenant, or their account is closed.
    #[error("{0} is nobody whose account is open")]
    Stranger(UserId),
    /// The change itself is refused.
    #[error(transparent)]
    Member(#[from] MemberRefused),
}

/// What each write of a change stands for.
#[derive(Clone, Copy)]
enum Part {
    User,
    Owners,
    Actor,
    Other,
}

/// How somebody else than the person opens an account.
#[derive(Debug, Clone, Copy)]
pub enum OpenedBy<'a> {
    /// Those who run the tenant, with a password they pass on, or none.
    Member,
    /// The same, and a mail goes out by which the person sets a password.
    Invitation(&'a Ticket),
    /// An operator, from the books of another system.
    Import,
}

/// Why no account was opened for somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpeningRefused {
    /// The e-mail has an account already.
    #[error("the e-mail address has an account already")]
    EmailTaken,
    /// The one who acts has lost a role or their account meanwhile.
    #[error("the acting person was changed meanwhile")]
    NoLonger,
}

/// What goes with the opening of an account by somebody else, beside the account itself.
pub(crate) fn told_of_opening(operation: &Operation, user: &User, by: OpenedBy<'_>) -> Result<Vec<Write>> {
    let scope = operation.scope;
    let publish = |event| outbox::publish(scope, &operation.envelope(event));
    let mut writes = vec![publish(Event::UserRegistered { user: user.id })?];
    let action = match by {
        OpenedBy::Member => Action::UserRegistered,
        OpenedBy::Import => Action::UserImported,
        OpenedBy::Invitation(ticket) => {
            writes.extend([tickets::put(scope, ticket)?, publish(ticket.issued())?]);
            Action::UserInvited
        }
    };
    let roles = Change::of("roles", [], user.roles.iter().map(|role| role.as_str()));
    writes.push(audit::record_changes(operation, action, &user.id.to_string(), vec![roles])?);
    Ok(writes)
}

impl Store {
    /// Opens an account for somebody.
    ///
    /// # Errors
    /// When the table can't be written. The inner error says what stands against it.
    pub async fn open_member(
        &self,
        operation: &Operation,
        user: &User,
        password_hash: Option<String>,
        by: OpenedBy<'_>,
    ) -> Result<Result<(), OpeningRefused>> {
        let actor = still_there(operation, user.id)?;
        let checks = usize::from(actor.is_some());
        let mut writes: Vec<Write> = actor.into_iter().collect();
        writes.extend(users::opening(operation.scope, user, password_hash)?);
        writes.extend(told_of_opening(operation, user, by)?);
        Ok(self.table.transact(writes).await?.map_err(|refused| {
            if refused.index < checks { OpeningRefused::NoLonger } else { OpeningRefused::EmailTaken }
        }))
    }

    /// Lists the people of a tenant, newest first. The index may miss what changed in the last moments.
    ///
    /// A filtered page looks at no more than 500 people, in [`MOST_QUERIES`] queries; it may hold less than `limit`, or
    /// nobody, and have a next one all the same.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn members(
        &self,
        scope: TenantScope,
        filter: &MemberFilter,
        limit: u32,
        mut from: Option<Position>,
    ) -> Result<Page<User>> {
        let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
        let (step, queries) = if *filter == MemberFilter::default() { (limit, 1) } else { (LOOKED_AT, MOST_QUERIES) };
        let mut found = Vec::new();
        for _ in 0..queries {
            let query = self.table.query(key::users_list(scope)).index(Index::Second).newest_first();
            let rows = query.limit(step).from(from).rows().await?;
            let (count, next) = (rows.items.len(), rows.next);
            for (number, item) in rows.items.into_iter().enumerate() {
                let place = Position::of(&item, Some(Index::Second));
                let user: User = row::value(item)?;
                if !filter.admits(&user) {
                    continue;
                }
                found.push(user);
                if found.len() >= wanted {
                    let is_last = number.saturating_add(1) >= count;
                    return Ok(Page { items: found, next: if is_last { next } else { Some(place) } });
                }
            }
            from = next;
            if from.is_none() {
                break;
            }
        }
        Ok(Page { items: found, next: from })
    }

    /// Finds who has a phone number, by the places where its fingerprint may stand: at most [`MOST_OF_ONE_PHONE`] people.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn users_with_phone(&self, scope: TenantScope, places: &[BlindIndex]) -> Result<Vec<User>> {
        let mut found: Vec<User> = Vec::new();
        for place in places {
            let query = self.table.query(key::phone_list(scope, place)).index(Index::First).limit(MOST_OF_ONE_PHONE);
            for user in query.page::<User>().await?.items {
                // Somebody who is on the way from one place to the other may be seen at both.
                if found.iter().all(|known| known.id != user.id) {
                    found.push(user);
                }
            }
        }
        Ok(found)
    }

    /// Changes what a person is and whether they may come in, from `before`, as it was read, to `after`, in the account and
    /// in its login record at once.
    ///
    /// # Errors
    /// When the table can't be written. The inner error says what stands against it.
    pub async fn change_member(
        &self,
        operation: &Operation,
        before: &User,
        after: User,
        action: Action,
    ) -> Result<Result<User, MemberRefused>> {
        let scope = operation.scope;
        let after = changed(operation, after);
        let mut update = touched(operation, before, &after)?.set("roles", &after.roles)?.set("status", after.status)?;
        if let Some(seller) = after.seller {
            update = update.set("seller", seller)?;
        }
        update = match after.carrier {
            Some(carrier) => update.set("carrier", carrier)?,
            None => update.remove("carrier"),
        };
        if after.sessions_from != before.sessions_from {
            update = match after.sessions_from {
                Some(from) => update.set("sessionsFrom", from)?,
                None => update.remove("sessionsFrom"),
            };
            update = update.remove("sessionKept");
        }
        let login = Write::update(key::login(scope, &before.email_index))
            .set("roles", &after.roles)?
            .set("status", after.status)?
            .when("user", "=", before.id)?;
        let names = |user: &User| user.roles.iter().map(|role| role.as_str()).collect::<Vec<_>>();
        let mut changes = Vec::new();
        if before.roles != after.roles {
            changes.push(Change::of("roles", names(before), names(&after)));
        }
        if before.status != after.status {
            changes.push(Change::of("status", [before.status.as_str()], [after.status.as_str()]));
        }
        if before.carrier != after.carrier {
            let carrier = |user: &User| user.carrier.map(|carrier| carrier.to_string());
            changes.push(Change::of("carrier", carrier(before), carrier(&after)));
        }
        let audit = audit::record_changes(operation, action, &before.id.to_string(), changes)?;
        let mut parts = vec![(Part::User, update), (Part::User, login), (Part::Other, audit)];
        parts.extend(owners::recount(scope, Some(before), Some(&after))?.map(|write| (Part::Owners, write)));
        parts.extend(still_there(operation, before.id)?.map(|write| (Part::Actor, write)));
        self.commit_member(parts, after).await
    }

    /// Moves the check of who a person is from `before`, as it was read, to `kyc`, with the sealed papers that go with it.
    ///
    /// # Errors
    /// When the table can't be written. The inner error says what stands against it.
    pub async fn change_kyc(
        &self,
        operation: &Operation,
        before: &User,
        kyc: KycStatus,
        papers: &Sealed,
        action: Action,
    ) -> Result<Result<User, MemberRefused>> {
        let after = User { kyc, kyc_data: Some(papers.clone()), ..before.clone() };
        let after = changed(operation, after);
        let update = touched(operation, before, &after)?.set("kyc", kyc)?.set("kycData", papers)?;
        let changes = vec![Change::of("kyc", [before.kyc.as_str()], [kyc.as_str()])];
        let audit = audit::record_changes(operation, action, &before.id.to_string(), changes)?;
        let mut parts = vec![(Part::User, update), (Part::Other, audit)];
        parts.extend(still_there(operation, before.id)?.map(|write| (Part::Actor, write)));
        self.commit_member(parts, after).await
    }

    /// Notes who advises a person and who brought them in, from `before`, as it was read, to `after`. Who is newly named must
    /// be of the tenant, with an open account.
    ///
    /// # Errors
    /// When the table can't be written. The inner error says what stands against it.
    pub async fn change_ties(
        &self,
        operation: &Operation,
        before: &User,
        after: User,
    ) -> Result<Result<User, TiesRefused>> {
        let after = changed(operation, after);
        let mut update = touched(operation, before, &after)?;
        let (mut changes, mut named) = (Vec::new(), BTreeSet::new());
        for (attribute, old, new) in
            [("advisor", before.advisor, after.advisor), ("sponsor", before.sponsor, after.sponsor)]
        {
            if old == new {
                continue;
            }
            update = match new {
                Some(id) => update.set(attribute, id)?,
                None => update.remove(attribute),
            };
            named.extend(new);
            changes.push(Change::of(attribute, old.map(|id| id.to_string()), new.map(|id| id.to_string())));
        }
        let actor = still_there(operation, before.id)?;
        if let Some(acting) = actor.as_ref().and(actor_of(operation)) {
            // Who acts is checked already, and a transaction takes an item once.
            named.remove(&acting);
        }
        let audit = audit::record_changes(operation, Action::UserChanged, &before.id.to_string(), changes)?;
        let mut parts = vec![(Part::User, update), (Part::Other, audit)];
        parts.extend(actor.map(|write| (Part::Actor, write)));
        let first = parts.len();
        for id in &named {
            let open = Write::check(key::user(operation.scope, *id)).when("status", "=", UserStatus::Active)?;
            parts.push((Part::Other, open));
        }
        let (parts, writes): (Vec<Part>, Vec<Write>) = parts.into_iter().unzip();
        let Err(refused) = self.table.transact(writes).await? else { return Ok(Ok(counted(after))) };
        match refused.index.checked_sub(first).and_then(|place| named.iter().nth(place)) {
            Some(stranger) => Ok(Err(TiesRefused::Stranger(*stranger))),
            None => Ok(Err(stands_against(&parts, refused.index)?.into())),
        }
    }

    async fn commit_member(&self, parts: Vec<(Part, Write)>, after: User) -> Result<Result<User, MemberRefused>> {
        let (parts, writes): (Vec<Part>, Vec<Write>) = parts.into_iter().unzip();
        let Err(refused) = self.table.transact(writes).await? else {
            return Ok(Ok(counted(after)));
        };
        stands_against(&parts, refused.index).map(Err)
    }
}

/// Counts a person's version up, as the table has just done.
fn counted(person: User) -> User {
    User { version: person.version.saturating_add(1), ..person }
}

/// Says what a refused write of a change means.
fn stands_against(parts: &[Part], refused: usize) -> Result<MemberRefused> {
    match parts.get(refused) {
        Some(Part::User) => Ok(MemberRefused::Changed),
        Some(Part::Owners) => Ok(MemberRefused::LastOwner),
        Some(Part::Actor) => Ok(MemberRefused::NoLonger),
        Some(Part::Other) | None => Err(Error::Conflict),
    }
}

/// Says who changed a person, and when.
pub(crate) fn changed(operation: &Operation, person: User) -> User {
    person.changed_by(actor_of(operation), operation.now)
}

/// Begins the update of a person that nobody changed since it was read.
pub(crate) fn touched(operation: &Operation, before: &User, after: &User) -> Result<Write> {
    Write::update(key::user(operation.scope, before.id))
        .set("updatedAt", after.updated_at)?
        .set("updatedBy", after.updated_by)?
        .add("version", 1)?
        .when("version", "=", before.version)
}

fn actor_of(operation: &Operation) -> Option<UserId> {
    match operation.actor {
        Actor::User { id, .. } => Some(id),
        Actor::Anonymous | Actor::Provider { .. } | Actor::System { .. } => None,
    }
}

/// Demands that the one who acts is still what they were when the request began: so of two who take each other's rights
/// at the same moment only one succeeds, and nobody acts on after having been suspended.
pub(crate) fn still_there(operation: &Operation, target: UserId) -> Result<Option<Write>> {
    match &operation.actor {
        // Whoever changes themselves is guarded by the version of what they have read.
        Actor::User { id, roles } if *id != target => {
            let check = Write::check(key::user(operation.scope, *id)).when("roles", "=", roles)?;
            check.when("status", "=", UserStatus::Active).map(Some)
        }
        _ => Ok(None),
    }
}
