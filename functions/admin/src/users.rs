//! The people of a tenant, as those who run it see and change them.
//!
//! Invariant: nobody sees anybody of another tenant, nobody changes anybody who stands above them, and nobody becomes
//! more than the one who makes them so.

pub(crate) mod change;
pub(crate) mod change_roles;
pub(crate) mod create;
pub(crate) mod invite;
pub(crate) mod invite_again;
pub(crate) mod list;
pub(crate) mod read;
pub(crate) mod read_papers;
pub(crate) mod restore;
pub(crate) mod review;
pub(crate) mod search;
pub(crate) mod suspend;

use domain::access::{self, Role};
use domain::id::UserId;
use domain::pii::Sealed;
use domain::tenant::Tenant;
use domain::ticket::PAUSE;
use domain::transition::InvalidTransition;
use domain::user::{Email, IdentityProvider, KycStatus, PersonName, Phone, User, UserStatus, field};
use garde::Validate;
use platform::people::{self, Profile};
use platform::vault::{Vault, VaultError};
use serde::{Deserialize, Serialize};
use store::invitations::InvitationRefused;
use store::members::{MemberRefused, OpeningRefused};
use utoipa::ToSchema;
use web::{Caller, Code, Problem};

/// An account, as those who run the tenant see it. What a person had erased is null.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MemberView {
    /// The user's id.
    #[schema(value_type = String, example = "usr_01JB2Z8QW3C4D5E6F7G8H9JKMN")]
    id: UserId,
    /// The e-mail address.
    #[schema(example = "asha@example.com")]
    email: Option<String>,
    /// When the user proved that the address is theirs.
    #[schema(example = "2026-01-31T08:15:30.123Z")]
    email_verified_at: Option<String>,
    /// The phone number.
    #[schema(example = "+919876543210")]
    phone: Option<String>,
    /// The first name.
    #[schema(example = "Asha")]
    first_name: Option<String>,
    /// The last name.
    #[schema(example = "Rao")]
    last_name: Option<String>,
    /// What the user is, the most powerful first.
    #[schema(value_type = Vec<String>, example = json!(["CUSTOMER"]))]
    roles: Vec<Role>,
    /// Whether the account may be used: `PENDING`, `ACTIVE`, `SUSPENDED`, `DELETED`.
    #[schema(value_type = String, example = "ACTIVE")]
    status: UserStatus,
    /// Who vouches for the user at login: `LOCAL`, `GOOGLE`, `MICROSOFT`.
    #[schema(value_type = String, example = "LOCAL")]
    provider: IdentityProvider,
    /// How far the user's identity was checked: `NONE`, `PENDING`, `VERIFIED`, `REJECTED`.
    #[schema(value_type = String, example = "NONE")]
    kyc_status: KycStatus,
    /// Whether signing in takes a second factor.
    #[schema(example = false)]
    mfa_enabled: bool,
    /// The seller profile that the user runs.
    #[schema(example = "sel_01JB2Z8QW3C4D5E6F7G8H9JKMN")]
    seller_id: Option<String>,
    /// The carrier that the user works for.
    #[schema(example = "car_01JB2Z8QW3C4D5E6F7G8H9JKMN")]
    carrier_id: Option<String>,
    /// Who advises the user.
    #[schema(example = "usr_01JB2Z8QW3C4D5E6F7G8H9JKMN")]
    advisor_id: Option<String>,
    /// Who brought the user in.
    #[schema(example = "usr_01JB2Z8QW3C4D5E6F7G8H9JKMN")]
    sponsor_id: Option<String>,
    /// When the user last signed in.
    #[schema(example = "2026-01-31T08:15:30.123Z")]
    last_login_at: Option<String>,
    /// When the account was opened.
    #[schema(example = "2026-01-31T08:15:30.123Z")]
    created_at: String,
    /// Who opened it.
    #[schema(value_type = String, example = "usr_01JB2Z8QW3C4D5E6F7G8H9JKMN")]
    created_by: UserId,
    /// When it last changed.
    #[schema(example = "2026-01-31T08:15:30.123Z")]
    updated_at: String,
    /// Who changed it last.
    #[schema(value_type = String, example = "usr_01JB2Z8QW3C4D5E6F7G8H9JKMN")]
    updated_by: UserId,
    /// Counts up with each change; also in `ETag`.
    #[schema(example = 1)]
    version: u64,
}

/// Opens an account for the eyes of those who run the tenant.
pub(crate) async fn view(vault: &Vault, tenant: &Tenant, user: &User) -> Result<MemberView, VaultError> {
    let open = async |field: &'static str, sealed: Option<&Sealed>| match sealed {
        Some(sealed) if user.key_part.is_some() => {
            people::open_field(vault, tenant, user, field, sealed).await.map(Some)
        }
        // An erased person's data can't be read by anybody.
        _ => Ok(None),
    };
    Ok(MemberView {
        id: user.id,
        email: open(field::EMAIL, Some(&user.email)).await?,
        email_verified_at: user.email_verified_at.map(|at| at.to_string()),
        phone: open(field::PHONE, user.phone.as_ref()).await?,
        first_name: open(field::FIRST_NAME, Some(&user.first_name)).await?,
        last_name: open(field::LAST_NAME, Some(&user.last_name)).await?,
        roles: user.roles.clone(),
        status: user.status,
        provider: user.provider,
        kyc_status: user.kyc,
        mfa_enabled: user.has_mfa(),
        seller_id: user.seller.map(|id| id.to_string()),
        carrier_id: user.carrier.map(|id| id.to_string()),
        advisor_id: user.advisor.map(|id| id.to_string()),
        sponsor_id: user.sponsor.map(|id| id.to_string()),
        last_login_at: user.last_login_at.map(|at| at.to_string()),
        created_at: user.created_at.to_string(),
        created_by: user.created_by,
        updated_at: user.updated_at.to_string(),
        updated_by: user.updated_by,
        version: user.version,
    })
}

/// Opens several accounts at once, in the order in which they come.
pub(crate) async fn views(vault: &Vault, tenant: &Tenant, users: &[User]) -> Result<Vec<MemberView>, VaultError> {
    let mut views = Vec::with_capacity(users.len());
    for user in users {
        views.push(view(vault, tenant, user).await?);
    }
    Ok(views)
}

/// Who is to have an account.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NewMember {
    /// The e-mail address to sign in with.
    #[garde(custom(is_email))]
    #[schema(format = "email", max_length = 254, example = "asha@example.com")]
    email: String,
    /// The first name.
    #[garde(custom(is_person_name))]
    #[schema(min_length = 1, max_length = 40, example = "Asha")]
    first_name: String,
    /// The last name.
    #[garde(custom(is_person_name))]
    #[schema(min_length = 1, max_length = 40, example = "Rao")]
    last_name: String,
    /// The phone number with its country code.
    #[garde(inner(custom(is_phone)))]
    #[schema(example = "+91 98765 43210")]
    phone: Option<String>,
    /// What the user is to be: none above the caller's own role.
    #[garde(length(min = 1, max = 10))]
    #[schema(value_type = Vec<String>, min_items = 1, max_items = 10, example = json!(["STAFF"]))]
    roles: Vec<Role>,
}

impl NewMember {
    fn into_parts(self, caller: &Caller) -> Result<(Profile, Vec<Role>), Problem> {
        let profile = profile("", &self.email, &self.first_name, &self.last_name, self.phone.as_deref())?;
        Ok((profile, granted(caller, self.roles)?))
    }
}

/// Reads what is told of a person; `at` comes before the names of the fields.
pub(crate) fn profile(
    at: &str,
    email: &str,
    first_name: &str,
    last_name: &str,
    phone: Option<&str>,
) -> Result<Profile, Problem> {
    let wrong =
        |field: &str, problem: &dyn std::fmt::Display| Problem::invalid(format!("{at}{field}"), problem.to_string());
    Ok(Profile {
        email: Email::new(email).map_err(|problem| wrong("email", &problem))?,
        phone: phone.map(Phone::new).transpose().map_err(|problem| wrong("phone", &problem))?,
        first_name: PersonName::new(first_name).map_err(|problem| wrong("firstName", &problem))?,
        last_name: PersonName::new(last_name).map_err(|problem| wrong("lastName", &problem))?,
    })
}

/// Puts roles in order that the caller wants to give.
///
/// # Errors
/// With 400 when the tenant has no such role, 403 when one is above the caller's own.
fn granted(caller: &Caller, roles: Vec<Role>) -> Result<Vec<Role>, Problem> {
    let roles = access::ordered(caller.tenant().kind, roles)
        .map_err(|problem| Problem::invalid("roles", problem.to_string()))?;
    if caller.may_manage(&roles) { Ok(roles) } else { Err(Problem::new(Code::RoleTooHigh)) }
}

/// Returns the person to change.
///
/// # Errors
/// With 404 when there is nobody, 403 when they stand above the caller.
fn target(caller: &Caller, found: Option<User>) -> Result<User, Problem> {
    let user = found.ok_or_else(Problem::not_found)?;
    if caller.may_manage(&user.roles) { Ok(user) } else { Err(Problem::new(Code::RoleTooHigh)) }
}

fn refused(refused: MemberRefused) -> Problem {
    Problem::new(match refused {
        MemberRefused::LastOwner => Code::LastOwner,
        MemberRefused::Changed => Code::Conflict,
        MemberRefused::NoLonger => Code::Forbidden,
    })
}

pub(crate) fn not_opened(refused: OpeningRefused) -> Problem {
    Problem::new(match refused {
        OpeningRefused::EmailTaken => Code::EmailTaken,
        OpeningRefused::NoLonger => Code::Forbidden,
    })
}

/// Says why somebody was not invited again.
pub(crate) fn not_invited(refused: InvitationRefused) -> Problem {
    match refused {
        InvitationRefused::TooSoon => Problem::new(Code::RateLimited).retry_after(PAUSE),
        InvitationRefused::Accepted => accepted(),
        InvitationRefused::Changed => Problem::new(Code::Conflict),
        InvitationRefused::NoLonger => Problem::new(Code::Forbidden),
    }
}

/// Refuses to invite somebody who has been let in already.
fn accepted() -> Problem {
    Problem::new(Code::InvalidTransition).message("The person has a password or has signed in already")
}

pub(crate) fn not_allowed(refused: InvalidTransition) -> Problem {
    Problem::new(Code::InvalidTransition).message(format!("The status is {}", refused.from))
}

pub(crate) fn is_email(text: &str, (): &()) -> garde::Result {
    Email::new(text).map(drop).map_err(garde::Error::new)
}

pub(crate) fn is_person_name(text: &str, (): &()) -> garde::Result {
    PersonName::new(text).map(drop).map_err(garde::Error::new)
}

pub(crate) fn is_phone(text: &str, (): &()) -> garde::Result {
    Phone::new(text).map(drop).map_err(garde::Error::new)
}

#[cfg(test)]
mod tests;
