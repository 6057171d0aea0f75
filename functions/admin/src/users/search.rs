//! `POST /admin/users/search`

use axum::extract::State;
use domain::access::Permission;
use domain::pii::BlindIndex;
use domain::tenant::{Tenant, TenantScope};
use domain::user::{Email, Phone, User, field};
use garde::Validate;
use serde::Deserialize;
use store::members::MOST_OF_ONE_PHONE;
use store::table::Consistency;
use utoipa::ToSchema;
use web::reply::Pagination;
use web::{Answer, Caller, Edge, Json, ListEnvelope, Problem, Reply};

use super::{MemberView, is_email, is_phone};

/// Whom to look for: by one of the two.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct SearchUsers {
    /// The whole e-mail address.
    #[garde(inner(custom(is_email)))]
    #[schema(format = "email", max_length = 254, example = "asha@example.com")]
    email: Option<String>,
    /// The whole phone number with its country code.
    #[garde(inner(custom(is_phone)))]
    phone: Option<String>,
}

/// Find people by e-mail or phone
///
/// By the whole address or the whole number: neither is readable in the table, so parts of them find nobody. A POST,
/// so that neither stands in a URL. At most one person has an address, several may share a number; 20 are shown.
#[utoipa::path(
    post,
    path = "/admin/users/search",
    tag = "People",
    request_body = SearchUsers,
    responses((status = 200, description = "The people", body = ListEnvelope<MemberView>)),
    extensions(("x-access" = json!("ReadUsers")))
)]
pub(crate) async fn search_users(
    State(edge): State<Edge>,
    caller: Caller,
    Json(wanted): Json<SearchUsers>,
) -> Answer<Vec<MemberView>> {
    caller.require(Permission::ReadUsers)?;
    let (tenant, scope) = (caller.tenant(), caller.scope);
    let found = match (wanted.email, wanted.phone) {
        (Some(email), None) => by_email(&edge, tenant, scope, &email).await?,
        (None, Some(phone)) => by_phone(&edge, tenant, scope, &phone).await?,
        _ => return Err(Problem::invalid("email", "must be given, or phone, but not both")),
    };
    let views = super::views(edge.vault(), tenant, &found).await?;
    let pagination = Pagination { limit: MOST_OF_ONE_PHONE, next_cursor: None, has_more: false };
    Ok(Reply::list(views, pagination))
}

async fn by_email(edge: &Edge, tenant: &Tenant, scope: TenantScope, text: &str) -> Result<Vec<User>, Problem> {
    let email = Email::new(text).map_err(|problem| Problem::invalid("email", problem.to_string()))?;
    let places = edge.vault().index_places(tenant, field::EMAIL_INDEX, email.as_str()).await?;
    let Some((_, login)) = edge.store().login_at(scope, places.read()).await? else { return Ok(Vec::new()) };
    Ok(edge.store().user(scope, login.user, Consistency::Strong).await?.into_iter().collect())
}

async fn by_phone(edge: &Edge, tenant: &Tenant, scope: TenantScope, text: &str) -> Result<Vec<User>, Problem> {
    let phone = Phone::new(text).map_err(|problem| Problem::invalid("phone", problem.to_string()))?;
    let places = edge.vault().index_places(tenant, field::PHONE_INDEX, phone.as_str()).await?;
    let places: Vec<BlindIndex> = places.read().cloned().collect();
    Ok(edge.store().users_with_phone(scope, &places).await?)
}
