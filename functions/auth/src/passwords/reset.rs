//! `POST /auth/reset-password`

use axum::extract::State;
use axum::response::Response;
use domain::ticket::TicketKind;
use garde::Validate;
use platform::passwords::Passwords;
use serde::Deserialize;
use utoipa::ToSchema;
use web::openapi::OptionalKeyHeader;
use web::{Edge, Envelope, IdempotencyKey, Json, Nothing, Problem, Reply, RequestInfo, TenantOf, idempotent, refusals};

use super::{Link, accepted, is_strong, set_by_link};

/// The token of a mailed link, and the password to set.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ResetPassword {
    /// What the link `…/reset-password?token=` brought along.
    #[garde(length(bytes, max = 256))]
    #[schema(
        max_length = 256,
        example = "usr_01JB2Z8QW3C4D5E6F7G8H9JKMN.b25lLXRpbWUtc2VjcmV0LW9mLTI1Ni1yYW5kb20tYml0cw"
    )]
    token: String,
    /// 8 to 128 characters, or from as many on as the tenant wants, and not one of the most common passwords.
    #[garde(custom(is_strong))]
    #[schema(format = "password", min_length = 8, max_length = 128, example = "a new horse with another battery")]
    new_password: String,
}

/// Set a new password by a mailed link
///
/// Ends all sessions. It opens none: sign in with the new password, and with the second factor where there is one.
#[utoipa::path(
    post,
    path = "/auth/reset-password",
    tag = "Identity",
    params(OptionalKeyHeader),
    request_body = ResetPassword,
    responses(
        (status = 200, description = "The password is set", body = Envelope<Nothing>),
        web::openapi::Of<(refusals::InvalidTicket, refusals::Conflict)>
    ),
    extensions(("x-access" = json!("public")))
)]
pub(crate) async fn reset_password(
    State(edge): State<Edge>,
    State(passwords): State<Passwords>,
    tenant: TenantOf,
    info: RequestInfo,
    key: Option<IdempotencyKey>,
    Json(body): Json<ResetPassword>,
) -> Result<Response, Problem> {
    let password = accepted(&tenant, "newPassword", &body.new_password)?;
    let work = async {
        let link = Link { kind: TicketKind::PasswordReset, token: &body.token };
        set_by_link(&edge, &passwords, &info, &tenant, link, password).await?;
        Ok(Reply::done().message("The password is set. Sign in with it."))
    };
    idempotent(&edge, &tenant, None, key, work).await
}
