//! The own address book.

pub(crate) mod add;
pub(crate) mod change;
pub(crate) mod list;
pub(crate) mod read;
pub(crate) mod remove;

use domain::address::{Address, AddressBook, PostalAddress};
use domain::id::AddressId;
use domain::pii::Sealed;
use domain::tenant::Tenant;
use domain::user::{Phone, User};
use platform::people;
use platform::vault::{Vault, VaultError};
use serde::Serialize;
use utoipa::ToSchema;

/// How often a change is tried again when the account is changed at the same moment.
const TRIES: usize = 5;

/// An address of the own address book.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AddressView {
    /// The address's id.
    #[schema(value_type = String, example = "adr_01JB2Z8QW3C4D5E6F7G8H9JKMN")]
    id: AddressId,
    /// Who receives it.
    #[schema(example = "Asha Rao")]
    full_name: String,
    /// Whom to call.
    #[schema(example = "+919876543210")]
    phone: String,
    /// Street and number.
    #[schema(example = "12 MG Road")]
    line1: String,
    /// Floor, building, landmark.
    #[schema(example = "2nd floor")]
    line2: Option<String>,
    /// The city.
    #[schema(example = "Bengaluru")]
    city: String,
    /// The state or province.
    #[schema(example = "Karnataka")]
    state: Option<String>,
    /// The postal code.
    #[schema(example = "560001")]
    postal_code: String,
    /// The ISO 3166-1 alpha-2 code of the country.
    #[schema(example = "IN")]
    country: String,
    /// Whether it is proposed at checkout. Exactly one is, as soon as there are addresses.
    is_default: bool,
    /// When it was added.
    #[schema(example = "2026-01-31T08:15:30.123Z")]
    created_at: String,
    /// When it last changed.
    #[schema(example = "2026-01-31T08:15:30.123Z")]
    updated_at: String,
    /// Counts up with each change; also in `ETag`.
    #[schema(example = 1)]
    version: u64,
}

impl AddressView {
    fn new(address: &Address, plain: PostalAddress, book: &AddressBook) -> Self {
        Self {
            id: address.id,
            full_name: plain.full_name,
            phone: plain.phone,
            line1: plain.line1,
            line2: plain.line2,
            city: plain.city,
            state: plain.state,
            postal_code: plain.postal_code,
            country: plain.country,
            is_default: book.default_entry() == Some(address.id),
            created_at: address.created_at.to_string(),
            updated_at: address.updated_at.to_string(),
            version: address.version,
        }
    }
}

async fn seal(
    vault: &Vault,
    tenant: &Tenant,
    owner: &User,
    id: AddressId,
    plain: &PostalAddress,
) -> Result<Sealed, VaultError> {
    people::seal_address(vault, tenant, owner, &id.to_string(), plain).await
}

async fn open(vault: &Vault, tenant: &Tenant, owner: &User, address: &Address) -> Result<PostalAddress, VaultError> {
    people::open_address(vault, tenant, Some(owner), &address.id.to_string(), &address.address).await
}

/// Brings a phone number that was checked already into its one form.
fn normalised_phone(text: &str) -> String {
    Phone::new(text).map_or_else(|_| text.to_owned(), |phone| phone.as_str().to_owned())
}

fn is_line(text: &str, (): &()) -> garde::Result {
    let fits = (1..=120).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    fits.then_some(()).ok_or_else(|| garde::Error::new("must be one line of 1 to 120 characters"))
}

fn is_phone(text: &str, (): &()) -> garde::Result {
    Phone::new(text).map(drop).map_err(garde::Error::new)
}

fn is_postal_code(text: &str, (): &()) -> garde::Result {
    let legal = |c: char| c.is_ascii_alphanumeric() || c == ' ' || c == '-';
    let fits = (2..=12).contains(&text.len()) && text.chars().all(legal);
    fits.then_some(()).ok_or_else(|| garde::Error::new("must be 2 to 12 letters, digits, blanks and hyphens"))
}

fn is_country(text: &str, (): &()) -> garde::Result {
    let fits = text.len() == 2 && text.bytes().all(|b| b.is_ascii_uppercase());
    fits.then_some(()).ok_or_else(|| garde::Error::new("must be an ISO 3166-1 alpha-2 code, such as IN"))
}

#[cfg(test)]
mod tests;
