//! One-time tokens between their two forms: the text in a mail, and what is stored of it.

use domain::id::{TicketId, UserId};
use domain::operation::Operation;
use domain::pii::{BlindIndex, KeyPart, Purpose};
use domain::tenant::Tenant;
use domain::ticket::{Ticket, TicketKind, field};
use domain::user::{Email, User};

use crate::tokens::TicketToken;
use crate::vault::{Place, Vault, VaultError};

/// Makes a ticket for a person. It is not stored yet.
///
/// # Errors
/// When KMS can't be asked, or the person's key part was destroyed.
pub async fn issue_to(
    vault: &Vault,
    tenant: &Tenant,
    operation: &Operation,
    kind: TicketKind,
    user: &User,
) -> Result<Ticket, VaultError> {
    let part = user.key_part.as_ref().ok_or(VaultError::Unreadable)?;
    issue(vault, tenant, operation, kind, user.id, part).await
}

async fn issue(
    vault: &Vault,
    tenant: &Tenant,
    operation: &Operation,
    kind: TicketKind,
    user: UserId,
    part: &KeyPart,
) -> Result<Ticket, VaultError> {
    let (id, token) = (operation.id::<TicketId>(), TicketToken::generate(user, &operation.ambient));
    let place = id.to_string();
    let sealed =
        vault.seal_text(tenant, Purpose::Pii, Place::of(part, &place, field::TOKEN), token.expose().as_str()).await?;
    Ok(Ticket {
        id,
        user,
        kind,
        secret_hash: token.hash(),
        token: Some(sealed),
        new_email: None,
        created_at: operation.now,
        expires_at: operation.now.plus(kind.life()),
    })
}

/// Makes the ticket by which a person moves to another address.
///
/// # Errors
/// When KMS can't be asked, or the person's key part was destroyed.
pub async fn issue_for_move(
    vault: &Vault,
    tenant: &Tenant,
    operation: &Operation,
    user: &User,
    to: &Email,
) -> Result<Ticket, VaultError> {
    let part = user.key_part.as_ref().ok_or(VaultError::Unreadable)?;
    let ticket = issue(vault, tenant, operation, TicketKind::EmailChange, user.id, part).await?;
    let item = ticket.id.to_string();
    let place = Place::of(part, &item, field::NEW_EMAIL);
    let new_email = vault.seal_text(tenant, Purpose::Pii, place, to.as_str()).await?;
    Ok(Ticket { new_email: Some(new_email), ..ticket })
}

/// Makes a ticket that nobody can use, at the same cost as a real one: for an address that has no account, so that asking
/// takes as long as for one that has. The same address always gets the same nobody.
///
/// # Errors
/// When KMS can't be asked for the tenant's keys.
pub async fn issue_to_nobody(
    vault: &Vault,
    tenant: &Tenant,
    operation: &Operation,
    kind: TicketKind,
    address: &BlindIndex,
) -> Result<Ticket, VaultError> {
    issue(vault, tenant, operation, kind, nobody(address), &KeyPart::generate(&operation.ambient)).await
}

/// Returns the id of the nobody who stands in for an address without an account: no account ever has an id of the year 1970.
pub fn nobody(address: &BlindIndex) -> UserId {
    use domain::clock::Timestamp;
    use domain::id::Id;
    let random = u128::from_str_radix(address.as_text(), 16).unwrap_or_default();
    UserId::from_parts(Timestamp::from_millis(0), random)
}

/// Opens the token's text for the mail; none when its mail was sent already.
///
/// # Errors
/// When KMS can't be asked, or the person's key part was destroyed.
pub async fn open_token(
    vault: &Vault,
    tenant: &Tenant,
    user: &User,
    ticket: &Ticket,
) -> Result<Option<String>, VaultError> {
    let Some(sealed) = &ticket.token else { return Ok(None) };
    let part = user.key_part.as_ref().ok_or(VaultError::Unreadable)?;
    let item = ticket.id.to_string();
    vault.open_text(tenant, Purpose::Pii, Place::of(part, &item, field::TOKEN), sealed).await.map(Some)
}

/// Opens the address that a ticket moves its person to.
///
/// # Errors
/// When KMS can't be asked, the person's key part was destroyed, or the ticket moves nobody.
pub async fn open_new_email(vault: &Vault, tenant: &Tenant, user: &User, ticket: &Ticket) -> Result<Email, VaultError> {
    let (sealed, part) = ticket.new_email.as_ref().zip(user.key_part.as_ref()).ok_or(VaultError::Unreadable)?;
    let item = ticket.id.to_string();
    let text = vault.open_text(tenant, Purpose::Pii, Place::of(part, &item, field::NEW_EMAIL), sealed).await?;
    Email::new(&text).map_err(|_| VaultError::Unreadable)
}
