//! `POST /auth/resend-verification`

use axum::extract::State;
use axum::response::Response;
use domain::operation::Actor;
use domain::ticket::TicketKind;
use domain::user::{Email, UserStatus};
use garde::Validate;
use serde::Deserialize;
use utoipa::ToSchema;
use web::openapi::OptionalKeyHeader;
use web::{Edge, Envelope, IdempotencyKey, Json, Nothing, Problem, Reply, RequestInfo, TenantOf, idempotent};

use super::is_email;
use crate::tickets;

/// Whose address is to be verified.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ResendVerification {
    /// The address of the account.
    #[garde(custom(is_email))]
    #[schema(format = "email", max_length = 254, example = "asha@example.com")]
    email: String,
}

/// Ask for another mail to verify an address
///
/// The answer is the same, and takes as long, whether or not there is such an account or it is verified already. A person gets at
/// most one such mail in a minute, and only the newest works.
#[utoipa::path(
    post,
    path = "/auth/resend-verification",
    tag = "Identity",
    params(OptionalKeyHeader),
    request_body = ResendVerification,
    responses((status = 202, description = "The mail is on its way, if there is one to send", body = Envelope<Nothing>)),
    extensions(("x-access" = json!("public")))
)]
pub(crate) async fn resend_verification(
    State(edge): State<Edge>,
    tenant: TenantOf,
    info: RequestInfo,
    key: Option<IdempotencyKey>,
    Json(body): Json<ResendVerification>,
) -> Result<Response, Problem> {
    let address = Email::new(&body.email).map_err(|error| Problem::invalid("email", error.to_string()))?;
    let work = async {
        let operation = info.operation(tenant.scope(), Actor::Anonymous, edge.ambient());
        tickets::mail(&edge, &tenant, &operation, TicketKind::EmailVerification, &address, |user| {
            user.email_verified_at.is_none() && user.status == UserStatus::Active
        })
        .await?;
        Ok(Reply::accepted(Nothing {}).message("If the address waits to be verified, a mail is on its way."))
    };
    idempotent(&edge, &tenant, None, key, work).await
}
