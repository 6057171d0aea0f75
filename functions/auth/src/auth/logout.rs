//! `POST /auth/logout`

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::operation::Actor;
use http::header::SET_COOKIE;
use web::openapi::OptionalKeyHeader;
use web::{
    Bearer, Code, Edge, Envelope, IdempotencyKey, Nothing, Problem, Reply, RequestInfo, TenantOf, idempotent, refusals,
};

use super::browser::{Browser, CSRF, REFRESH};
use super::refresh::{self, Presented};

/// Sign out
///
/// Ends the session of this device: its access and refresh tokens are refused from the next request on. A browser without
/// an access token may sign out by its refresh cookie and `X-CSRF-Token`.
#[utoipa::path(
    post,
    path = "/auth/logout",
    tag = "Identity",
    params(OptionalKeyHeader),
    responses(
        (status = 200, description = "The session has ended", body = Envelope<Nothing>),
        web::openapi::Of<(refusals::InvalidRefreshToken, refusals::CsrfTokenInvalid)>
    ),
    security(("refreshCookie" = [], "csrfToken" = [])),
    extensions(("x-access" = json!("caller")))
)]
pub(crate) async fn logout(
    State(edge): State<Edge>,
    bearer: Option<Bearer>,
    tenant: TenantOf,
    info: RequestInfo,
    browser: Browser,
    key: Option<IdempotencyKey>,
) -> Result<Response, Problem> {
    let done = || Reply::done().message("Signed out.");
    if let Some(bearer) = bearer {
        let caller = bearer.check().await?;
        let own = browser.refresh_token().is_some_and(|text| text.starts_with(&caller.session.to_string()));
        let work = async {
            edge.store().end_session(&caller.operation(), caller.session).await?;
            Ok(if own { forgotten(done()) } else { done() })
        };
        return idempotent(&edge, caller.tenant(), Some(caller.user), key, work).await;
    }
    let text = browser.refresh_token().ok_or_else(|| Problem::new(Code::Unauthenticated))?;
    let presented = Presented::read(&edge, &tenant, text).await?;
    browser.csrf_token(&edge, &tenant, presented.token.family).await?;
    let operation = info.operation(tenant.scope(), Actor::Anonymous, edge.ambient());
    let session = refresh::owner_of(&edge, &operation, &presented).await?;
    let operation = info.operation(operation.scope, refresh::owner(&session), edge.ambient());
    edge.store().end_session(&operation, session.id).await?;
    // Twice is once anyway: an idempotency key adds nothing here.
    Ok(forgotten(done()).into_response())
}

/// Makes the browser forget its session.
fn forgotten(reply: Reply<Nothing>) -> Reply<Nothing> {
    [REFRESH, CSRF].into_iter().fold(reply, |reply, cookie| reply.header(SET_COOKIE, cookie.forget()))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::StatusCode;

    use crate::test_support::Shop;

    #[tokio::test]
    async fn a_session_is_over_from_the_next_request_on() {
        let shop = Shop::open().await;
        let asha = shop.customer().await;
        let other_device = shop.log_in(&asha.email).await;
        shop.client.post("/auth/logout").bearer(&asha.access_token).send().await.data(StatusCode::OK);

        let again = shop.client.post("/auth/logout").bearer(&asha.access_token).send().await;
        again.refused(StatusCode::UNAUTHORIZED, "SESSION_ENDED");
        shop.me(&asha.access_token).await.refused(StatusCode::UNAUTHORIZED, "SESSION_ENDED");
        shop.refresh(&asha.refresh_token).await.refused(StatusCode::UNAUTHORIZED, "INVALID_REFRESH_TOKEN");
        // The session of another device goes on.
        shop.me(&other_device.access_token).await.data(StatusCode::OK);
    }

    #[tokio::test]
    async fn no_token_of_the_line_is_exchanged_after_logout_not_even_within_the_grace() {
        let shop = Shop::open().await;
        shop.stack.clock.stop();
        let asha = shop.customer().await;
        let next = shop.refresh(&asha.refresh_token).await.data(StatusCode::OK).clone();
        let access = next["accessToken"].as_str().unwrap();
        shop.client.post("/auth/logout").bearer(access).send().await.data(StatusCode::OK);
        for token in [asha.refresh_token.as_str(), next["refreshToken"].as_str().unwrap()] {
            shop.refresh(token).await.refused(StatusCode::UNAUTHORIZED, "INVALID_REFRESH_TOKEN");
        }
        shop.stack.clock.advance(Duration::from_secs(60));
        shop.refresh(&asha.refresh_token).await.refused(StatusCode::UNAUTHORIZED, "INVALID_REFRESH_TOKEN");
        // Nothing was used twice: the session had ended.
        assert_eq!(shop.audited("REFRESH_TOKEN_REUSED").await, 0);
    }
}
