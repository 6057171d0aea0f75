//! `PATCH /users/me`

use axum::extract::State;
use domain::pii::Purpose;
use domain::tenant::Tenant;
use domain::user::{PersonName, Phone, User, Username, field};
use garde::Validate;
use platform::vault::{Place, Vault, VaultError};
use serde::Deserialize;
use store::table::Consistency;
use utoipa::ToSchema;
use web::openapi::IfMatchHeader;
use web::{Answer, Caller, Code, Edge, Envelope, IfMatch, Json, Problem, Reply};

use crate::account::{self, AccountView};

/// How often a change is tried again when the account is changed at the same moment.
const TRIES: usize = 5;

/// What to change; what is left out stays as it is.
#[derive(Clone, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ChangeProfile {
    /// The first name.
    #[garde(inner(custom(is_name)))]
    #[schema(min_length = 1, max_length = 40, example = "Asha")]
    first_name: Option<String>,
    /// The last name.
    #[garde(inner(custom(is_name)))]
    #[schema(min_length = 1, max_length = 40, example = "Rao")]
    last_name: Option<String>,
    /// The phone number with its country code; null removes it.
    #[serde(default, deserialize_with = "web::json::given")]
    #[garde(inner(inner(custom(is_phone))))]
    #[schema(value_type = Option<String>, example = "+91 98765 43210")]
    phone: Option<Option<String>>,
    /// What others call the person: 3 to 30 letters, digits, dots, hyphens and underscores; null removes it.
    #[serde(default, deserialize_with = "web::json::given")]
    #[garde(inner(inner(custom(is_username))))]
    #[schema(value_type = Option<String>, min_length = 3, max_length = 30, example = "asha.rao")]
    username: Option<Option<String>>,
}

/// Change the own profile
///
/// For the e-mail address there is `POST /auth/change-email`, for the password `POST /auth/change-password`.
#[utoipa::path(
    patch,
    path = "/users/me",
    tag = "Profile",
    params(IfMatchHeader),
    request_body = ChangeProfile,
    responses((status = 200, description = "The account as it is now", body = Envelope<AccountView>)),
    extensions(("x-access" = json!("caller")))
)]
pub(crate) async fn change_profile(
    State(edge): State<Edge>,
    caller: Caller,
    if_match: IfMatch,
    Json(change): Json<ChangeProfile>,
) -> Answer<AccountView> {
    let (tenant, operation) = (caller.tenant(), caller.operation());
    let mut user = caller.account().clone();
    for _ in 0..TRIES {
        if_match.check(user.version)?;
        let changed = change.clone().apply(edge.vault(), tenant, user).await?;
        match edge.store().change_profile(&operation, &changed).await {
            Ok(()) => {
                let now = User { version: changed.version.saturating_add(1), ..changed };
                return Ok(Reply::ok(account::view(edge.vault(), tenant, &now).await?).etag(now.version));
            }
            Err(store::Error::Conflict) => {
                let now = edge.store().user(operation.scope, caller.user, Consistency::Strong).await?;
                user = now.filter(User::may_act).ok_or_else(|| Problem::new(Code::SessionEnded))?;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(Problem::new(Code::Conflict))
}

impl ChangeProfile {
    /// Seals what is given into the account. It was checked already.
    async fn apply(self, vault: &Vault, tenant: &Tenant, mut user: User) -> Result<User, VaultError> {
        let (part, item) = (user.key_part.clone().ok_or(VaultError::Unreadable)?, user.id.to_string());
        let seal = async |field: &'static str, text: &str| {
            vault.seal_text(tenant, Purpose::Pii, Place::of(&part, &item, field), text).await
        };
        if let Some(name) = self.first_name.and_then(|name| PersonName::new(&name).ok()) {
            user.first_name = seal(field::FIRST_NAME, name.as_str()).await?;
        }
        if let Some(name) = self.last_name.and_then(|name| PersonName::new(&name).ok()) {
            user.last_name = seal(field::LAST_NAME, name.as_str()).await?;
        }
        if let Some(phone) = self.phone {
            (user.phone, user.phone_index) = match phone.and_then(|phone| Phone::new(&phone).ok()) {
                Some(phone) => {
                    let index = vault.blind_index(tenant, field::PHONE_INDEX, phone.as_str()).await?;
                    (Some(seal(field::PHONE, phone.as_str()).await?), Some(index))
                }
                None => (None, None),
            };
        }
        if let Some(username) = self.username {
            user.username = username.and_then(|name| Username::new(&name).ok()).map(|name| name.as_str().to_owned());
        }
        Ok(user)
    }
}

fn is_name(text: &str, (): &()) -> garde::Result {
    PersonName::new(text).map(drop).map_err(garde::Error::new)
}

fn is_phone(text: &str, (): &()) -> garde::Result {
    Phone::new(text).map(drop).map_err(garde::Error::new)
}

fn is_username(text: &str, (): &()) -> garde::Result {
    Username::new(text).map(drop).map_err(garde::Error::new)
}
