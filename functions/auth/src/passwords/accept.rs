//! `POST /auth/accept-invitation`

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

/// The token of a mailed invitation, and the password to set.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AcceptInvitation {
    /// What the link `…/accept-invitation?token=` brought along.
    #[garde(length(bytes, max = 256))]
    #[schema(
        max_length = 256,
        example = "usr_01JB2Z8QW3C4D5E6F7G8H9JKMN.b25lLXRpbWUtc2VjcmV0LW9mLTI1Ni1yYW5kb20tYml0cw"
    )]
    token: String,
    /// 8 to 128 characters, or from as many on as the tenant wants, and not one of the most common passwords.
    #[garde(custom(is_strong))]
    #[schema(format = "password", min_length = 8, max_length = 128, example = "correct horse battery staple")]
    password: String,
}

/// Accept an invitation
///
/// Sets the first password of an account that was opened for somebody, which verifies the address too. Then sign in.
#[utoipa::path(
    post,
    path = "/auth/accept-invitation",
    tag = "Identity",
    params(OptionalKeyHeader),
    request_body = AcceptInvitation,
    responses(
        (status = 200, description = "The account is open", body = Envelope<Nothing>),
        web::openapi::Of<(refusals::InvalidTicket, refusals::Conflict)>
    ),
    extensions(("x-access" = json!("public")))
)]
pub(crate) async fn accept_invitation(
    State(edge): State<Edge>,
    State(passwords): State<Passwords>,
    tenant: TenantOf,
    info: RequestInfo,
    key: Option<IdempotencyKey>,
    Json(body): Json<AcceptInvitation>,
) -> Result<Response, Problem> {
    let password = accepted(&tenant, "password", &body.password)?;
    let work = async {
        let link = Link { kind: TicketKind::Invitation, token: &body.token };
        set_by_link(&edge, &passwords, &info, &tenant, link, password).await?;
        Ok(Reply::done().message("The account is open. Sign in with the password."))
    };
    idempotent(&edge, &tenant, None, key, work).await
}
