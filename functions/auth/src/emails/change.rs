//! `POST /auth/change-email`

use axum::extract::State;
use axum::response::Response;
use domain::ticket::PAUSE;
use domain::user::{Email, field};
use garde::Validate;
use platform::passwords::Passwords;
use platform::{people, tickets};
use serde::Deserialize;
use store::tickets::Addressee;
use utoipa::ToSchema;
use web::openapi::OptionalKeyHeader;
use web::{Caller, Code, Edge, Envelope, IdempotencyKey, Json, Nothing, Problem, Reply, idempotent, refusals};

use super::is_email;
use crate::passwords;

/// The address to move to.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ChangeEmail {
    /// The new address.
    #[garde(custom(is_email))]
    #[schema(format = "email", max_length = 254, example = "asha.rao@example.com")]
    new_email: String,
    /// The password, so that a device left unlocked gives nobody the account.
    #[garde(length(bytes, max = 1024))]
    #[schema(format = "password", max_length = 128, example = "correct horse battery staple")]
    password: String,
}

/// Move to another e-mail address
///
/// A mail goes to the new address; the account moves when its link is opened. Until then nothing changes. Whether somebody else
/// has the address is told only to whoever opens that link.
#[utoipa::path(
    post,
    path = "/auth/change-email",
    tag = "Identity",
    params(OptionalKeyHeader),
    request_body = ChangeEmail,
    responses(
        (status = 202, description = "The mail to the new address is on its way", body = Envelope<Nothing>),
        web::openapi::Of<(refusals::InvalidCredentials, refusals::AccountLocked, refusals::RateLimited)>
    ),
    extensions(("x-access" = json!("caller")))
)]
pub(crate) async fn change_email(
    State(edge): State<Edge>,
    State(hasher): State<Passwords>,
    caller: Caller,
    key: Option<IdempotencyKey>,
    Json(body): Json<ChangeEmail>,
) -> Result<Response, Problem> {
    let to = Email::new(&body.new_email).map_err(|error| Problem::invalid("newEmail", error.to_string()))?;
    let work = async {
        let (tenant, account, operation) = (caller.tenant(), caller.account(), caller.operation());
        passwords::confirmed(&edge, &hasher, &operation, &caller, &body.password).await?;
        let own = people::open_field(edge.vault(), tenant, account, field::EMAIL, &account.email).await?;
        if own == to.as_str() {
            return Err(Problem::invalid("newEmail", "is the address of the account already"));
        }
        let ticket = tickets::issue_for_move(edge.vault(), tenant, &operation, account, &to).await?;
        if !edge.store().issue_ticket(&operation, &ticket, Addressee::Somebody).await? {
            return Err(Problem::new(Code::RateLimited).retry_after(PAUSE));
        }
        Ok(Reply::accepted(Nothing {}).message("Open the link in the mail to the new address to move there."))
    };
    idempotent(&edge, caller.tenant(), Some(caller.user), key, work).await
}
