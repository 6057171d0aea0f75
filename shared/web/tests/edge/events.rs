//! Requests in the shape in which API Gateway hands them over (HTTP API, payload format 2.0).

use std::sync::Arc;
use std::sync::atomic::AtomicU32;

use axum::body::{Body, to_bytes};
use harness::stack::Stack;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::function::router;

/// Gives the event to the function as the runtime does, and returns its answer.
async fn answer(event: Value) -> (u16, Value) {
    let request = lambda_http::request::from_str(&event.to_string()).unwrap();
    let request = request.map(|body| Body::from(body.to_vec()));
    let function = router(Stack::connect().await.edge(), Arc::new(AtomicU32::new(0)));
    let response = function.oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, serde_json::from_slice(&bytes).unwrap())
}

fn event(path: &str, query: &str, body: &str, base64: bool) -> Value {
    json!({
        "version": "2.0",
        "routeKey": "POST /api/v1/{proxy+}",
        "rawPath": path,
        "rawQueryString": query,
        "headers": {
            "host": "green.haat.test",
            "user-agent": "curl/8.5.0",
            "x-forwarded-for": "203.0.113.9",
            "content-type": "application/octet-stream",
        },
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "a1b2c3",
            "domainName": "green.haat.test",
            "http": {"method": "POST", "path": path, "protocol": "HTTP/1.1", "sourceIp": "198.51.100.7", "userAgent": "curl/8.5.0"},
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": "POST /api/v1/{proxy+}",
            "stage": "$default",
            "time": "12/Mar/2026:19:03:58 +0000",
            "timeEpoch": 1_773_342_238_000_i64,
        },
        "body": body,
        "isBase64Encoded": base64,
    })
}

#[tokio::test]
async fn the_clients_address_is_the_gateways_word_and_no_headers() {
    let (status, body) = answer(event("/api/v1/origin", "", "four", false)).await;
    assert_eq!(status, 200);
    assert_eq!(body["data"], json!({"name": "198.51.100.7 curl/8.5.0 /api/v1/origin", "quantity": 4}));
}

#[tokio::test]
async fn a_body_in_base64_is_unpacked_before_anything_reads_it() {
    let (_, body) = answer(event("/api/v1/origin", "", "AAEC/w==", true)).await;
    assert_eq!(body["data"]["quantity"], 4);
}

#[tokio::test]
async fn the_query_string_is_taken_as_it_was_sent() {
    let (status, body) = answer(event("/api/v1/origin", "b=2&b=3&a=%20", "", false)).await;
    assert_eq!((status, &body["errors"][0]["field"], &body["errors"][1]["field"]), (400, &json!("a"), &json!("b")));
}
