//! People's data between the form in which they give and read it and the form in which it is stored.

use domain::access::Role;
use domain::address::{self, PostalAddress};
use domain::catalog::{LegalIdentity, PAYOUT_ACCOUNT, Seller};
use domain::id::{OrderId, SellerId, UserId};
use domain::invoice::Invoice;
use domain::operation::Operation;
use domain::pii::{KeyPart, Purpose, Sealed};
use domain::tenant::Tenant;
use domain::user::{Email, NewUser, Papers, PersonName, Phone, User, field};

use crate::vault::{Place, Vault, VaultError};

/// What a person tells of themselves.
#[derive(Debug, Clone)]
pub struct Profile {
    /// The e-mail address.
    pub email: Email,
    /// The phone number.
    pub phone: Option<Phone>,
    /// The first name.
    pub first_name: PersonName,
    /// The last name.
    pub last_name: PersonName,
}

/// Opens an active account for a person, their data sealed and indexed. It is not stored yet.
///
/// # Errors
/// When KMS can't be asked for the tenant's keys.
pub async fn open_account(
    vault: &Vault,
    tenant: &Tenant,
    operation: &Operation,
    profile: &Profile,
    roles: Vec<Role>,
) -> Result<User, VaultError> {
    let (id, key_part) = (operation.id::<UserId>(), KeyPart::generate(&operation.ambient));
    let item = id.to_string();
    let seal = async |field: &'static str, text: &str| {
        vault.seal_text(tenant, Purpose::Pii, Place::of(&key_part, &item, field), text).await
    };
    let phone = match &profile.phone {
        Some(phone) => {
            let index = vault.blind_index(tenant, field::PHONE_INDEX, phone.as_str()).await?;
            Some((seal(field::PHONE, phone.as_str()).await?, index))
        }
        None => None,
    };
    let places = vault.index_places(tenant, field::EMAIL_INDEX, profile.email.as_str()).await?;
    let new = NewUser {
        id,
        email: seal(field::EMAIL, profile.email.as_str()).await?,
        email_index: places.write,
        email_guard: places.guard,
        phone,
        first_name: seal(field::FIRST_NAME, profile.first_name.as_str()).await?,
        last_name: seal(field::LAST_NAME, profile.last_name.as_str()).await?,
        roles,
        opened_by: match operation.actor {
            domain::operation::Actor::User { id, .. } => id,
            _ => id,
        },
        now: operation.now,
        key_part,
    };
    Ok(User::open(new))
}

/// Opens a sealed field of a user, such as [`field::EMAIL`]; it is blank once the person's key part was destroyed.
///
/// # Errors
/// When KMS can't be asked, or what is stored was altered.
pub async fn open_field(
    vault: &Vault,
    tenant: &Tenant,
    user: &User,
    field: &str,
    sealed: &Sealed,
) -> Result<String, VaultError> {
    let Some(part) = user.key_part.as_ref() else { return Ok(String::new()) };
    vault.open_text(tenant, Purpose::Pii, Place::of(part, &user.id.to_string(), field), sealed).await
}

/// Seals an address of a person for the item that keeps it: an entry of the address book, an order.
///
/// # Errors
/// [`VaultError::Unreadable`] once the person's key part was destroyed; else when KMS can't be asked.
pub async fn seal_address(
    vault: &Vault,
    tenant: &Tenant,
    person: &User,
    item: &str,
    plain: &PostalAddress,
) -> Result<Sealed, VaultError> {
    let part = person.key_part.as_ref().ok_or(VaultError::Unreadable)?;
    vault.seal_json(tenant, Purpose::Pii, Place::of(part, item, address::FIELD), plain).await
}

/// Opens an address of a person; blanks once their data were erased, or when nobody is left to ask for the key part.
///
/// # Errors
/// When KMS can't be asked, or what is stored was altered.
pub async fn open_address(
    vault: &Vault,
    tenant: &Tenant,
    person: Option<&User>,
    item: &str,
    sealed: &Sealed,
) -> Result<PostalAddress, VaultError> {
    let Some(part) = person.and_then(|person| person.key_part.as_ref()) else { return Ok(PostalAddress::blank()) };
    vault.open_json(tenant, Purpose::Pii, Place::of(part, item, address::FIELD), sealed).await
}

/// Opens the papers of a user; none when none were handed in, or they can't be read any more.
///
/// # Errors
/// When KMS can't be asked.
pub async fn open_papers(vault: &Vault, tenant: &Tenant, user: &User) -> Result<Option<Papers>, VaultError> {
    let Some((part, sealed)) = user.key_part.as_ref().zip(user.kyc_data.as_ref()) else { return Ok(None) };
    let item = user.id.to_string();
    vault.open_json(tenant, Purpose::Pii, Place::of(part, &item, field::KYC), sealed).await.map(Some)
}

/// Seals the papers of a user.
///
/// # Errors
/// When KMS can't be asked, or the person's key part was destroyed.
pub async fn seal_papers(vault: &Vault, tenant: &Tenant, user: &User, papers: &Papers) -> Result<Sealed, VaultError> {
    let part = user.key_part.as_ref().ok_or(VaultError::Unreadable)?;
    let item = user.id.to_string();
    vault.seal_json(tenant, Purpose::Pii, Place::of(part, &item, field::KYC), papers).await
}

/// Seals where the money of a person's sales goes, for the profile `seller`.
///
/// # Errors
/// When KMS can't be asked, or the person's key part was destroyed.
pub async fn seal_payout_account(
    vault: &Vault,
    tenant: &Tenant,
    user: &User,
    seller: SellerId,
    account: &str,
) -> Result<Sealed, VaultError> {
    let part = user.key_part.as_ref().ok_or(VaultError::Unreadable)?;
    vault.seal_text(tenant, Purpose::Pii, Place::of(part, &seller.to_string(), PAYOUT_ACCOUNT), account).await
}

/// Opens where the money of a seller goes; none when the seller has not said it, or it can't be read any more.
///
/// # Errors
/// When KMS can't be asked, or what is stored was altered.
pub async fn open_payout_account(
    vault: &Vault,
    tenant: &Tenant,
    user: &User,
    seller: &Seller,
) -> Result<Option<String>, VaultError> {
    let Some((part, sealed)) = user.key_part.as_ref().zip(seller.payout_account.as_ref()) else { return Ok(None) };
    let item = seller.id.to_string();
    vault.open_text(tenant, Purpose::Pii, Place::of(part, &item, PAYOUT_ACCOUNT), sealed).await.map(Some)
}

/// Seals who a seller is before the law, for the profile `seller` that `user` runs.
///
/// # Errors
/// When KMS can't be asked, or the person's key part was destroyed.
pub async fn seal_legal_identity(
    vault: &Vault,
    tenant: &Tenant,
    user: &User,
    seller: SellerId,
    identity: &LegalIdentity,
) -> Result<Sealed, VaultError> {
    let part = user.key_part.as_ref().ok_or(VaultError::Unreadable)?;
    let item = seller.to_string();
    vault.seal_json(tenant, Purpose::Pii, Place::of(part, &item, LegalIdentity::FIELD), identity).await
}

/// Opens who a seller is before the law; none when the seller has not said it, or it can't be read any more.
///
/// # Errors
/// When KMS can't be asked, or what is stored was altered.
pub async fn open_legal_identity(
    vault: &Vault,
    tenant: &Tenant,
    user: &User,
    seller: &Seller,
) -> Result<Option<LegalIdentity>, VaultError> {
    let Some((part, sealed)) = user.key_part.as_ref().zip(seller.legal_identity.as_ref()) else { return Ok(None) };
    let item = seller.id.to_string();
    vault.open_json(tenant, Purpose::Pii, Place::of(part, &item, LegalIdentity::FIELD), sealed).await.map(Some)
}

/// Seals who issues the documents of an order, where that is its seller.
///
/// It is sealed under the tenant's key alone: the law has an invoice name its issuer for years, whatever becomes of the
/// account of the person behind it.
///
/// # Errors
/// When KMS can't be asked.
pub async fn seal_issuer(
    vault: &Vault,
    tenant: &Tenant,
    order: OrderId,
    issuer: &LegalIdentity,
) -> Result<Sealed, VaultError> {
    vault.seal_json(tenant, Purpose::Pii, Place::new(&order.to_string(), Invoice::ISSUER), issuer).await
}

/// Opens who issued an invoice; none where that was the tenant.
///
/// # Errors
/// When KMS can't be asked, or what is stored was altered.
pub async fn open_issuer(
    vault: &Vault,
    tenant: &Tenant,
    invoice: &Invoice,
) -> Result<Option<LegalIdentity>, VaultError> {
    let Some(sealed) = invoice.issuer.as_ref() else { return Ok(None) };
    let item = invoice.order.to_string();
    vault.open_json(tenant, Purpose::Pii, Place::new(&item, Invoice::ISSUER), sealed).await.map(Some)
}
