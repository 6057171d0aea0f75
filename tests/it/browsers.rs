//! A browser at the deployed API: its cookies go out and come back through the gateway.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use domain::access::Role;
use harness::client::TestAnswer;
use harness::shop::{PASSWORD, Shop};
use serde_json::json;

fn take(cookies: &mut BTreeMap<String, String>, answer: &TestAnswer) {
    for line in answer.headers.get_all("set-cookie") {
        let (pair, _) = line.to_str().unwrap().split_once(';').unwrap();
        let (name, value) = pair.split_once('=').unwrap();
        cookies.insert(name.to_owned(), value.to_owned());
    }
}

#[tokio::test]
async fn a_browser_signs_in_refreshes_and_signs_out_by_cookies() {
    let shop = Shop::open().await;
    let email = shop.tenant.member_with_password(&[Role::Customer], PASSWORD).await;
    let mut cookies = BTreeMap::new();
    let sign_in = json!({"email": email, "password": PASSWORD, "mode": "cookie"});
    let answer = shop.api.post("/auth/login").json(sign_in).send().await;
    assert!(answer.data(StatusCode::OK).get("refreshToken").is_none(), "{}", answer.text());
    take(&mut cookies, &answer);
    assert_eq!(cookies.len(), 3, "{cookies:?}");

    let post = |path: &str, cookies: &BTreeMap<String, String>| {
        let line: Vec<_> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        shop.api.post(path).header("cookie", line.join("; "))
    };
    let csrf = cookies["__Host-X-CSRF-Token"].clone();
    post("/auth/refresh", &cookies).send().await.refused(StatusCode::FORBIDDEN, "CSRF_TOKEN_INVALID");
    let answer = post("/auth/refresh", &cookies).header("x-csrf-token", &csrf).send().await;
    answer.data(StatusCode::OK);
    take(&mut cookies, &answer);
    let answer = post("/auth/logout", &cookies).header("x-csrf-token", &csrf).send().await;
    answer.data(StatusCode::OK);
    let answer = post("/auth/refresh", &cookies).header("x-csrf-token", &csrf).send().await;
    answer.refused(StatusCode::UNAUTHORIZED, "INVALID_REFRESH_TOKEN");
}
