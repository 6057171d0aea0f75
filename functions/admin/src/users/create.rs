//! `POST /admin/users`

use axum::extract::State;
use axum::response::Response;
use domain::access::{Permission, Role};
use domain::user::User;
use garde::Validate;
use platform::passwords::{Password, Passwords};
use platform::people;
use serde::Deserialize;
use store::members::OpenedBy;
use utoipa::ToSchema;
use web::openapi::OptionalKeyHeader;
use web::{Caller, Code, Edge, Envelope, IdempotencyKey, Json, Problem, Reply, idempotent, refusals};

use super::{MemberView, NewMember, is_email, is_person_name, is_phone};

/// Who is to have an account, and the password they are told.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CreateUser {
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
    /// A first password to pass on. Without one the user asks for a mail with `POST /auth/forgot-password`.
    #[garde(length(bytes, max = 1024))]
    #[schema(format = "password", min_length = 8, max_length = 128, example = "correct horse battery staple")]
    password: Option<String>,
}

/// Open an account for somebody
///
/// No mail goes out: to send one, invite the person instead, or afterwards with `POST /admin/users/{userId}/invite`.
#[utoipa::path(
    post,
    path = "/admin/users",
    tag = "People",
    params(OptionalKeyHeader),
    request_body = CreateUser,
    responses(
        (status = 201, description = "The account", body = Envelope<MemberView>),
        web::openapi::Of<(refusals::EmailTaken, refusals::RoleTooHigh)>
    ),
    extensions(("x-access" = json!("ManageUsers")))
)]
pub(crate) async fn create_user(
    State(edge): State<Edge>,
    State(passwords): State<Passwords>,
    caller: Caller,
    key: Option<IdempotencyKey>,
    Json(body): Json<CreateUser>,
) -> Result<Response, Problem> {
    caller.require(Permission::ManageUsers)?;
    let work = async {
        let tenant = caller.tenant();
        let password =
            body.password.as_deref().map(|text| Password::of_length(text, tenant.settings.min_password_length));
        let password = password.transpose().map_err(|weak| Problem::invalid("password", weak.to_string()))?;
        let new = NewMember {
            email: body.email,
            first_name: body.first_name,
            last_name: body.last_name,
            phone: body.phone,
            roles: body.roles,
        };
        let (profile, roles) = new.into_parts(&caller)?;
        let hash = match password {
            Some(password) => {
                let hash = passwords.hash(password).await;
                Some(hash.map_err(|error| Problem::new(Code::Unavailable).because(error))?)
            }
            None => None,
        };
        let operation = caller.operation();
        let user = people::open_account(edge.vault(), tenant, &operation, &profile, Vec::new()).await?;
        let user = User { created_by: caller.user, updated_by: caller.user, ..user.with_roles(roles) };
        edge.store().open_member(&operation, &user, hash, OpenedBy::Member).await?.map_err(super::not_opened)?;
        let view = super::view(edge.vault(), tenant, &user).await?;
        Ok(Reply::created(view, format!("/admin/users/{}", user.id)).etag(user.version))
    };
    idempotent(&edge, caller.tenant(), Some(caller.user), key, work).await
}
