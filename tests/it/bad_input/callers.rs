//! Tokens, cursors and ids that belong to somebody else, or to nobody.

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use axum::http::{Method, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::ambient::Ambient;
use domain::clock::{Clock, Timestamp};
use harness::ambient::TestEntropy;
use harness::client::TestAnswer;
use harness::shop::{Shop, Shopper, id};
use platform::ambient::SystemClock;
use platform::config::Environment;
use serde_json::{Value, json};
use web::{Edge, EdgeConfig};

use super::{address, count, lines, on_sale, refused};

fn encoded(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

fn decoded(token: &str, part: usize) -> Value {
    let part = token.split('.').nth(part).expect("a token has three parts");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

#[tokio::test]
async fn a_token_that_we_did_not_sign_opens_nothing() {
    let shop = Shop::open().await;
    let (offer, shopper) = (on_sale(&shop, 5).await, shop.shopper().await);
    let (header, claims) = (decoded(&shopper.token, 0), decoded(&shopper.token, 1));
    let signature = shopper.token.rsplit('.').next().unwrap();
    let published = shop.api.get("/.well-known/jwks.json").send().await;
    let jwk = published.body["keys"].as_array().or_else(|| published.body["data"]["keys"].as_array()).expect("keys")[0]
        .clone();

    let of_hmac = |secret: &[u8]| {
        let header = json!({"typ": header["typ"], "alg": "HS256", "kid": header["kid"]});
        let message = format!("{}.{}", encoded(&header), encoded(&claims));
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message.as_bytes());
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(tag))
    };
    let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).unwrap();
    let foreign = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref()).unwrap();
    let of_stranger = |header: &Value, claims: &Value| {
        let message = format!("{}.{}", encoded(header), encoded(claims));
        let signed = foreign.sign(&SystemRandom::new(), message.as_bytes()).unwrap();
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signed))
    };
    let headed = |field: &str, value: Value| super::with(header.clone(), field, value);
    let promoted = super::with(claims.clone(), "roles", json!(["OWNER"]));
    let x = URL_SAFE_NO_PAD.decode(jwk["x"].as_str().expect("a public key has an x")).unwrap();
    let forged = [
        ("alg none", format!("{}.{}.", encoded(&headed("alg", json!("none"))), encoded(&claims))),
        (
            "alg None with our signature",
            format!("{}.{}.{signature}", encoded(&headed("alg", json!("None"))), encoded(&claims)),
        ),
        ("HS256 with the public key's text", of_hmac(jwk.to_string().as_bytes())),
        ("HS256 with the public key's bytes", of_hmac(&x)),
        ("HS256 with nothing", of_hmac(b"")),
        ("a stranger's signature under our kid", of_stranger(&header, &claims)),
        ("a stranger's kid", of_stranger(&headed("kid", json!("stranger")), &claims)),
        ("a kid that is a path", of_stranger(&headed("kid", json!("../../dev/null")), &claims)),
        ("a key to fetch", of_stranger(&headed("jku", json!("https://evil.example/jwks.json")), &claims)),
        ("a key in the header", of_stranger(&headed("jwk", jwk.clone()), &claims)),
        ("more roles", format!("{}.{}.{signature}", encoded(&header), encoded(&promoted))),
        ("no signature", format!("{}.{}.", encoded(&header), encoded(&claims))),
        ("two parts", format!("{}.{}", encoded(&header), encoded(&claims))),
        ("a refresh token", shopper.refresh_token.clone()),
        ("no token at all", "null".to_owned()),
    ];
    for (kind, token) in &forged {
        for request in [shop.api.get("/auth/me"), shop.api.delete("/cart"), shop.api.get("/orders")] {
            let answer = request.bearer(token).send().await;
            assert_eq!(
                (answer.status, &answer.body["code"]),
                (StatusCode::UNAUTHORIZED, &json!("INVALID_TOKEN")),
                "{kind}: {}",
                answer.text()
            );
            assert!(answer.header("www-authenticate").starts_with("Bearer"), "{kind}");
        }
        let body = json!({"productId": offer.product, "materialId": offer.material, "quantity": 1});
        let answer = shop.api.post("/cart/items").bearer(token).json(body).send().await;
        refused(&answer, StatusCode::UNAUTHORIZED, "INVALID_TOKEN");
    }
    for scheme in ["", "Basic YTpi", "bearer", "Token x"] {
        let answer = shop.api.get("/auth/me").header("authorization", scheme).send().await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{scheme:?}: {}", answer.text());
    }
    refused(&shop.api.get("/auth/me").send().await, StatusCode::UNAUTHORIZED, "UNAUTHENTICATED");
    assert!(lines(&shopper).await.is_empty());
}

#[tokio::test]
async fn an_expired_token_of_ours_says_that_it_has_expired() {
    let shop = Shop::open().await;
    let shopper = shop.shopper().await;
    let now = shop.tenant.stack.now().as_seconds();
    let key = shop.tenant.stack.signing_key().await;
    let signed = |iat: i64, exp: i64| {
        let mut claims = decoded(&shopper.token, 1);
        (claims["iat"], claims["exp"]) = (json!(iat), json!(exp));
        key.sign(&serde_json::from_value(claims).unwrap()).unwrap()
    };
    let good = signed(now, now + 60);
    shop.api.get("/auth/me").bearer(&good).send().await.data(StatusCode::OK);
    let old = shop.api.get("/auth/me").bearer(&signed(now - 960, now - 60)).send().await;
    refused(&old, StatusCode::UNAUTHORIZED, "TOKEN_EXPIRED");
    let early = shop.api.get("/auth/me").bearer(&signed(now + 600, now + 1500)).send().await;
    refused(&early, StatusCode::UNAUTHORIZED, "INVALID_TOKEN");
}

#[tokio::test]
async fn a_token_is_good_for_its_own_tenant_only() {
    let (one, other) = (Shop::open().await, Shop::open().await);
    let shopper = one.shopper().await;
    for path in ["/auth/me", "/cart", "/orders", "/users/me/addresses"] {
        let answer = other.api.get(path).bearer(&shopper.token).send().await;
        refused(&answer, StatusCode::FORBIDDEN, "TENANT_MISMATCH");
    }
    let refresh = other.api.post("/auth/refresh").json(json!({"refreshToken": shopper.refresh_token})).send().await;
    refused(&refresh, StatusCode::UNAUTHORIZED, "INVALID_REFRESH_TOKEN");
    let login = json!({"email": shopper.email, "password": harness::shop::PASSWORD});
    refused(&other.api.post("/auth/login").json(login).send().await, StatusCode::UNAUTHORIZED, "INVALID_CREDENTIALS");
    // None of it cost the owner anything.
    shopper.get("/auth/me").await.data(StatusCode::OK);
}

/// Returns an answer without what differs from request to request.
fn essence(answer: &TestAnswer) -> Value {
    let mut body = answer.body.clone();
    for field in ["path", "timestamp", "requestId"] {
        body.as_object_mut().expect("an envelope").remove(field);
    }
    json!({"status": answer.status.as_u16(), "body": body})
}

#[tokio::test]
async fn what_belongs_to_somebody_else_answers_as_if_it_did_not_exist() {
    let shop = Shop::open().await;
    let offer = on_sale(&shop, 5).await;
    let (owner, stranger) = (shop.shopper().await, shop.shopper().await);
    let home = owner.address().await;
    owner.add_to_cart(&offer, 1).await.data(StatusCode::OK);
    let group = id(owner.check_out(&home, "only").await.data(StatusCode::CREATED));
    let payment = owner.open_payment(&group).await;
    let payment = payment["paymentId"].as_str().unwrap();
    let order = id(&owner.get("/orders").await.data(StatusCode::OK)[0]);
    owner.add_to_cart(&offer, 1).await.data(StatusCode::OK);
    let line = lines(&owner).await.remove(0);

    let get = |path: String| (Method::GET, path, None);
    let paths = |address: &str, group: &str, order: &str, payment: &str, line: &str| {
        vec![
            (Method::PATCH, format!("/users/me/addresses/{address}"), Some(json!({"city": "Pune"}))),
            (Method::DELETE, format!("/users/me/addresses/{address}"), None),
            get(format!("/users/me/addresses/{address}")),
            get(format!("/order-groups/{group}")),
            get(format!("/orders/{order}")),
            get(format!("/orders/{order}/invoice")),
            get(format!("/payments/{payment}")),
            (Method::PATCH, format!("/cart/items/{line}"), Some(json!({"quantity": 9}))),
            (Method::DELETE, format!("/cart/items/{line}"), None),
            (
                Method::POST,
                "/payments/initiate".to_owned(),
                Some(json!({"orderGroupId": group, "provider": "razorpay"})),
            ),
        ]
    };
    let theirs = paths(&home, &group, &order, payment, line["id"].as_str().unwrap());
    // Of the right form, but never given out.
    let nobodys = |known: &str| format!("{}_01JQZX3N9Q5S0V6T7W8Y9Z0ABC", known.split('_').next().unwrap());
    let none = paths(
        &nobodys(&home),
        &nobodys(&group),
        &nobodys(&order),
        &nobodys(payment),
        &nobodys(line["id"].as_str().unwrap()),
    );
    let ask = async |(method, path, body): (Method, String, Option<Value>)| {
        let request = shop.api.request(method, &path).bearer(&stranger.token).header("idempotency-key", &path);
        let request = if let Some(body) = body { request.json(body) } else { request };
        (path, request.send().await)
    };
    for (theirs, none) in theirs.into_iter().zip(none) {
        let ((path, theirs), (_, none)) = (ask(theirs).await, ask(none).await);
        refused(&theirs, StatusCode::NOT_FOUND, "NOT_FOUND");
        assert_eq!(essence(&theirs), essence(&none), "{path} tells what exists");
    }
    for path in ["/orders/x", "/orders/prd_01JQZX3N9Q5S0V6T7W8Y9Z0ABC", "/order-groups/grp_1"] {
        refused(&stranger.get(path).await, StatusCode::NOT_FOUND, "NOT_FOUND");
    }
    assert_eq!(count(&stranger, "/orders").await, 0);
    assert_eq!(lines(&owner).await, [line]);
    let kept = owner.get(&format!("/users/me/addresses/{home}")).await;
    assert_eq!(kept.data(StatusCode::OK)["city"], address()["city"]);

    // Another tenant's product is not there either, whatever the id.
    let elsewhere = Shop::open().await;
    let seen = elsewhere.api.get(&format!("/products/{}", offer.product)).send().await;
    refused(&seen, StatusCode::NOT_FOUND, "NOT_FOUND");
    let visitor = elsewhere.shopper().await;
    refused(&visitor.add_to_cart(&offer, 1).await, StatusCode::BAD_REQUEST, "PRODUCT_INACTIVE");
}

/// The system's clock of the day before yesterday.
struct Late;

impl Clock for Late {
    fn now(&self) -> Timestamp {
        SystemClock.now().minus(Duration::from_secs(48 * 60 * 60))
    }
}

/// Seals the position of a cursor as the functions did two days ago.
async fn stale_cursor(shop: &Shop) -> String {
    let stack = &shop.tenant.stack;
    let config = EdgeConfig {
        environment: Environment::Local,
        base_domain: "haat.test".to_owned(),
        allow_tenant_header: true,
        issuer: "https://haat.test".to_owned(),
        server_timing: false,
        deadline: Duration::from_secs(5),
        cdn_secret: None,
    };
    let ambient = Ambient::new(Late, TestEntropy::fresh());
    let edge = Edge::new(config, stack.store().clone(), stack.vault().clone(), ambient);
    let tenant = Arc::clone(&shop.tenant.tenant);
    let page = stack.store().active_products(shop.tenant.scope(), 1, None).await.unwrap();
    edge.cursors(&tenant, "GET /products", &()).unwrap().seal(&page.next.unwrap()).await.unwrap()
}

#[tokio::test]
async fn a_cursor_that_is_foreign_altered_or_stale_is_refused() {
    let shop = Shop::open().await;
    on_sale(&shop, 1).await;
    on_sale(&shop, 1).await;
    let shopper = shop.shopper().await;
    let first = shop.api.get("/products?limit=1").send().await;
    first.data(StatusCode::OK);
    let page = if first.body["pagination"].is_object() { &first.body["pagination"] } else { &first.body["meta"] };
    let cursor = page["nextCursor"].as_str().expect("there is a second page").to_owned();
    let second = shop.api.get(&format!("/products?limit=1&cursor={cursor}")).send().await;
    assert_ne!(first.data(StatusCode::OK)[0]["id"], second.data(StatusCode::OK)[0]["id"]);

    let mut altered = cursor.clone().into_bytes();
    let last = altered.len() - 8;
    altered[last] = if altered[last] == b'A' { b'B' } else { b'A' };
    let altered = String::from_utf8(altered).unwrap();
    let position = URL_SAFE_NO_PAD.encode(r#"{"pk":"T#x","sk":"A"}"#);
    let stale = stale_cursor(&shop).await;
    for bad in [altered.as_str(), &cursor[..cursor.len() - 4], "x", "", position.as_str(), stale.as_str()] {
        let answer = shop.api.get(&format!("/products?limit=1&cursor={bad}")).send().await;
        refused(&answer, StatusCode::BAD_REQUEST, "INVALID_CURSOR");
        assert_eq!(answer.fields(), ["cursor"], "{bad}");
    }
    let elsewhere = Shop::open().await;
    let foreign = elsewhere.api.get(&format!("/products?limit=1&cursor={cursor}")).send().await;
    refused(&foreign, StatusCode::BAD_REQUEST, "INVALID_CURSOR");
    let asked = async |asker: &Shopper, list: &str| asker.get(&format!("{list}?limit=1&cursor={cursor}")).await;
    refused(&asked(&shopper, "/orders").await, StatusCode::BAD_REQUEST, "INVALID_CURSOR");
    refused(&asked(&shop.seller, "/products/mine").await, StatusCode::BAD_REQUEST, "INVALID_CURSOR");
}
