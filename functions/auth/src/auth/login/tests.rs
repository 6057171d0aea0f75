use http::StatusCode;
use serde_json::json;

use crate::test_support::{PASSWORD, Shop, part};

#[tokio::test]
async fn whoever_knows_the_password_gets_a_session() {
    let shop = Shop::open().await;
    let asha = shop.customer().await;
    let body = json!({"email": asha.email.to_uppercase(), "password": PASSWORD, "deviceName": "Asha's phone"});
    let answer = shop.client.post("/auth/login").json(body).send().await;
    let data = answer.data(StatusCode::OK);
    assert_eq!((&data["tokenType"], &data["expiresIn"]), (&json!("Bearer"), &json!(900)));
    assert_eq!(answer.header("cache-control"), "no-store");

    let token = data["accessToken"].as_str().unwrap();
    let (head, claims) = (part(token, 0), part(token, 1));
    assert_eq!((&head["alg"], &head["typ"]), (&json!("ES256"), &json!("at+jwt")));
    let names: Vec<_> = claims.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names.len(), 9, "{names:?}");
    assert_eq!((&claims["tid"], &claims["sid"]), (&json!(shop.tenant.id()), &data["sessionId"]));
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 900);
    assert!(!claims.to_string().contains("example.com"));

    let me = shop.me(token).await;
    assert!(me.data(StatusCode::OK)["lastLoginAt"].is_string());
}

#[tokio::test]
async fn a_login_takes_two_round_trips_once_the_process_is_warm() {
    let shop = Shop::open().await;
    let asha = shop.customer().await;
    assert_eq!(shop.try_log_in(&asha.email, PASSWORD).await.round_trips(), 2);
    assert_eq!(shop.try_log_in(&asha.email, "wrong password").await.round_trips(), 2);
    assert_eq!(shop.try_log_in("nobody@example.com", "wrong password").await.round_trips(), 2);
}

#[tokio::test]
async fn nobody_learns_whether_an_address_has_an_account() {
    let shop = Shop::open().await;
    let asha = shop.customer().await;
    let id = shop.me(&asha.access_token).await.data(StatusCode::OK)["id"].as_str().unwrap().to_owned();
    let wrong = shop.try_log_in(&asha.email, "wrong password").await;
    let unknown = shop.try_log_in(&shop.new_email(), "wrong password").await;
    let no_address = shop.try_log_in("asha", "wrong password").await;
    for answer in [&wrong, &unknown, &no_address] {
        answer.refused(StatusCode::UNAUTHORIZED, "INVALID_CREDENTIALS");
        assert_eq!(answer.body["message"], wrong.body["message"]);
        assert!(!answer.text().contains(&id));
    }
    assert_eq!(shop.audited("LOGIN_FAILED").await, 3);
    assert_eq!(shop.audited("LOGIN_SUCCEEDED").await, 1);
}

#[tokio::test]
async fn an_imported_password_hash_is_renewed_at_login() {
    let shop = Shop::open().await;
    let asha = shop.customer().await;
    // `PASSWORD` as bcrypt hashes it at cost 4.
    let imported = crate::test_support::BCRYPT_OF_PASSWORD;
    let place = shop.login_record(&asha.email).await;
    shop.set_text(&place, "passwordHash", imported).await;

    shop.try_log_in(&asha.email, "wrong password").await.refused(StatusCode::UNAUTHORIZED, "INVALID_CREDENTIALS");
    assert_eq!(shop.text(&place, "passwordHash").await, imported);
    shop.log_in(&asha.email).await;
    let renewed = shop.text(&place, "passwordHash").await;
    assert!(renewed.starts_with("$argon2id$"), "{renewed}");
    shop.log_in(&asha.email).await;
    assert_eq!(shop.text(&place, "passwordHash").await, renewed);
}

#[tokio::test]
async fn a_closed_account_is_refused_like_a_wrong_password_and_its_sessions_end() {
    let shop = Shop::open().await;
    let asha = shop.customer().await;
    let id = shop.me(&asha.access_token).await.data(StatusCode::OK)["id"].as_str().unwrap().to_owned();
    let user = (format!("T#{}#U#{id}", shop.tenant.id()), "A".to_owned());
    shop.set_text(&user, "status", "SUSPENDED").await;
    // The login record still says active: the transaction asks the user.
    shop.try_log_in(&asha.email, PASSWORD).await.refused(StatusCode::UNAUTHORIZED, "INVALID_CREDENTIALS");
    shop.me(&asha.access_token).await.refused(StatusCode::UNAUTHORIZED, "SESSION_ENDED");
    shop.set_text(&user, "status", "ACTIVE").await;
    shop.me(&asha.access_token).await.data(StatusCode::OK);
    shop.log_in(&asha.email).await;
}

#[tokio::test]
async fn a_faulty_request_is_refused_before_anything_is_compared() {
    let shop = Shop::open().await;
    for (body, field) in [
        (json!({"email": "a@example.com"}), "password"),
        (json!({"password": "x"}), "email"),
        (json!({"email": "a@example.com", "password": "x", "remember": true}), "remember"),
        (json!({"email": "a@example.com", "password": 1}), "password"),
        (json!({"email": "a@example.com", "password": "x", "deviceName": ""}), "deviceName"),
        (json!({"email": "a@example.com", "password": "x".repeat(1025)}), "password"),
    ] {
        let answer = shop.client.post("/auth/login").json(body.clone()).send().await;
        answer.refused(StatusCode::BAD_REQUEST, "VALIDATION_FAILED");
        assert_eq!(answer.fields(), [field], "{body}");
    }
}
