//! `POST /auth/confirm-email-change`

use axum::extract::State;
use axum::response::Response;
use domain::pii::Purpose;
use domain::tenant::Tenant;
use domain::ticket::{Ticket, TicketKind, field as ticket_field};
use domain::user::{User, field};
use garde::Validate;
use platform::vault::{Place, VaultError};
use platform::{people, tickets as letters};
use serde::Deserialize;
use store::emails::{EmailMove, Moved};
use store::logins::Login;
use utoipa::ToSchema;
use web::openapi::OptionalKeyHeader;
use web::{
    Code, Edge, Envelope, IdempotencyKey, Json, Nothing, Problem, Reply, RequestInfo, TenantOf, idempotent, refusals,
};

use crate::tickets;

/// How often the move is tried again when the account is changed at the same moment.
const TRIES: usize = 5;

/// The token of a mailed link.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ConfirmEmailChange {
    /// What the link `…/confirm-email-change?token=` brought along.
    #[garde(length(bytes, max = 256))]
    #[schema(
        max_length = 256,
        example = "usr_01JB2Z8QW3C4D5E6F7G8H9JKMN.b25lLXRpbWUtc2VjcmV0LW9mLTI1Ni1yYW5kb20tYml0cw"
    )]
    token: String,
}

/// Confirm the move to another e-mail address
///
/// From now on the account signs in with the new address, which is verified by this, and the old one gets a notice. The token of
/// the newest mail works, once, for 24 hours.
#[utoipa::path(
    post,
    path = "/auth/confirm-email-change",
    tag = "Identity",
    params(OptionalKeyHeader),
    request_body = ConfirmEmailChange,
    responses(
        (status = 200, description = "The account has moved", body = Envelope<Nothing>),
        web::openapi::Of<(refusals::InvalidTicket, refusals::EmailTaken, refusals::Conflict)>
    ),
    extensions(("x-access" = json!("public")))
)]
pub(crate) async fn confirm_email_change(
    State(edge): State<Edge>,
    tenant: TenantOf,
    info: RequestInfo,
    key: Option<IdempotencyKey>,
    Json(body): Json<ConfirmEmailChange>,
) -> Result<Response, Problem> {
    let work = async {
        let scope = tenant.scope();
        for _ in 0..TRIES {
            let (ticket, user) = tickets::presented(&edge, scope, TicketKind::EmailChange, &body.token).await?;
            let operation = tickets::operation(&edge, &info, scope, &user);
            let Some(login) = edge.store().login(scope, &user.email_index).await? else { continue };
            let change = prepared(&edge, &tenant, &ticket, &user, &login).await?;
            match edge.store().move_email(&operation, &change).await? {
                Moved::Done => return Ok(Reply::done().message("From now on, sign in with the new address.")),
                Moved::TicketSpent => return Err(tickets::refused()),
                Moved::Taken => return Err(Problem::new(Code::EmailTaken)),
                Moved::Changed => {}
            }
        }
        Err::<Reply<Nothing>, _>(Problem::new(Code::Conflict))
    };
    idempotent(&edge, &tenant, None, key, work).await
}

async fn prepared<'a>(
    edge: &Edge,
    tenant: &Tenant,
    ticket: &'a Ticket,
    user: &'a User,
    login: &'a Login,
) -> Result<EmailMove<'a>, VaultError> {
    let (vault, item) = (edge.vault(), user.id.to_string());
    let part = user.key_part.as_ref().ok_or(VaultError::Unreadable)?;
    let new = letters::open_new_email(vault, tenant, user, ticket).await?;
    let old = people::open_field(vault, tenant, user, field::EMAIL, &user.email).await?;
    let places = vault.index_places(tenant, field::EMAIL_INDEX, new.as_str()).await?;
    let seal =
        async |field, text: &str| vault.seal_text(tenant, Purpose::Pii, Place::of(part, &item, field), text).await;
    Ok(EmailMove {
        ticket,
        user,
        login,
        email: seal(field::EMAIL, new.as_str()).await?,
        to: places.write,
        guard: places.guard,
        old_email: seal(ticket_field::OLD_EMAIL, &old).await?,
    })
}
