//! One-time tokens that go out by mail: one place for each person and kind, so that only the newest works.

use domain::clock::Timestamp;
use domain::event::Event;
use domain::id::UserId;
use domain::operation::{Action, Operation};
use domain::tenant::TenantScope;
use domain::ticket::{PAUSE, Ticket, TicketKind};
use domain::user::User;

use crate::error::Result;
use crate::row::Row;
use crate::table::Consistency;
use crate::users::{self, Registration};
use crate::write::Write;
use crate::{Store, audit, key, outbox};

/// Whether there is anybody to send the mail to. Clients must not be able to tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Addressee {
    /// The person of the ticket.
    Somebody,
    /// Nobody: the same is written as for somebody, and nothing comes of it.
    Nobody,
}

/// The `type` of what is written for nobody. The relay takes no notice of it.
const DECOY: &str = "Decoy";

/// Stores a ticket in the place of an older one of its kind.
pub(crate) fn put(scope: TenantScope, ticket: &Ticket) -> Result<Write> {
    let row = Row::new(key::ticket(scope, ticket.user, ticket.kind), "Ticket", ticket)?;
    Ok(Write::put(row.until(ticket.expires_at)))
}

/// Uses a ticket up; fails when it was used, replaced or has expired.
pub(crate) fn spend(scope: TenantScope, ticket: &Ticket, now: Timestamp) -> Result<Write> {
    let write = Write::delete(key::ticket(scope, ticket.user, ticket.kind));
    write.when("secretHash", "=", &ticket.secret_hash)?.when("expiresAt", ">", now)
}

/// Takes whatever ticket of a kind a person has.
pub(crate) fn void(scope: TenantScope, user: UserId, kind: TicketKind) -> Write {
    Write::delete(key::ticket(scope, user, kind))
}

impl Store {
    /// Issues a ticket and asks for its mail. A person who got one of the kind within [`PAUSE`] gets no other, and
    /// the one they have goes on working: then the answer is false, of which strangers must not learn.
    ///
    /// # Errors
    /// When the table can't be written.
    pub async fn issue_ticket(&self, operation: &Operation, ticket: &Ticket, addressee: Addressee) -> Result<bool> {
        let scope = operation.scope;
        let envelope = operation.envelope(ticket.issued());
        let (row, told) = match addressee {
            Addressee::Somebody => (put(scope, ticket)?, outbox::publish(scope, &envelope)?),
            Addressee::Nobody => {
                let kept = |key, value: Row| Row { key, ..value }.until(ticket.expires_at);
                let place = key::ticket(scope, ticket.user, ticket.kind);
                let row = kept(place.clone(), Row::new(place, DECOY, ticket)?);
                let place = key::event(scope, envelope.id);
                let told = kept(place.clone(), Row::new(place, DECOY, &envelope)?);
                (Write::put(row), Write::create(told))
            }
        };
        let writes = vec![
            row.when_absent_or("createdAt", "<=", operation.now.minus(PAUSE))?,
            told,
            audit::record(operation, ticket.kind.requested(), &ticket.user.to_string())?,
        ];
        Ok(self.table.transact(writes).await?.is_ok())
    }

    /// Opens an account for somebody who registers, and asks for the mail by which they prove the address.
    ///
    /// # Errors
    /// When the table can't be written.
    pub async fn register_with_ticket(
        &self,
        operation: &Operation,
        user: &User,
        password_hash: Option<String>,
        ticket: &Ticket,
    ) -> Result<Registration> {
        let scope = operation.scope;
        let mut writes = users::opening(scope, user, password_hash)?;
        writes.extend([
            put(scope, ticket)?,
            outbox::publish(scope, &operation.envelope(Event::UserRegistered { user: user.id }))?,
            outbox::publish(scope, &operation.envelope(ticket.issued()))?,
            audit::record(operation, Action::UserRegistered, &user.id.to_string())?,
        ]);
        let outcome = self.table.transact(writes).await?;
        Ok(if outcome.is_ok() { Registration::Opened } else { Registration::Taken })
    }

    /// Reads the newest ticket of a kind together with its person; both or none.
    ///
    /// # Errors
    /// When the table can't be read.
    pub async fn ticket_with_user(
        &self,
        scope: TenantScope,
        user: UserId,
        kind: TicketKind,
    ) -> Result<Option<(Ticket, User)>> {
        let (ticket, user) = (key::ticket(scope, user, kind), key::user(scope, user));
        let mut found = self.table.get_many([ticket.clone(), user.clone()], Consistency::Strong).await?;
        Ok(found.take::<Ticket>(&ticket)?.zip(found.take::<User>(&user)?))
    }

    /// Forgets the token of a ticket whose mail was sent, unless another took the ticket's place.
    ///
    /// # Errors
    /// When the table can't be written.
    pub async fn ticket_sent(&self, scope: TenantScope, ticket: &Ticket) -> Result<()> {
        let write = Write::update(key::ticket(scope, ticket.user, ticket.kind)).remove("token");
        self.table.write(write.when("id", "=", ticket.id)?).await?.or(Ok(()))
    }
}

/// Tells of something that changed about how a person signs in.
pub(crate) fn security_changed(
    operation: &Operation,
    user: UserId,
    change: domain::event::SecurityChange,
) -> Result<Write> {
    outbox::publish(operation.scope, &operation.envelope(Event::SecurityChanged { user, change }))
}
