//! `POST /auth/register`

use axum::extract::State;
use axum::response::Response;
use domain::access::Role;
use domain::operation::Actor;
use domain::tenant::TenantKind;
use domain::ticket::TicketKind;
use domain::user::{Email, PersonName, Phone};
use garde::Validate;
use platform::passwords::{Password, Passwords};
use platform::people::{self, Profile};
use platform::tickets;
use serde::Deserialize;
use utoipa::ToSchema;
use web::openapi::OptionalKeyHeader;
use web::{Code, Edge, Envelope, IdempotencyKey, Json, Nothing, Problem, Reply, RequestInfo, TenantOf, idempotent};

/// A new account.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Register {
    /// The e-mail address to sign in with.
    #[garde(custom(is_email))]
    #[schema(format = "email", max_length = 254, example = "asha@example.com")]
    email: String,
    /// 8 to 128 characters, or from as many on as the tenant wants, and not one of the most common passwords.
    #[garde(custom(is_strong))]
    #[schema(format = "password", min_length = 8, max_length = 128, example = "correct horse battery staple")]
    password: String,
    /// The first name.
    #[garde(custom(is_name))]
    #[schema(min_length = 1, max_length = 40, example = "Asha")]
    first_name: String,
    /// The last name.
    #[garde(custom(is_name))]
    #[schema(min_length = 1, max_length = 40, example = "Rao")]
    last_name: String,
    /// The phone number with its country code.
    #[garde(inner(custom(is_phone)))]
    #[schema(example = "+91 98765 43210")]
    phone: Option<String>,
}

/// Open an account
///
/// The answer is the same whether or not the e-mail address has an account already, so nobody learns who is a customer.
/// A mail brings a link to verify the address. Sign in with `POST /auth/login` next.
#[utoipa::path(
    post,
    path = "/auth/register",
    tag = "Identity",
    params(OptionalKeyHeader),
    request_body = Register,
    responses(
        (status = 202, description = "The account is open, unless the address had one", body = Envelope<Nothing>),
        web::openapi::Of<(web::refusals::Forbidden,)>
    ),
    extensions(("x-access" = json!("public")))
)]
pub(crate) async fn register(
    State(edge): State<Edge>,
    State(passwords): State<Passwords>,
    tenant: TenantOf,
    info: RequestInfo,
    key: Option<IdempotencyKey>,
    Json(body): Json<Register>,
) -> Result<Response, Problem> {
    if tenant.kind == TenantKind::Platform {
        return Err(Problem::new(Code::Forbidden).message("The platform's people are invited"));
    }
    let (profile, password) = body.into_parts(tenant.settings.min_password_length)?;
    let work = async {
        // Every step is taken for a known address too: only the last write tells the two apart.
        let hash = passwords.hash(password).await.map_err(unavailable)?;
        let operation = info.operation(tenant.scope(), Actor::Anonymous, edge.ambient());
        let user = people::open_account(edge.vault(), &tenant, &operation, &profile, vec![Role::Customer]).await?;
        let ticket = tickets::issue_to(edge.vault(), &tenant, &operation, TicketKind::EmailVerification, &user).await?;
        edge.store().register_with_ticket(&operation, &user, Some(hash), &ticket).await?;
        Ok(Reply::accepted(Nothing {}).message(
            "If the address is new, the account is open, and a mail with a link to verify the address is on its way. \
             Sign in to go on.",
        ))
    };
    idempotent(&edge, &tenant, None, key, work).await
}

impl Register {
    fn into_parts(self, least: u8) -> Result<(Profile, Password), Problem> {
        let wrong = |field: &'static str| move |message: String| Problem::invalid(field, message);
        let phone = self.phone.as_deref().map(Phone::new).transpose();
        let profile = Profile {
            email: Email::new(&self.email).map_err(|error| wrong("email")(error.to_string()))?,
            phone: phone.map_err(|error| wrong("phone")(error.to_string()))?,
            first_name: PersonName::new(&self.first_name).map_err(|error| wrong("firstName")(error.to_string()))?,
            last_name: PersonName::new(&self.last_name).map_err(|error| wrong("lastName")(error.to_string()))?,
        };
        let password =
            Password::of_length(&self.password, least).map_err(|error| wrong("password")(error.to_string()))?;
        Ok((profile, password))
    }
}

/// Hashing fails for want of memory: that passes.
pub(crate) fn unavailable(error: platform::passwords::HashingFailed) -> Problem {
    Problem::new(Code::Unavailable).because(error)
}

fn is_email(text: &str, (): &()) -> garde::Result {
    Email::new(text).map(drop).map_err(garde::Error::new)
}

fn is_strong(text: &str, (): &()) -> garde::Result {
    Password::new(text).map(drop).map_err(garde::Error::new)
}

fn is_name(text: &str, (): &()) -> garde::Result {
    PersonName::new(text).map(drop).map_err(garde::Error::new)
}

fn is_phone(text: &str, (): &()) -> garde::Result {
    Phone::new(text).map(drop).map_err(garde::Error::new)
}

#[cfg(test)]
mod tests;
