//! Mails that bring a link: to verify an address, to set a password, to move to another address, to accept an invitation.

use domain::id::{TicketId, UserId};
use domain::tenant::Tenant;
use domain::ticket::TicketKind;
use platform::tickets;
use worker::{Job, JobError};

use crate::letter::{Letter, Link};
use crate::{Composed, Sent, State};

/// Writes the mail that brings a ticket; none when it was used, replaced, sent or has expired meanwhile, or its
/// person is gone or kept out.
pub(crate) async fn mail(
    state: &State,
    job: &Job,
    tenant: &Tenant,
    kind: TicketKind,
    user: UserId,
    id: TicketId,
) -> Result<Option<Composed>, JobError> {
    let operation = &job.operation;
    let found = state.store.ticket_with_user(operation.scope, user, kind).await?;
    let Some((ticket, user)) = found.filter(|(ticket, _)| ticket.id == id && operation.now < ticket.expires_at) else {
        return Ok(None);
    };
    if !kind.opens(&user) {
        return Ok(None);
    }
    let Some(to) = state.addressee(tenant, user).await? else { return Ok(None) };
    let Some(token) = tickets::open_token(&state.vault, tenant, &to.user, &ticket).await? else { return Ok(None) };
    let address = match kind {
        TicketKind::EmailChange => {
            tickets::open_new_email(&state.vault, tenant, &to.user, &ticket).await?.as_str().to_owned()
        }
        _ => to.email,
    };
    let minutes = kind.life().as_secs() / 60;
    let link =
        |life| Link { name: to.name, link: format!("{}/{}?token={token}", state.shop_url(tenant), kind.page()), life };
    let letter = match kind {
        TicketKind::EmailVerification => Letter::EmailVerification(link(minutes / 60)),
        TicketKind::PasswordReset => Letter::PasswordReset(link(minutes)),
        TicketKind::EmailChange => Letter::EmailChange(link(minutes / 60)),
        TicketKind::Invitation => Letter::Invitation(link(minutes / 60 / 24)),
    };
    let mail = state.write(tenant, &letter, address).await?;
    Ok(Some(Composed { mail, sent: Sent::Ticket(ticket) }))
}
