//! `POST /auth/logout`

use axum::extract::State;
use axum::response::Response;
use web::openapi::OptionalKeyHeader;
use web::{Caller, Edge, Envelope, IdempotencyKey, Nothing, Problem, Reply, idempotent};

/// Sign out
///
/// Ends the session of this device: its access and refresh tokens are refused from the next request on.
#[utoipa::path(
    post,
    path = "/auth/logout",
    tag = "Identity",
    params(OptionalKeyHeader),
    responses((status = 200, description = "The session has ended", body = Envelope<Nothing>)),
    extensions(("x-access" = json!("caller")))
)]
pub(crate) async fn logout(
    State(edge): State<Edge>,
    caller: Caller,
    key: Option<IdempotencyKey>,
) -> Result<Response, Problem> {
    let work = async {
        edge.store().end_session(&caller.operation(), caller.session).await?;
        Ok(Reply::done().message("Signed out."))
    };
    idempotent(&edge, caller.tenant(), Some(caller.user), key, work).await
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
