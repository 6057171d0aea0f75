use std::collections::BTreeMap;

use harness::client::{TestAnswer, TestRequest};
use http::StatusCode;
use serde_json::{Value, json};

use super::REFRESH;
use crate::test_support::{PASSWORD, Shop};

const REFUSED: (StatusCode, &str) = (StatusCode::FORBIDDEN, "CSRF_TOKEN_INVALID");

/// A browser: keeps cookies, and a page in it that reads what scripts may.
#[derive(Clone, Default)]
struct Browser(BTreeMap<String, String>);

impl Browser {
    fn take(&mut self, answer: &TestAnswer) {
        for line in answer.headers.get_all("set-cookie") {
            let (pair, attributes) = line.to_str().unwrap().split_once("; ").unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            assert!(name.starts_with("__Host-") && !attributes.contains("Domain"), "{line:?}");
            for attribute in ["Path=/", "Secure", "SameSite=Strict"] {
                assert!(attributes.split("; ").any(|known| known == attribute), "{line:?}");
            }
            assert_eq!(!attributes.contains("HttpOnly"), name == "__Host-X-CSRF-Token", "{line:?}");
            match attributes.contains("Max-Age=0") {
                true => self.0.remove(name),
                false => self.0.insert(name.to_owned(), value.to_owned()),
            };
        }
    }

    fn csrf(&self) -> &str {
        &self.0["__Host-X-CSRF-Token"]
    }

    fn refresh_token(&self) -> &str {
        &self.0["__Host-Refresh-Token"]
    }

    /// Adds the cookies, as a browser does whoever asks it to send the request.
    fn send_along(&self, request: TestRequest) -> TestRequest {
        let pairs: Vec<_> = self.0.iter().map(|(name, value)| format!("{name}={value}")).collect();
        request.header("cookie", pairs.join("; "))
    }

    /// Refreshes as a page of ours does.
    async fn refresh(&mut self, shop: &Shop) -> TestAnswer {
        let request = self.send_along(shop.client.post("/auth/refresh")).header("x-csrf-token", self.csrf());
        let answer = request.send().await;
        self.take(&answer);
        answer
    }
}

async fn sign_in(shop: &Shop, email: &str) -> (Browser, Value) {
    let body = json!({"email": email, "password": PASSWORD, "mode": "cookie"});
    let answer = shop.client.post("/auth/login").json(body).send().await;
    let mut browser = Browser::default();
    browser.take(&answer);
    (browser, answer.data(StatusCode::OK).clone())
}

#[tokio::test]
async fn a_browser_gets_its_refresh_token_where_no_script_reads_it() {
    let shop = Shop::open().await;
    let asha = shop.customer().await;
    let (mut browser, data) = sign_in(&shop, &asha.email).await;
    let names: Vec<_> = browser.0.keys().map(String::as_str).collect();
    assert_eq!(names, ["__Host-Device", "__Host-Refresh-Token", "__Host-X-CSRF-Token"]);
    let first = browser.refresh_token().to_owned();

    let answer = browser.refresh(&shop).await;
    let next = answer.data(StatusCode::OK).clone();
    assert_eq!(answer.round_trips(), 1);
    assert_ne!(browser.refresh_token(), first);
    for data in [&data, &next] {
        assert!(data.get("refreshToken").is_none() && data.get("deviceToken").is_none(), "{data}");
        assert!(!data.to_string().contains(&first) && !data.to_string().contains(browser.refresh_token()));
        shop.me(data["accessToken"].as_str().unwrap()).await.data(StatusCode::OK);
    }
    assert_eq!(next["sessionId"], data["sessionId"]);
    // The same page token goes on; so two tabs don't take it from each other.
    browser.refresh(&shop).await.data(StatusCode::OK);
}

#[tokio::test]
async fn a_native_client_gets_no_cookies() {
    let shop = Shop::open().await;
    let asha = shop.customer().await;
    for mode in [json!({}), json!({"mode": "body"})] {
        let mut body = json!({"email": asha.email, "password": PASSWORD});
        body.as_object_mut().unwrap().extend(mode.as_object().unwrap().clone());
        let login = shop.client.post("/auth/login").json(body).send().await;
        let data = login.data(StatusCode::OK);
        let refresh = shop.refresh(data["refreshToken"].as_str().unwrap()).await;
        refresh.data(StatusCode::OK);
        let token = refresh.data(StatusCode::OK)["accessToken"].as_str().unwrap();
        let logout = shop.client.post("/auth/logout").bearer(token).send().await;
        logout.data(StatusCode::OK);
        for answer in [&login, &refresh, &logout] {
            assert!(!answer.headers.contains_key("set-cookie"), "{:?}", answer.headers);
        }
    }
    let answer = shop.client.post("/auth/login").json(json!({"email": "a@b.co", "password": "x", "mode": "both"}));
    assert_eq!(answer.send().await.fields(), ["mode"]);
}

#[tokio::test]
async fn what_another_site_makes_a_browser_send_changes_nothing() {
    let shop = Shop::open().await;
    let (asha, ravi) = (shop.customer().await, shop.customer().await);
    let (mut browser, data) = sign_in(&shop, &asha.email).await;
    let (other, _) = sign_in(&shop, &ravi.email).await;
    let own = browser.csrf().to_owned();
    let cut = &own[..own.len() - 2];
    for path in ["/auth/refresh", "/auth/logout"] {
        let post = || browser.send_along(shop.client.post(path));
        post().send().await.refused(REFUSED.0, REFUSED.1);
        for wrong in ["", "x", cut, other.csrf()] {
            post().header("x-csrf-token", wrong).send().await.refused(REFUSED.0, REFUSED.1);
        }
        // Even one that was planted in both places must be of this session.
        let mut planted = browser.clone();
        planted.0.insert("__Host-X-CSRF-Token".to_owned(), other.csrf().to_owned());
        let request = planted.send_along(shop.client.post(path)).header("x-csrf-token", other.csrf());
        request.send().await.refused(REFUSED.0, REFUSED.1);
        planted.0.remove("__Host-X-CSRF-Token");
        let request = planted.send_along(shop.client.post(path)).header("x-csrf-token", own.as_str());
        request.send().await.refused(REFUSED.0, REFUSED.1);
    }
    // Nothing was exchanged or ended by any of it.
    shop.me(data["accessToken"].as_str().unwrap()).await.data(StatusCode::OK);
    browser.refresh(&shop).await.data(StatusCode::OK);
    // A request with a bearer token needs none: no browser adds that by itself.
    let token = data["accessToken"].as_str().unwrap();
    let answer = browser.send_along(shop.client.post("/auth/logout")).bearer(token).send().await;
    answer.data(StatusCode::OK);
    browser.take(&answer);
    assert_eq!(browser.0.keys().collect::<Vec<_>>(), ["__Host-Device"]);
}

#[tokio::test]
async fn a_browser_without_an_access_token_signs_out_by_its_cookie() {
    let shop = Shop::open().await;
    let asha = shop.customer().await;
    let (mut browser, data) = sign_in(&shop, &asha.email).await;
    let kept = browser.clone();
    let request = browser.send_along(shop.client.post("/auth/logout")).header("x-csrf-token", browser.csrf());
    let answer = request.send().await;
    answer.data(StatusCode::OK);
    browser.take(&answer);
    assert_eq!(browser.0.keys().collect::<Vec<_>>(), ["__Host-Device"]);
    let token = data["accessToken"].as_str().unwrap();
    shop.me(token).await.refused(StatusCode::UNAUTHORIZED, "SESSION_ENDED");
    for path in ["/auth/refresh", "/auth/logout"] {
        let request = kept.send_along(shop.client.post(path)).header("x-csrf-token", kept.csrf());
        request.send().await.refused(StatusCode::UNAUTHORIZED, "INVALID_REFRESH_TOKEN");
    }
    shop.client.post("/auth/logout").send().await.refused(StatusCode::UNAUTHORIZED, "UNAUTHENTICATED");
    assert_eq!(shop.audited("LOGGED_OUT").await, 1);
}

#[tokio::test]
async fn a_page_without_its_token_gets_a_new_one_by_the_refresh_cookie() {
    let shop = Shop::open().await;
    let asha = shop.customer().await;
    let (mut browser, _) = sign_in(&shop, &asha.email).await;
    let old = browser.0.remove("__Host-X-CSRF-Token").unwrap();
    let answer = browser.send_along(shop.client.get("/auth/csrf-token")).send().await;
    browser.take(&answer);
    assert_eq!(answer.data(StatusCode::OK)["csrfToken"], browser.csrf());
    assert_ne!(browser.csrf(), old);
    browser.refresh(&shop).await.data(StatusCode::OK);

    let refused = (StatusCode::UNAUTHORIZED, "INVALID_REFRESH_TOKEN");
    shop.client.get("/auth/csrf-token").send().await.refused(refused.0, refused.1);
    let mut made_up = browser.clone();
    let secret = format!("{}.{}", browser.refresh_token().rsplit_once('.').unwrap().0, "A".repeat(43));
    for text in [secret.as_str(), "x", "ses_00000000000000000000000000.0.AAAA"] {
        made_up.0.insert("__Host-Refresh-Token".to_owned(), text.to_owned());
        let request = made_up.send_along(shop.client.get("/auth/csrf-token"));
        request.send().await.refused(refused.0, refused.1);
    }
}

#[tokio::test]
async fn one_idempotency_key_of_two_browsers_is_two_requests() {
    let shop = Shop::open().await;
    let (asha, ravi) = (shop.customer().await, shop.customer().await);
    let mut sessions = Vec::new();
    for person in [asha, ravi] {
        let (browser, data) = sign_in(&shop, &person.email).await;
        let request = browser.send_along(shop.client.post("/auth/refresh")).header("x-csrf-token", browser.csrf());
        let answer = request.header("idempotency-key", "1").send().await;
        assert_eq!(answer.data(StatusCode::OK)["sessionId"], data["sessionId"]);
        sessions.push(data["sessionId"].clone());
    }
    assert_ne!(sessions[0], sessions[1]);
}

#[tokio::test]
async fn a_repeated_sign_in_under_one_idempotency_key_gets_its_cookies_again() {
    let shop = Shop::open().await;
    let asha = shop.customer().await;
    let body = json!({"email": asha.email, "password": PASSWORD, "mode": "cookie"});
    let send = || shop.client.post("/auth/login").header("idempotency-key", "k").json(body.clone()).send();
    let (first, again) = (send().await, send().await);
    assert_eq!(again.header("idempotent-replayed"), "true");
    let of = |answer: &TestAnswer| answer.headers.get_all("set-cookie").iter().cloned().collect::<Vec<_>>();
    assert_eq!((of(&first).len(), of(&first)), (3, of(&again)));
}

#[test]
fn the_document_says_which_operations_take_the_cookie_and_that_changes_by_it_repeat_the_token() {
    let document = crate::openapi();
    let mut by_cookie = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let shown = operation["security"].as_array().unwrap();
            let cookies: Vec<_> = shown.iter().filter(|shown| shown.get("refreshCookie").is_some()).collect();
            assert!(cookies.iter().all(|shown| shown.get("csrfToken").is_some() == (method != "get")), "{path}");
            by_cookie.extend((!cookies.is_empty()).then(|| path.trim_start_matches(web::BASE_PATH)));
        }
    }
    by_cookie.sort_unstable();
    assert_eq!(by_cookie, ["/auth/csrf-token", "/auth/logout", "/auth/refresh"]);
    for (scheme, name) in [("refreshCookie", REFRESH.name), ("csrfToken", "X-CSRF-Token")] {
        assert_eq!(document["components"]["securitySchemes"][scheme]["name"], name);
    }
}
