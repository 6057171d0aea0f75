//! `POST /auth/forgot-password`

use axum::extract::State;
use axum::response::Response;
use domain::operation::Actor;
use domain::ticket::TicketKind;
use domain::user::{Email, User};
use garde::Validate;
use serde::Deserialize;
use utoipa::ToSchema;
use web::openapi::OptionalKeyHeader;
use web::{Edge, Envelope, IdempotencyKey, Json, Nothing, Problem, Reply, RequestInfo, TenantOf, idempotent};

use crate::tickets;

/// Whose password was forgotten.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ForgotPassword {
    /// The address of the account.
    #[garde(custom(is_email))]
    #[schema(format = "email", max_length = 254, example = "asha@example.com")]
    email: String,
}

/// Ask for a link to set a new password
///
/// The answer is the same, and takes as long, whether or not the address has an account. A person gets at most one such mail in a
/// minute, and only the newest works, once, for 15 minutes.
#[utoipa::path(
    post,
    path = "/auth/forgot-password",
    tag = "Identity",
    params(OptionalKeyHeader),
    request_body = ForgotPassword,
    responses((status = 202, description = "The mail is on its way, if the address has an account", body = Envelope<Nothing>)),
    extensions(("x-access" = json!("public")))
)]
pub(crate) async fn forgot_password(
    State(edge): State<Edge>,
    tenant: TenantOf,
    info: RequestInfo,
    key: Option<IdempotencyKey>,
    Json(body): Json<ForgotPassword>,
) -> Result<Response, Problem> {
    let address = Email::new(&body.email).map_err(|error| Problem::invalid("email", error.to_string()))?;
    let work = async {
        let operation = info.operation(tenant.scope(), Actor::Anonymous, edge.ambient());
        tickets::mail(&edge, &tenant, &operation, TicketKind::PasswordReset, &address, User::may_act).await?;
        Ok(Reply::accepted(Nothing {}).message("If the address has an account, a mail is on its way."))
    };
    idempotent(&edge, &tenant, None, key, work).await
}

fn is_email(text: &str, (): &()) -> garde::Result {
    Email::new(text).map(drop).map_err(garde::Error::new)
}
