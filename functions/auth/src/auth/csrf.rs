//! `GET /auth/csrf-token`

use axum::extract::State;
use domain::operation::Actor;
use serde::Serialize;
use utoipa::ToSchema;
use web::{Answer, Code, Edge, Envelope, Problem, Reply, RequestInfo, TenantOf, refusals};

use super::browser::{self, Browser, CSRF};
use super::refresh::{self, Presented};

/// What a page repeats in `X-CSRF-Token`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CsrfTokenView {
    /// The value, which the cookie `__Host-X-CSRF-Token` has too.
    #[schema(example = "cmFuZG9tIGFuZCBpdHMgTUFDIHdpdGggdGhlIHNlc3Npb24sIDQ4IGJ5dGVzIGluIGFsbCE")]
    csrf_token: String,
}

/// Get a new CSRF token
///
/// For a page in whose browser the cookie with it is gone. The session is the one of the refresh cookie.
#[utoipa::path(
    get,
    path = "/auth/csrf-token",
    tag = "Identity",
    responses(
        (status = 200, description = "A token, in the body and as a cookie", body = Envelope<CsrfTokenView>),
        web::openapi::Of<(refusals::InvalidRefreshToken,)>
    ),
    security(("refreshCookie" = [])),
    extensions(("x-access" = json!("public")))
)]
pub(crate) async fn csrf_token(
    State(edge): State<Edge>,
    tenant: TenantOf,
    info: RequestInfo,
    browser: Browser,
) -> Answer<CsrfTokenView> {
    let text = browser.refresh_token().ok_or_else(|| Problem::new(Code::InvalidRefreshToken))?;
    let operation = info.operation(tenant.scope(), Actor::Anonymous, edge.ambient());
    let presented = Presented::read(&edge, &tenant, text).await?;
    let session = refresh::owner_of(&edge, &operation, &presented).await?;
    let csrf_token = browser::new_csrf_token(&edge, &tenant, session.id).await?;
    let cookie = CSRF.keep(&csrf_token, session.expires_at().since(operation.now));
    Ok(Reply::ok(CsrfTokenView { csrf_token }).header(http::header::SET_COOKIE, cookie))
}
