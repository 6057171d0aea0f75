use std::collections::BTreeSet;
use std::time::Duration;

use http::StatusCode;
use serde_json::json;

use crate::test_support::Shop;

const REFUSED: (StatusCode, &str) = (StatusCode::UNAUTHORIZED, "INVALID_REFRESH_TOKEN");

/// Refreshes and returns the successor.
async fn next(shop: &Shop, token: &str) -> String {
    let answer = shop.refresh(token).await;
    answer.data(StatusCode::OK)["refreshToken"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_refresh_token_is_exchanged_in_one_round_trip() {
    let shop = Shop::open().await;
    let asha = shop.customer().await;
    let answer = shop.refresh(&asha.refresh_token).await;
    let data = answer.data(StatusCode::OK);
    assert_ne!(data["refreshToken"], asha.refresh_token);
    assert_eq!(answer.round_trips(), 1);
    shop.me(data["accessToken"].as_str().unwrap()).await.data(StatusCode::OK);
}

#[tokio::test]
async fn twenty_refreshes_of_one_token_at_once_get_one_successor() {
    let shop = Shop::open().await;
    let asha = shop.customer().await;
    let tries = (0..20).map(|_| {
        let (client, token) = (shop.client.clone(), asha.refresh_token.clone());
        tokio::spawn(async move { client.post("/auth/refresh").json(json!({"refreshToken": token})).send().await })
    });
    let mut successors = BTreeSet::new();
    for attempt in tries.collect::<Vec<_>>() {
        let answer = attempt.await.unwrap();
        successors.insert(answer.data(StatusCode::OK)["refreshToken"].as_str().unwrap().to_owned());
    }
    assert_eq!(successors.len(), 1, "{successors:?}");
    next(&shop, successors.first().unwrap()).await;
}

#[tokio::test]
async fn the_same_successor_is_given_for_ten_seconds_and_then_the_session_ends() {
    let shop = Shop::open().await;
    let asha = shop.customer().await;
    shop.stack.clock.stop();
    let second = next(&shop, &asha.refresh_token).await;
    shop.stack.clock.advance(Duration::from_secs(10));
    assert_eq!(next(&shop, &asha.refresh_token).await, second);
    shop.stack.clock.advance(Duration::from_millis(1));
    shop.refresh(&asha.refresh_token).await.refused(REFUSED.0, REFUSED.1);
    // The rightful owner is signed out too: we can't tell who is who.
    shop.refresh(&second).await.refused(REFUSED.0, REFUSED.1);
    shop.me(&asha.access_token).await.refused(StatusCode::UNAUTHORIZED, "SESSION_ENDED");
    assert_eq!(shop.audited("REFRESH_TOKEN_REUSED").await, 1);
}

#[tokio::test]
async fn the_token_before_the_last_ends_the_session_at_once() {
    let shop = Shop::open().await;
    let asha = shop.customer().await;
    shop.stack.clock.stop();
    let second = next(&shop, &asha.refresh_token).await;
    let third = next(&shop, &second).await;
    shop.refresh(&asha.refresh_token).await.refused(REFUSED.0, REFUSED.1);
    shop.refresh(&third).await.refused(REFUSED.0, REFUSED.1);
    let events = shop.tenant.stored("EVT#").await;
    let told = events.iter().filter(|event| event["event"]["type"] == "RefreshTokenReused").count();
    assert_eq!(told, 1);
}

#[tokio::test]
async fn nobody_ends_a_session_with_a_made_up_token() {
    let shop = Shop::open().await;
    let asha = shop.customer().await;
    let second = next(&shop, &asha.refresh_token).await;
    let third = next(&shop, &second).await;
    let (family, secret) = (third.split('.').next().unwrap(), "A".repeat(43));
    for generation in [0, 1, 2, 3, 4_000_000_000_u32] {
        shop.refresh(&format!("{family}.{generation}.{secret}")).await.refused(REFUSED.0, REFUSED.1);
    }
    next(&shop, &third).await;
}

#[tokio::test]
async fn what_is_no_refresh_token_of_this_tenant_is_refused() {
    let shop = Shop::open().await;
    let asha = shop.customer().await;
    let neighbour = shop.neighbour().await;
    neighbour.refresh(&asha.refresh_token).await.refused(REFUSED.0, REFUSED.1);
    for token in ["", "x", "a.b.c", &asha.access_token[..256]] {
        shop.refresh(token).await.refused(REFUSED.0, REFUSED.1);
    }
    let answer = shop.refresh(&asha.access_token).await;
    assert!(answer.status == StatusCode::UNAUTHORIZED || answer.fields() == ["refreshToken"], "{}", answer.text());
    // A refresh token is no access token.
    shop.me(&asha.refresh_token).await.refused(StatusCode::UNAUTHORIZED, "INVALID_TOKEN");
    next(&shop, &asha.refresh_token).await;
}

#[tokio::test]
async fn a_session_ends_after_a_week_unused_and_a_month_in_all() {
    let (day, shop) = (Duration::from_secs(24 * 60 * 60), Shop::open().await);
    let (idle, asha) = (shop.customer().await, shop.customer().await);
    let mut token = asha.refresh_token;
    for _ in 0..4 {
        shop.stack.clock.advance(day * 7 - Duration::from_secs(60));
        token = next(&shop, &token).await;
    }
    shop.refresh(&idle.refresh_token).await.refused(REFUSED.0, REFUSED.1);
    shop.stack.clock.advance(day * 2);
    shop.stack.clock.advance(Duration::from_secs(300));
    shop.refresh(&token).await.refused(REFUSED.0, REFUSED.1);
}

#[tokio::test]
async fn a_session_is_refreshed_so_often_a_minute_and_keeps_its_token_when_it_must_wait() {
    let shop = Shop::open_with(|tenant| tenant.settings.limits.refreshes = 3).await;
    shop.stack.clock.stop();
    let (asha, ravi) = (shop.customer().await, shop.customer().await);
    let mut token = asha.refresh_token;
    // Counted in the session's item: one round trip, and a second one only in a burst.
    for (trips, left) in [(1, "2"), (2, "1"), (2, "0")] {
        let answer = shop.refresh(&token).await;
        token = answer.data(StatusCode::OK)["refreshToken"].as_str().unwrap().to_owned();
        assert_eq!((answer.round_trips(), answer.header("ratelimit-remaining")), (trips, left));
    }
    let answer = shop.refresh(&token).await;
    answer.refused(StatusCode::TOO_MANY_REQUESTS, "RATE_LIMITED");
    assert_eq!((answer.header("retry-after"), answer.header("ratelimit-policy")), ("20", "\"refresh\";q=3;w=60"));
    next(&shop, &ravi.refresh_token).await;
    shop.stack.clock.advance(Duration::from_secs(20));
    next(&shop, &token).await;
    assert_eq!(shop.audited("REFRESH_TOKEN_REUSED").await, 0);
}

#[tokio::test]
async fn a_token_before_the_last_that_many_present_at_once_ends_the_session_once() {
    let shop = Shop::open().await;
    let asha = shop.customer().await;
    shop.stack.clock.stop();
    let second = next(&shop, &asha.refresh_token).await;
    let third = next(&shop, &second).await;
    let tries = (0..10).map(|_| {
        let (client, token) = (shop.client.clone(), asha.refresh_token.clone());
        tokio::spawn(async move { client.post("/auth/refresh").json(json!({"refreshToken": token})).send().await })
    });
    for attempt in tries.collect::<Vec<_>>() {
        attempt.await.unwrap().refused(REFUSED.0, REFUSED.1);
    }
    for token in [&second, &third] {
        shop.refresh(token).await.refused(REFUSED.0, REFUSED.1);
    }
    assert_eq!(shop.audited("REFRESH_TOKEN_REUSED").await, 1);
    let events = shop.tenant.stored("EVT#").await;
    let letters = events.iter().filter(|event| event["event"]["change"] == "REFRESH_TOKEN_REUSED").count();
    assert_eq!(letters, 1);
}

#[tokio::test]
async fn neither_a_body_nor_a_cookie_is_no_refresh() {
    let shop = Shop::open().await;
    for request in [shop.client.post("/auth/refresh"), shop.client.post("/auth/refresh").json(json!({}))] {
        let answer = request.send().await;
        answer.refused(StatusCode::BAD_REQUEST, "VALIDATION_FAILED");
        assert_eq!(answer.fields(), ["refreshToken"]);
    }
}
