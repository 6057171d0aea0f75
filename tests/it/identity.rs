//! What mails do: an address is verified, a password set anew, an account moved to another address, through HTTP on the deployed
//! stack, with the links that really arrive.

use axum::http::StatusCode;
use harness::client::TestAnswer;
use harness::shop::{PASSWORD, Shop, eventually};
use serde_json::{Value, json};

async fn post(shop: &Shop, path: &str, body: Value) -> TestAnswer {
    shop.api.post(path).json(body).send().await
}

async fn log_in(shop: &Shop, email: &str, password: &str) -> TestAnswer {
    post(shop, "/auth/login", json!({"email": email, "password": password})).await
}

#[tokio::test]
async fn the_links_that_arrive_by_mail_do_what_they_say() {
    let shop = Shop::open().await;
    let shopper = shop.shopper().await;
    let me = shopper.get("/auth/me").await;
    assert_eq!(me.data(StatusCode::OK)["emailVerifiedAt"], Value::Null);
    let token = shop.mailed_token(&shopper.email, "verify-email").await;
    post(&shop, "/auth/verify-email", json!({"token": token})).await.data(StatusCode::OK);
    let me = shopper.get("/auth/me").await;
    assert!(me.data(StatusCode::OK)["emailVerifiedAt"].is_string());

    let new = "a new horse with another battery";
    post(&shop, "/auth/forgot-password", json!({"email": shopper.email})).await.data(StatusCode::ACCEPTED);
    let token = shop.mailed_token(&shopper.email, "reset-password").await;
    let body = json!({"token": token, "newPassword": new});
    post(&shop, "/auth/reset-password", body.clone()).await.data(StatusCode::OK);
    post(&shop, "/auth/reset-password", body).await.refused(StatusCode::BAD_REQUEST, "INVALID_TICKET");
    shopper.get("/auth/me").await.refused(StatusCode::UNAUTHORIZED, "SESSION_ENDED");
    let old = json!({"refreshToken": shopper.refresh_token});
    post(&shop, "/auth/refresh", old).await.refused(StatusCode::UNAUTHORIZED, "INVALID_REFRESH_TOKEN");
    log_in(&shop, &shopper.email, PASSWORD).await.refused(StatusCode::UNAUTHORIZED, "INVALID_CREDENTIALS");
    let again = log_in(&shop, &shopper.email, new).await;
    let token = again.data(StatusCode::OK)["accessToken"].as_str().unwrap().to_owned();
    let notices = shop.await_mails(&shopper.email, 2).await;
    assert!(notices.iter().any(|mail| mail.subject == "Your password at Print & Co was changed"), "{notices:?}");

    let to = format!("moved.{}", shopper.email);
    let body = json!({"newEmail": to, "password": new});
    shop.api.post("/auth/change-email").bearer(&token).json(body).send().await.data(StatusCode::ACCEPTED);
    let token = shop.mailed_token(&to, "confirm-email-change").await;
    post(&shop, "/auth/confirm-email-change", json!({"token": token})).await.data(StatusCode::OK);
    log_in(&shop, &to, new).await.data(StatusCode::OK);
    log_in(&shop, &shopper.email, new).await.refused(StatusCode::UNAUTHORIZED, "INVALID_CREDENTIALS");
    let told = eventually("the notice to the old address arrives", async || {
        let mails = shop.mails(&shopper.email).await;
        mails.into_iter().find(|mail| mail.subject == "Your e-mail address at Print & Co was changed")
    })
    .await;
    assert!(!told.text.contains(&to), "the notice tells the new address");

    // What a mail needed is gone with it: nothing in the table opens to a token or to an address that was left.
    let left = shop.tenant.stored("U#").await;
    assert!(left.iter().all(|row| row["token"].is_null() && row["type"] != "OldAddress"), "{left:?}");
}

#[tokio::test]
async fn nobody_is_mailed_for_an_address_without_an_account() {
    let shop = Shop::open().await;
    let nobody = format!("nobody.{}", shop.seller.email);
    for path in ["/auth/forgot-password", "/auth/resend-verification"] {
        post(&shop, path, json!({"email": nobody})).await.data(StatusCode::ACCEPTED);
    }
    // The seller asks last, so when their mail is there the others had their time.
    post(&shop, "/auth/forgot-password", json!({"email": shop.seller.email})).await.data(StatusCode::ACCEPTED);
    shop.await_mails(&shop.seller.email, 1).await;
    assert_eq!(shop.all_mails(&nobody).await, []);
}
