use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::access::Role;
use http::StatusCode;
use serde_json::{Value, json};

use crate::test_support::{Shop, part};

#[tokio::test]
async fn the_account_comes_with_the_session_check() {
    let shop = Shop::open().await;
    let asha = shop.customer().await;
    // The process learns the keys with the first token.
    shop.me(&asha.access_token).await.data(StatusCode::OK);
    let answer = shop.me(&asha.access_token).await;
    let data = answer.data(StatusCode::OK);
    assert_eq!(
        (&data["email"], &data["firstName"], &data["roles"]),
        (&json!(asha.email), &json!("Asha"), &json!(["CUSTOMER"]))
    );
    assert_eq!((answer.round_trips(), answer.header("cache-control"), answer.header("etag")), (1, "no-store", "\"1\""));
}

#[tokio::test]
async fn no_forged_token_is_believed() {
    let shop = Shop::open().await;
    let asha = shop.customer().await;
    let token = asha.access_token.as_str();
    let (head, claims) = (part(token, 0), part(token, 1));
    let signature = token.rsplit('.').next().unwrap();
    let coded = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let with = |mut value: Value, name: &str, to: Value| {
        value[name] = to;
        value
    };
    let forged = [
        ("alg none", format!("{}.{}.", coded(&json!({"alg": "none", "typ": "at+jwt"})), coded(&claims))),
        ("no signature", token.replace(signature, "")),
        ("a cut signature", token[..token.len() - 4].to_owned()),
        (
            "another role",
            format!("{}.{}.{signature}", coded(&head), coded(&with(claims.clone(), "roles", json!(["OWNER"])))),
        ),
        (
            "another user",
            format!(
                "{}.{}.{signature}",
                coded(&head),
                coded(&with(claims.clone(), "sub", json!("usr_01JB2Z8QW3C4D5E6F7G8H9JKMN")))
            ),
        ),
        ("HS256", format!("{}.{}.{signature}", coded(&with(head.clone(), "alg", json!("HS256"))), coded(&claims))),
        ("an id token", format!("{}.{}.{signature}", coded(&with(head.clone(), "typ", json!("JWT"))), coded(&claims))),
        (
            "its own key",
            format!(
                "{}.{}.{signature}",
                coded(&with(head.clone(), "jku", json!("https://evil.example/jwks"))),
                coded(&claims)
            ),
        ),
        ("an unknown key", format!("{}.{}.{signature}", coded(&with(head, "kid", json!("other"))), coded(&claims))),
        ("no token", "x".to_owned()),
    ];
    for (what, token) in forged {
        let answer = shop.me(&token).await;
        assert_eq!(
            (answer.status, answer.body["code"].as_str()),
            (StatusCode::UNAUTHORIZED, Some("INVALID_TOKEN")),
            "{what}"
        );
    }
    shop.client.get("/auth/me").send().await.refused(StatusCode::UNAUTHORIZED, "UNAUTHENTICATED");
    shop.client
        .get("/auth/me")
        .header("authorization", "Basic YTpi")
        .send()
        .await
        .refused(StatusCode::UNAUTHORIZED, "INVALID_TOKEN");
}

#[tokio::test]
async fn a_token_lives_for_a_quarter_of_an_hour() {
    let shop = Shop::open().await;
    let asha = shop.customer().await;
    shop.stack.clock.advance(Duration::from_secs(14 * 60));
    shop.me(&asha.access_token).await.data(StatusCode::OK);
    shop.stack.clock.advance(Duration::from_secs(66));
    shop.me(&asha.access_token).await.refused(StatusCode::UNAUTHORIZED, "TOKEN_EXPIRED");
}

#[tokio::test]
async fn roles_are_read_from_the_table_not_from_the_token() {
    let shop = Shop::open().await;
    let member = shop.tenant.member(&[Role::Customer]).await;
    let user = (format!("T#{}#U#{}", shop.tenant.id(), member.user.id), "A".to_owned());
    shop.set_list(&user, "roles", &["SELLER"]).await;
    assert_eq!(shop.me(&member.token).await.data(StatusCode::OK)["roles"], json!(["SELLER"]));
}
