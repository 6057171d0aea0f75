//! One-time tokens: asked for by an address, presented with a link.

use domain::operation::{Actor, Operation};
use domain::tenant::TenantScope;
use domain::ticket::{Ticket, TicketKind};
use domain::user::{Email, User, field};
use platform::tickets;
use platform::tokens::TicketToken;
use store::table::Consistency;
use store::tickets::Addressee;
use web::{Code, Edge, Problem, RequestInfo, TenantOf};

/// Sends a ticket to whoever has an address, if `fits` says so of them. For everybody else as much is read, made and
/// written, so that neither the answer nor how long it takes tells whether the address has an account.
pub(crate) async fn mail(
    edge: &Edge,
    tenant: &TenantOf,
    operation: &Operation,
    kind: TicketKind,
    address: &Email,
    fits: impl Fn(&User) -> bool,
) -> Result<(), Problem> {
    let (vault, scope) = (edge.vault(), operation.scope);
    let places = vault.index_places(tenant, field::EMAIL_INDEX, address.as_str()).await?;
    let login = edge.store().login_at(scope, places.read()).await?;
    let user = login.map_or_else(|| tickets::nobody(&places.write), |(_, login)| login.user);
    let user = edge.store().user(scope, user, Consistency::Strong).await?;
    let (ticket, addressee) = match user.filter(|user| user.key_part.is_some() && fits(user)) {
        Some(user) => (tickets::issue_to(vault, tenant, operation, kind, &user).await?, Addressee::Somebody),
        None => {
            let ticket = tickets::issue_to_nobody(vault, tenant, operation, kind, &places.write).await?;
            (ticket, Addressee::Nobody)
        }
    };
    // Whether a mail of a minute ago stands in the way is nobody's business either.
    edge.store().issue_ticket(operation, &ticket, addressee).await?;
    Ok(())
}

/// Finds what a presented token stands for, and whose it is.
///
/// # Errors
/// With one and the same refusal, whatever is wrong with it.
pub(crate) async fn presented(
    edge: &Edge,
    scope: TenantScope,
    kind: TicketKind,
    text: &str,
) -> Result<(Ticket, User), Problem> {
    let token: TicketToken = text.parse().map_err(|_| refused())?;
    let found = edge.store().ticket_with_user(scope, token.of, kind).await?;
    let (hash, now) = (token.hash(), edge.ambient().now());
    found.filter(|(ticket, _)| ticket.admits(&hash, now)).ok_or_else(refused)
}

/// Opens the operation of somebody who is known by their ticket.
pub(crate) fn operation(edge: &Edge, info: &RequestInfo, scope: TenantScope, user: &User) -> Operation {
    info.note_user(user.id);
    info.operation(scope, Actor::User { id: user.id, roles: user.roles.clone() }, edge.ambient())
}

/// The answer to a token that does not work.
pub(crate) fn refused() -> Problem {
    Problem::new(Code::InvalidTicket)
}
