use std::time::Duration;

use domain::access::Role;
use http::StatusCode;
use serde_json::{Value, json};

use crate::test_support::{PASSWORD, Shop};

const ENDED: (StatusCode, &str) = (StatusCode::UNAUTHORIZED, "SESSION_ENDED");

async fn listed(shop: &Shop, token: &str) -> Vec<Value> {
    let answer = shop.client.get("/auth/sessions?limit=50").bearer(token).send().await;
    answer.data(StatusCode::OK).as_array().unwrap().clone()
}

async fn log_in_as(shop: &Shop, email: &str, device: &str) -> (String, String) {
    let body = json!({"email": email, "password": PASSWORD, "deviceName": device});
    let request = shop.client.post("/auth/login").header("user-agent", "Browser of a test").json(body);
    let answer = request.send().await;
    let data = answer.data(StatusCode::OK);
    (data["accessToken"].as_str().unwrap().to_owned(), data["sessionId"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn everybody_sees_the_devices_of_their_own_newest_first() {
    let shop = Shop::open().await;
    let asha = shop.customer().await;
    shop.stack.clock.advance(Duration::from_secs(1));
    let (token, session) = log_in_as(&shop, &asha.email, "Phone").await;
    shop.customer().await;

    // The process learns the keys with the first token.
    shop.me(&token).await.data(StatusCode::OK);
    let answer = shop.client.get("/auth/sessions").bearer(&token).send().await;
    assert_eq!(answer.round_trips(), 1);
    let all = listed(&shop, &token).await;
    assert_eq!(all.len(), 2);
    let phone = &all[0];
    assert_eq!(
        (&phone["id"], &phone["deviceName"], &phone["userAgent"], &phone["current"]),
        (&json!(session), &json!("Phone"), &json!("Browser of a test"), &json!(true))
    );
    assert_eq!(all[1]["current"], false);
    for secret in ["secretHash", "generation", "revokedAt", "user"] {
        assert!(phone.get(secret).is_none(), "{secret}");
    }
}

#[tokio::test]
async fn a_device_is_signed_out_from_another_and_its_owner_alone_can() {
    let shop = Shop::open().await;
    let (asha, ravi) = (shop.customer().await, shop.customer().await);
    let (phone, session) = log_in_as(&shop, &asha.email, "Phone").await;
    let delete = |token: &str, session: &str| {
        let request = shop.client.delete(&format!("/auth/sessions/{session}")).bearer(token);
        request.send()
    };
    delete(&ravi.access_token, &session).await.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
    shop.me(&phone).await.data(StatusCode::OK);

    delete(&asha.access_token, &session).await.data(StatusCode::OK);
    shop.me(&phone).await.refused(ENDED.0, ENDED.1);
    delete(&asha.access_token, &session).await.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
    delete(&asha.access_token, "ses_01JB2Z8QW3C4D5E6F7G8H9JKMN").await.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
    assert_eq!(listed(&shop, &asha.access_token).await.len(), 1);
    assert_eq!(shop.audited("SESSION_REVOKED").await, 1);
}

#[tokio::test]
async fn signing_out_everywhere_ends_every_session_and_lets_one_in_anew() {
    let shop = Shop::open().await;
    shop.stack.clock.stop();
    let asha = shop.customer().await;
    let mut others = Vec::new();
    for _ in 0..5 {
        others.push(shop.log_in(&asha.email).await);
    }
    let ravi = shop.customer().await;
    shop.client.post("/auth/logout-all").bearer(&asha.access_token).send().await.data(StatusCode::OK);
    for device in others.iter().chain([&asha]) {
        shop.me(&device.access_token).await.refused(ENDED.0, ENDED.1);
        shop.refresh(&device.refresh_token).await.refused(StatusCode::UNAUTHORIZED, "INVALID_REFRESH_TOKEN");
    }
    shop.me(&ravi.access_token).await.data(StatusCode::OK);
    let anew = shop.log_in(&asha.email).await;
    shop.me(&anew.access_token).await.data(StatusCode::OK);
    assert_eq!(shop.audited("ALL_SESSIONS_REVOKED").await, 1);
    assert_eq!(shop.audited("REFRESH_TOKEN_REUSED").await, 0);
}

#[tokio::test]
async fn a_session_from_before_the_end_of_all_is_over_though_nobody_has_marked_it() {
    let shop = Shop::open().await;
    let asha = shop.customer().await;
    shop.stack.clock.advance(Duration::from_secs(1));
    let user = shop.user_place(&asha).await;
    shop.set_text(&user, "sessionsFrom", &shop.stack.now().to_string()).await;
    shop.me(&asha.access_token).await.refused(ENDED.0, ENDED.1);
    let anew = shop.log_in(&asha.email).await;
    assert_eq!(listed(&shop, &anew.access_token).await.len(), 1);
}

#[tokio::test]
async fn suspension_and_other_roles_count_from_the_next_request_on() {
    let shop = Shop::open().await;
    let member = shop.tenant.member(&[Role::Customer]).await;
    let user = (format!("T#{}#U#{}", shop.tenant.id(), member.user.id), "A".to_owned());
    shop.me(&member.token).await.data(StatusCode::OK);
    shop.set_list(&user, "roles", &["SELLER"]).await;
    assert_eq!(shop.me(&member.token).await.data(StatusCode::OK)["roles"], json!(["SELLER"]));
    shop.set_text(&user, "status", "SUSPENDED").await;
    shop.me(&member.token).await.refused(ENDED.0, ENDED.1);
    let write = shop.client.post("/auth/logout").bearer(&member.token).send().await;
    write.refused(ENDED.0, ENDED.1);
}
