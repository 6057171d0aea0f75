//! `POST /auth/verify-email`

use axum::extract::State;
use axum::response::Response;
use domain::ticket::TicketKind;
use garde::Validate;
use serde::Deserialize;
use utoipa::ToSchema;
use web::openapi::OptionalKeyHeader;
use web::{Edge, Envelope, IdempotencyKey, Json, Nothing, Problem, Reply, RequestInfo, TenantOf, idempotent, refusals};

use crate::tickets;

/// The token of a mailed link.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct VerifyEmail {
    /// What the link `…/verify-email?token=` brought along.
    #[garde(length(bytes, max = 256))]
    #[schema(
        max_length = 256,
        example = "usr_01JB2Z8QW3C4D5E6F7G8H9JKMN.b25lLXRpbWUtc2VjcmV0LW9mLTI1Ni1yYW5kb20tYml0cw"
    )]
    token: String,
}

/// Verify an e-mail address
///
/// The token of the newest mail works, once, for 24 hours. Nobody needs to be signed in: the mail may be read elsewhere.
#[utoipa::path(
    post,
    path = "/auth/verify-email",
    tag = "Identity",
    params(OptionalKeyHeader),
    request_body = VerifyEmail,
    responses(
        (status = 200, description = "The address is verified", body = Envelope<Nothing>),
        web::openapi::Of<(refusals::InvalidTicket,)>
    ),
    extensions(("x-access" = json!("public")))
)]
pub(crate) async fn verify_email(
    State(edge): State<Edge>,
    tenant: TenantOf,
    info: RequestInfo,
    key: Option<IdempotencyKey>,
    Json(body): Json<VerifyEmail>,
) -> Result<Response, Problem> {
    let work = async {
        let scope = tenant.scope();
        let (ticket, user) = tickets::presented(&edge, scope, TicketKind::EmailVerification, &body.token).await?;
        let operation = tickets::operation(&edge, &info, scope, &user);
        if !edge.store().verify_email(&operation, &ticket).await? {
            return Err(tickets::refused());
        }
        Ok(Reply::done().message("The address is verified."))
    };
    idempotent(&edge, &tenant, None, key, work).await
}
