//! Invitations sent again to people who have not accepted the first.

use domain::id::TenantId;
use domain::operation::{Action, Operation};
use domain::ticket::{PAUSE, Ticket};
use domain::user::User;

use crate::error::{Error, Result};
use crate::write::Write;
use crate::{Store, audit, key, members, outbox, platform, tickets};

/// Why somebody was not invited again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvitationRefused {
    /// The mail before was asked for within [`PAUSE`], and its link goes on working.
    #[error("the person was invited a moment ago")]
    TooSoon,
    /// The person has set a password.
    #[error("the invitation was accepted")]
    Accepted,
    /// Somebody else changed the person first.
    #[error("the person was changed meanwhile")]
    Changed,
    /// The one who acts has lost a role or their account meanwhile.
    #[error("the acting person was changed meanwhile")]
    NoLonger,
}

impl Store {
    /// Invites somebody again: `ticket` takes the place of the one before, whose link is void from then on.
    ///
    /// # Errors
    /// When the table can't be written. The inner error says what stands against it.
    pub async fn invite_again(
        &self,
        operation: &Operation,
        user: &User,
        ticket: &Ticket,
    ) -> Result<Result<(), InvitationRefused>> {
        let acting = members::still_there(operation, user.id)?;
        self.send_again(operation, user, ticket, acting, None).await
    }

    /// Invites an owner of a marketplace again, in the name of the platform.
    ///
    /// # Errors
    /// When the table can't be written. The inner error says what stands against it.
    pub async fn invite_owner_again(
        &self,
        operation: &Operation,
        tenant: TenantId,
        owner: &User,
        ticket: &Ticket,
    ) -> Result<Result<(), InvitationRefused>> {
        let acting = members::still_there(operation, owner.id)?;
        let ours = audit::record(operation, Action::UserInvited, &owner.id.to_string())?;
        self.send_again(&platform::within(operation, tenant), owner, ticket, acting, Some(ours)).await
    }

    async fn send_again(
        &self,
        operation: &Operation,
        user: &User,
        ticket: &Ticket,
        acting: Option<Write>,
        also: Option<Write>,
    ) -> Result<Result<(), InvitationRefused>> {
        let scope = operation.scope;
        // Without this, a link could be sent that sets a password anew for a week after the first was set.
        let waits = Write::check(key::login(scope, &user.email_index))
            .when("user", "=", user.id)?
            .when("status", "=", user.status)?
            .when_absent("passwordHash");
        let row = tickets::put(scope, ticket)?.when_absent_or("createdAt", "<=", operation.now.minus(PAUSE))?;
        let (place_of_row, place_of_login, place_of_actor) = (0, 1, acting.as_ref().map(|_| 2));
        let mut writes = vec![row, waits];
        writes.extend(acting);
        writes.push(outbox::publish(scope, &operation.envelope(ticket.issued()))?);
        writes.push(audit::record(operation, ticket.kind.requested(), &user.id.to_string())?);
        writes.extend(also);
        let Err(refused) = self.table.transact(writes).await? else { return Ok(Ok(())) };
        let has_password = refused.found.is_some_and(|login| login.contains_key("passwordHash"));
        match refused.index {
            index if index == place_of_row => Ok(Err(InvitationRefused::TooSoon)),
            index if index == place_of_login && has_password => Ok(Err(InvitationRefused::Accepted)),
            index if index == place_of_login => Ok(Err(InvitationRefused::Changed)),
            index if Some(index) == place_of_actor => Ok(Err(InvitationRefused::NoLonger)),
            _ => Err(Error::Conflict),
        }
    }
}
