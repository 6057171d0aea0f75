//! Between people's data as they see it and as it is stored: sealed and indexed on the way in, opened on the way out.

use domain::access::Role;
use domain::address::AddressBook;
use domain::id::UserId;
use domain::operation::Operation;
use domain::pii::Purpose;
use domain::tenant::Tenant;
use domain::user::{Email, IdentityProvider, KycStatus, PersonName, Phone, User, UserStatus, field};
use platform::vault::{Place, Vault, VaultError};
use serde::Serialize;
use utoipa::ToSchema;

/// What a person tells of themselves.
pub(crate) struct Profile {
    pub(crate) email: Email,
    pub(crate) phone: Option<Phone>,
    pub(crate) first_name: PersonName,
    pub(crate) last_name: PersonName,
}

/// An account, as its owner sees it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AccountView {
    /// The user's id.
    #[schema(value_type = String, example = "usr_01JB2Z8QW3C4D5E6F7G8H9JKMN")]
    id: UserId,
    /// The e-mail address.
    #[schema(example = "asha@example.com")]
    email: String,
    /// The phone number.
    #[schema(example = "+919876543210")]
    phone: Option<String>,
    /// The first name.
    #[schema(example = "Asha")]
    first_name: String,
    /// The last name.
    #[schema(example = "Rao")]
    last_name: String,
    /// What the user is.
    #[schema(value_type = Vec<String>, example = json!(["CUSTOMER"]))]
    roles: Vec<Role>,
    /// Whether the account may be used.
    #[schema(value_type = String, example = "ACTIVE")]
    status: UserStatus,
    /// Who vouches for the user at login.
    #[schema(value_type = String, example = "LOCAL")]
    provider: IdentityProvider,
    /// How far the user's identity was checked.
    #[schema(value_type = String, example = "NONE")]
    kyc_status: KycStatus,
    /// The seller profile that the user runs.
    #[schema(example = "sel_01JB2Z8QW3C4D5E6F7G8H9JKMN")]
    seller_id: Option<String>,
    /// The address that is proposed at checkout.
    #[schema(example = "adr_01JB2Z8QW3C4D5E6F7G8H9JKMN")]
    default_address_id: Option<String>,
    /// When the user last signed in.
    #[schema(example = "2026-01-31T08:15:30.123Z")]
    last_login_at: Option<String>,
    /// When the account was opened.
    #[schema(example = "2026-01-31T08:15:30.123Z")]
    created_at: String,
    /// Counts up with each change; also in `ETag`.
    #[schema(example = 1)]
    version: u64,
}

/// Makes the account of a new customer out of a profile.
pub(crate) async fn open_account(
    vault: &Vault,
    tenant: &Tenant,
    operation: &Operation,
    profile: &Profile,
) -> Result<User, VaultError> {
    let id: UserId = operation.id();
    let item = id.to_string();
    let seal =
        async |field, text: &str| vault.seal_text(tenant, Purpose::Pii, Place { item: &item, field }, text).await;
    let (phone, phone_index) = match &profile.phone {
        Some(phone) => {
            let index = vault.blind_index(tenant, field::PHONE_INDEX, phone.as_str()).await?;
            (Some(seal(field::PHONE, phone.as_str()).await?), Some(index))
        }
        None => (None, None),
    };
    Ok(User {
        id,
        email: seal(field::EMAIL, profile.email.as_str()).await?,
        email_index: vault.blind_index(tenant, field::EMAIL_INDEX, profile.email.as_str()).await?,
        phone,
        phone_index,
        first_name: seal(field::FIRST_NAME, profile.first_name.as_str()).await?,
        last_name: seal(field::LAST_NAME, profile.last_name.as_str()).await?,
        roles: vec![Role::Customer],
        status: UserStatus::Active,
        provider: IdentityProvider::Local,
        kyc: KycStatus::None,
        seller: None,
        address_book: AddressBook::default(),
        last_login_at: None,
        created_at: operation.now,
        created_by: id,
        updated_at: operation.now,
        updated_by: id,
        version: 1,
    })
}

/// Opens an account for its owner's eyes.
pub(crate) async fn view(vault: &Vault, tenant: &Tenant, user: &User) -> Result<AccountView, VaultError> {
    let item = user.id.to_string();
    let open = async |field, sealed| vault.open_text(tenant, Purpose::Pii, Place { item: &item, field }, sealed).await;
    let phone = match &user.phone {
        Some(phone) => Some(open(field::PHONE, phone).await?),
        None => None,
    };
    Ok(AccountView {
        id: user.id,
        email: open(field::EMAIL, &user.email).await?,
        phone,
        first_name: open(field::FIRST_NAME, &user.first_name).await?,
        last_name: open(field::LAST_NAME, &user.last_name).await?,
        roles: user.roles.clone(),
        status: user.status,
        provider: user.provider,
        kyc_status: user.kyc,
        seller_id: user.seller.map(|id| id.to_string()),
        default_address_id: user.address_book.default_entry().map(|id| id.to_string()),
        last_login_at: user.last_login_at.map(|at| at.to_string()),
        created_at: user.created_at.to_string(),
        version: user.version,
    })
}
