//! `POST /auth/refresh`

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::id::Id;
use domain::limit::Rate;
use domain::operation::{Actor, Operation};
use domain::pii::Purpose;
use domain::session::{Device, Session, Verdict};
use domain::tenant::Tenant;
use garde::Validate;
use platform::tokens::RefreshToken;
use platform::vault::VaultError;
use serde::Deserialize;
use store::sessions::{Rotated, Rotation};
use utoipa::ToSchema;
use web::openapi::OptionalKeyHeader;
use web::{
    Code, Edge, Envelope, IdempotencyKey, Json, Problem, Quota, RequestInfo, Signer, TenantOf, idempotent, refusals,
};

use super::Tokens;
use super::browser::{Browser, Mode};
use super::tokens::Issued;

/// The refresh token that is to be exchanged.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Refresh {
    /// The newest refresh token of the session; left out by a browser whose cookie has it.
    #[garde(length(bytes, max = 256))]
    #[schema(
        max_length = 256,
        example = "ses_01JB2Z8QW3C4D5E6F7G8H9JKMN.0.c2VjcmV0LXRoYXQtb25seS10aGUtZGV2aWNlLWtub3dz"
    )]
    refresh_token: Option<String>,
}

/// Exchange a refresh token for new tokens
///
/// A refresh token is good for one exchange. Presenting it again within 10 seconds, as two tabs of one browser do, gets
/// the same successor; presenting an older one, or later, ends the session, because somebody has a copy.
///
/// A browser that signed in with `"mode": "cookie"` sends no body but its cookies and `X-CSRF-Token`; the next refresh token
/// comes as a cookie again.
#[utoipa::path(
    post,
    path = "/auth/refresh",
    tag = "Identity",
    params(OptionalKeyHeader),
    request_body = Option<Refresh>,
    responses(
        (status = 200, description = "The next tokens", body = Envelope<Tokens>),
        web::openapi::Of<(refusals::InvalidRefreshToken, refusals::CsrfTokenInvalid, refusals::RateLimited)>
    ),
    security((), ("refreshCookie" = [], "csrfToken" = [])),
    extensions(("x-access" = json!("public")))
)]
pub(crate) async fn refresh(
    State(edge): State<Edge>,
    State(signer): State<Signer>,
    tenant: TenantOf,
    info: RequestInfo,
    browser: Browser,
    key: Option<IdempotencyKey>,
    body: Option<Json<Refresh>>,
) -> Result<Response, Problem> {
    let given = body.and_then(|Json(body)| body.refresh_token);
    let operation = info.operation(tenant.scope(), Actor::Anonymous, edge.ambient());
    let Some(text) = given else {
        let missing = || Problem::invalid("refreshToken", "is required, in the body or as a cookie");
        let text = browser.refresh_token().ok_or_else(missing)?;
        let presented = Presented::read(&edge, &tenant, text).await?;
        let csrf = browser.csrf_token(&edge, &tenant, presented.token.family).await?;
        let session = exchange(&edge, &tenant, &operation, &info, &presented).await?;
        let issued = Issued {
            session: &session,
            refresh: &presented.next(),
            mode: Mode::Cookie,
            csrf: Some(csrf),
            device: None,
        };
        // Without the idempotency key, which would stand for every browser's empty body.
        return Ok(issued.reply(&edge, &signer, &tenant).await?.into_response());
    };
    let work = async {
        let presented = Presented::read(&edge, &tenant, &text).await?;
        let session = exchange(&edge, &tenant, &operation, &info, &presented).await?;
        let issued =
            Issued { session: &session, refresh: &presented.next(), mode: Mode::Body, csrf: None, device: None };
        issued.reply(&edge, &signer, &tenant).await
    };
    idempotent(&edge, &tenant, None, key, work).await
}

/// A refresh token with the key of its line.
pub(crate) struct Presented {
    pub(crate) token: RefreshToken,
    line_key: [u8; 32],
}

impl Presented {
    /// Reads a token.
    ///
    /// # Errors
    /// With 401 when it can't be one of ours.
    pub(crate) async fn read(edge: &Edge, tenant: &Tenant, text: &str) -> Result<Self, Problem> {
        let token: RefreshToken = text.parse().map_err(|_| refused())?;
        // The line goes on under the key with which the session began, whatever key follows.
        match edge.vault().derive_as_of(tenant, Purpose::Session, "refresh", token.family.made_at()).await {
            Ok(key) => Ok(Self { token, line_key: *key }),
            // The id is made up: there was no key at that time.
            Err(VaultError::Unreadable) => Err(refused()),
            Err(error) => Err(error.into()),
        }
    }

    fn next(&self) -> RefreshToken {
        self.token.successor(&self.line_key)
    }

    fn judge(&self, session: &Session, operation: &Operation) -> Verdict {
        let hash_at = |generation| self.token.hash_at(generation, &self.line_key);
        session.judge(self.token.generation, hash_at, operation.now)
    }
}

/// Exchanges a token for its successor, or finds that it was exchanged a moment ago.
async fn exchange(
    edge: &Edge,
    tenant: &Tenant,
    operation: &Operation,
    info: &RequestInfo,
    presented: &Presented,
) -> Result<Session, Problem> {
    let rotation = Rotation {
        session: presented.token.family,
        generation: presented.token.generation,
        hash: presented.token.secret.hash(),
        next_hash: presented.next().secret.hash(),
        device: Device { name: None, ip: operation.ip.clone(), user_agent: info.user_agent().map(str::to_owned) },
        rate: Rate::per_minute(tenant.settings.limits.refreshes),
        now: operation.now,
    };
    let session = match edge.store().rotate_session(operation.scope, &rotation).await? {
        Rotated::Done(session, level) => {
            info.note_quota(Quota { policy: "refresh", rate: rotation.rate, level });
            session
        }
        Rotated::TooOften(level) => {
            let quota = Quota { policy: "refresh", rate: rotation.rate, level };
            info.note_quota(quota);
            quota.check(operation.now)?;
            return Err(refused());
        }
        Rotated::Unknown => return Err(refused()),
        Rotated::Refused(session) => match presented.judge(&session, operation) {
            Verdict::SameSuccessor => session,
            Verdict::Reuse => return Err(reused(edge, operation, &session).await?),
            // `Rotate` was judged by the table at the same instant, and refused.
            Verdict::Rotate | Verdict::Ended | Verdict::Foreign => return Err(refused()),
        },
    };
    info.note_user(session.user);
    Ok(session)
}

/// Finds the live session whose newest token this is, or was a moment ago, without exchanging it.
///
/// # Errors
/// With 401 when there is none; an older token ends its session here too.
pub(crate) async fn owner_of(edge: &Edge, operation: &Operation, presented: &Presented) -> Result<Session, Problem> {
    let found = edge.store().session(operation.scope, presented.token.family).await?;
    let session = found.ok_or_else(refused)?;
    match presented.judge(&session, operation) {
        Verdict::Rotate | Verdict::SameSuccessor => Ok(session),
        Verdict::Reuse => Err(reused(edge, operation, &session).await?),
        Verdict::Ended | Verdict::Foreign => Err(refused()),
    }
}

/// Ends a session of whose tokens somebody has a copy.
async fn reused(edge: &Edge, operation: &Operation, session: &Session) -> Result<Problem, Problem> {
    let operation = Operation { actor: owner(session), ..operation.clone() };
    edge.store().end_reused_session(&operation, session).await?;
    Ok(refused())
}

fn refused() -> Problem {
    Problem::new(Code::InvalidRefreshToken)
}

/// Names the user of a session as the one who acts.
pub(crate) fn owner(session: &Session) -> Actor {
    Actor::User { id: session.user, roles: session.roles.clone() }
}

#[cfg(test)]
mod tests;
