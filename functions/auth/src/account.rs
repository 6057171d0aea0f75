//! An account as its owner sees it.

use domain::access::Role;
use domain::id::UserId;
use domain::tenant::Tenant;
use domain::user::{IdentityProvider, KycStatus, User, UserStatus, field};
use platform::people;
use platform::vault::{Vault, VaultError};
use serde::Serialize;
use utoipa::ToSchema;

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
    /// When the person proved that the address is theirs; null until then.
    #[schema(example = "2026-01-31T08:16:12.456Z")]
    email_verified_at: Option<String>,
    /// The phone number.
    #[schema(example = "+919876543210")]
    phone: Option<String>,
    /// The first name.
    #[schema(example = "Asha")]
    first_name: String,
    /// The last name.
    #[schema(example = "Rao")]
    last_name: String,
    /// What others call the person, if they chose something.
    #[schema(example = "asha.rao")]
    username: Option<String>,
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
    /// Whether signing in takes a second factor.
    #[schema(example = false)]
    mfa_enabled: bool,
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

/// Opens an account for its owner's eyes.
pub(crate) async fn view(vault: &Vault, tenant: &Tenant, user: &User) -> Result<AccountView, VaultError> {
    let open = async |field: &'static str, sealed| people::open_field(vault, tenant, user, field, sealed).await;
    let phone = match &user.phone {
        Some(phone) => Some(open(field::PHONE, phone).await?),
        None => None,
    };
    Ok(AccountView {
        id: user.id,
        email: open(field::EMAIL, &user.email).await?,
        email_verified_at: user.email_verified_at.map(|at| at.to_string()),
        phone,
        first_name: open(field::FIRST_NAME, &user.first_name).await?,
        last_name: open(field::LAST_NAME, &user.last_name).await?,
        username: user.username.clone(),
        roles: user.roles.clone(),
        status: user.status,
        provider: user.provider,
        kyc_status: user.kyc,
        mfa_enabled: user.has_mfa(),
        seller_id: user.seller.map(|id| id.to_string()),
        default_address_id: user.address_book.default_entry().map(|id| id.to_string()),
        last_login_at: user.last_login_at.map(|at| at.to_string()),
        created_at: user.created_at.to_string(),
        version: user.version,
    })
}
