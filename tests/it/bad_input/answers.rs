//! What every answer carries, whatever kind it is.

use axum::http::{Method, StatusCode};
use harness::client::{TestAnswer, TestClient};
use harness::shop::Shop;
use serde_json::json;

use super::{address, on_sale, refused};

#[track_caller]
fn secured(what: &str, answer: &TestAnswer) {
    for (name, value) in [
        ("strict-transport-security", "max-age=31536000; includeSubDomains; preload"),
        ("x-frame-options", "DENY"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "strict-origin-when-cross-origin"),
    ] {
        assert_eq!(answer.header(name), value, "{what}: {name}");
    }
    assert!(answer.header("content-security-policy").contains("frame-ancestors 'none'"), "{what}");
    assert!(!answer.header("x-request-id").is_empty(), "{what}");
    assert!(!answer.headers.contains_key("server") && !answer.headers.contains_key("x-powered-by"), "{what}");
}

#[tokio::test]
async fn every_kind_of_answer_has_the_security_headers() {
    let shop = Shop::open().await;
    let (offer, shopper) = (on_sale(&shop, 1).await, shop.shopper().await);
    let product = format!("/products/{}", offer.product);
    let api = &shop.api;
    let seen = api.get(&product).send().await;
    let large = vec![b'x'; 257 * 1024];
    let own = |request: harness::client::TestRequest| request.bearer(&shopper.token);
    for (status, request) in [
        (200, api.get(&product)),
        (200, api.get("/health")),
        (200, api.get("/openapi.json")),
        (200, api.get("/docs")),
        (200, api.get("/.well-known/jwks.json")),
        (200, api.request(Method::HEAD, &product)),
        (201, own(api.post("/users/me/addresses")).json(address())),
        (304, api.get(&product).header("if-none-match", seen.header("etag"))),
        (204, preflight(api, "https://shop.example")),
        (204, preflight(api, "https://evil.example")),
        (400, api.get("/products?limit=0")),
        (401, api.get("/auth/me")),
        (403, own(api.get("/products/mine"))),
        (404, api.get("/nowhere")),
        (404, api.get("/products/x")),
        (404, api.get("/webhooks/paypal/ten_1")),
        (404, api.get("/files/nothing")),
        (405, api.delete("/auth/login")),
        (413, own(api.post("/cart/items")).header("content-type", "application/json").body(large)),
        (415, own(api.post("/cart/items")).body("{}")),
        (422, own(api.post("/orders/checkout")).header("idempotency-key", "k").json(json!({
            "addressId": "adr_01JQZX3N9Q5S0V6T7W8Y9Z0ABC", "shippingMethod": "STANDARD", "paymentProvider": "razorpay",
        }))),
    ] {
        let answer = request.send().await;
        let what = format!("{status} {}", answer.text().chars().take(300).collect::<String>());
        assert_eq!(answer.status.as_u16(), status, "{what}");
        secured(&what, &answer);
    }
}

#[tokio::test]
async fn who_asks_for_problem_documents_gets_rfc_9457() {
    let shop = Shop::open().await;
    for (request, status, code) in [
        (shop.api.get("/auth/me"), 401, "UNAUTHENTICATED"),
        (shop.api.get("/nowhere"), 404, "ROUTE_NOT_FOUND"),
        (shop.api.get("/products?limit=0"), 400, "VALIDATION_FAILED"),
        (shop.api.post("/auth/login").json(json!({"email": 1})), 400, "VALIDATION_FAILED"),
        (shop.api.delete("/auth/login"), 405, "METHOD_NOT_ALLOWED"),
    ] {
        let answer = request.header("accept", "application/problem+json, application/json;q=0.5").send().await;
        let body = &answer.body;
        assert_eq!(
            (answer.status.as_u16(), answer.header("content-type")),
            (status, "application/problem+json"),
            "{body}"
        );
        assert_eq!((&body["status"], &body["code"]), (&json!(status), &json!(code)), "{body}");
        assert_eq!(body["type"], format!("/api/v1/docs/errors#{code}"));
        assert!(body["instance"].as_str().is_some_and(|at| at.starts_with("/api/v1/")), "{body}");
        assert!(body["title"].is_string() && body["detail"].is_string() && body.get("success").is_none(), "{body}");
        assert_eq!(body["requestId"], answer.header("x-request-id"));
        if code == "VALIDATION_FAILED" {
            assert!(!answer.fields().is_empty(), "{body}");
        }
    }
    // The place where a type is explained exists, and explains it.
    let page = shop.api.get("/docs/errors").send().await;
    assert!(page.text().contains("id=\"VALIDATION_FAILED\""), "{}", page.status);
}

#[tokio::test]
async fn a_request_id_is_echoed_when_it_looks_like_one_and_replaced_otherwise() {
    let shop = Shop::open().await;
    let longest = "a".repeat(64);
    for good in ["my.id-1_2", "7", longest.as_str()] {
        let answer = shop.api.get("/nowhere").header("x-request-id", good).send().await;
        assert_eq!((answer.header("x-request-id"), &answer.body["requestId"]), (good, &json!(good)));
    }
    let too_long = "a".repeat(65);
    for bad in ["with space", "a;b", "<script>", "a/b", "{}", too_long.as_str()] {
        let answer = shop.api.get("/nowhere").header("x-request-id", bad).send().await;
        let given = answer.header("x-request-id");
        assert!(given.starts_with("req_") && answer.body["requestId"] == given, "{bad}: {given}");
    }
}

#[tokio::test]
async fn public_reads_have_a_tag_and_are_not_sent_twice() {
    let shop = Shop::open().await;
    let offer = on_sale(&shop, 1).await;
    let product = format!("/products/{}", offer.product);
    let mut tags = Vec::new();
    for path in [product.as_str(), "/products", "/openapi.json", "/docs", "/docs/errors", "/.well-known/jwks.json"] {
        let first = shop.api.get(path).send().await;
        assert_eq!(first.status, StatusCode::OK, "{path}: {}", first.text());
        let tag = first.header("etag").to_owned();
        assert!(tag.starts_with('"') && tag.len() > 2, "{path}: {tag:?}");
        assert_eq!(first.header("cache-control"), "public, max-age=300", "{path}");
        for given in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}"), "*".to_owned()] {
            let again = shop.api.get(path).header("if-none-match", &given).send().await;
            assert_eq!((again.status, again.bytes.len()), (StatusCode::NOT_MODIFIED, 0), "{path} {given}");
            assert_eq!(again.header("etag"), tag, "{path}");
        }
        let other = shop.api.get(path).header("if-none-match", "\"other\"").send().await;
        assert_eq!((other.status, other.bytes), (StatusCode::OK, first.bytes), "{path}");
        tags.push(tag);
    }
    // A change is a new tag, at once.
    let change = shop.api.patch(&product).bearer(&shop.seller.token).json(json!({"name": "Tall vase"})).send().await;
    change.data(StatusCode::OK);
    let changed = shop.api.get(&product).header("if-none-match", &tags[0]).send().await;
    assert_eq!(changed.data(StatusCode::OK)["name"], "Tall vase");
    assert_ne!(changed.header("etag"), tags[0]);
    // With If-Match, the loser of two changes hears of it.
    let late = shop.api.patch(&product).bearer(&shop.seller.token).header("if-match", &tags[0]);
    refused(&late.json(json!({"name": "Lost"})).send().await, StatusCode::PRECONDITION_FAILED, "VERSION_MISMATCH");
    assert_eq!(shop.api.get(&product).send().await.data(StatusCode::OK)["name"], "Tall vase");
    // What is somebody's own is kept by nobody.
    for path in ["/auth/me", "/cart", "/orders", "/users/me/addresses"] {
        let answer = shop.seller.get(path).await;
        answer.data(StatusCode::OK);
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
    }
}

#[tokio::test]
async fn head_is_get_without_its_body_and_options_says_what_there_is() {
    let shop = Shop::open().await;
    let product = format!("/products/{}", on_sale(&shop, 1).await.product);
    for path in [product.as_str(), "/products", "/health", "/openapi.json"] {
        let (get, head) = (shop.api.get(path).send().await, shop.api.request(Method::HEAD, path).send().await);
        assert_eq!((head.status, head.bytes.len()), (StatusCode::OK, 0), "{path}");
        for name in ["content-type", "etag", "cache-control"] {
            assert_eq!(head.header(name), get.header(name), "{path}: {name}");
        }
    }
    let head = shop.api.request(Method::HEAD, "/auth/me").send().await;
    assert_eq!((head.status, head.bytes.len()), (StatusCode::UNAUTHORIZED, 0));
    // Without an origin it is no preflight, and no operation of ours.
    let options = shop.api.request(Method::OPTIONS, "/cart").send().await;
    refused(&options, StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED");
    for method in ["GET", "DELETE"] {
        assert!(options.header("allow").contains(method), "{}", options.header("allow"));
    }
    for method in [Method::PUT, Method::TRACE] {
        refused(&shop.api.request(method, "/cart").send().await, StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED");
    }
}

fn preflight(api: &TestClient, origin: &str) -> harness::client::TestRequest {
    let request = api.request(Method::OPTIONS, "/cart/items").header("origin", origin);
    request
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization, content-type")
}

#[tokio::test]
async fn browsers_are_let_in_from_the_tenants_own_origins_only() {
    let shop = Shop::open().await;
    let own = preflight(&shop.api, "https://shop.example").send().await;
    assert_eq!((own.status, own.bytes.len()), (StatusCode::NO_CONTENT, 0));
    assert_eq!(own.header("access-control-allow-origin"), "https://shop.example");
    assert_eq!(own.header("access-control-allow-credentials"), "true");
    assert!(own.header("access-control-allow-methods").contains("POST"));
    for name in ["Authorization", "Content-Type", "Idempotency-Key", "If-Match"] {
        assert!(own.header("access-control-allow-headers").contains(name), "{name}");
    }
    for origin in [
        "https://evil.example",
        "https://shop.example.evil.example",
        "http://shop.example",
        "https://shop.example:8443",
        "null",
    ] {
        let foreign = preflight(&shop.api, origin).send().await;
        let answer = shop.api.get("/products").header("origin", origin).send().await;
        let failure = shop.api.get("/auth/me").header("origin", origin).send().await;
        for answer in [foreign, answer, failure] {
            for name in
                ["access-control-allow-origin", "access-control-allow-methods", "access-control-allow-credentials"]
            {
                assert_eq!(answer.header(name), "", "{origin} {name}");
            }
        }
    }
    // Failures must be readable too, or a browser shows none of them.
    for path in ["/products", "/auth/me", "/nowhere", "/products?limit=0"] {
        let answer = shop.api.get(path).header("origin", "https://shop.example").send().await;
        assert_eq!(answer.header("access-control-allow-origin"), "https://shop.example", "{path}");
        assert!(answer.header("access-control-expose-headers").contains("X-Request-Id"), "{path}");
        assert!(
            answer
                .headers
                .get_all("vary")
                .iter()
                .any(|value| value == "Origin" || value.to_str().unwrap().contains("Origin")),
            "{path}"
        );
    }
}
