//! Requests in the shape in which API Gateway hands them over (HTTP API, payload format 2.0).

use std::sync::Arc;
use std::sync::atomic::AtomicU32;

use axum::body::{Body, to_bytes};
use harness::stack::Stack;
use serde_json::{Value, json};
use tower::ServiceExt;
use web::cookies::{Cookie, Cookies};

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

fn event(query: &str, body: &str, base64: bool) -> Value {
    let mut event: Value = serde_json::from_str(include_str!("../../../../events/http/post.json")).unwrap();
    event["rawQueryString"] = json!(query);
    event["body"] = json!(body);
    event["isBase64Encoded"] = json!(base64);
    event
}

#[tokio::test]
async fn the_clients_address_is_the_gateways_word_and_no_headers() {
    let (status, body) = answer(event("", "four", false)).await;
    assert_eq!(status, 200);
    assert_eq!(body["data"], json!({"name": "198.51.100.7 curl/8.5.0 /api/v1/origin", "quantity": 4}));
}

#[tokio::test]
async fn a_body_in_base64_is_unpacked_before_anything_reads_it() {
    let (_, body) = answer(event("", "AAEC/w==", true)).await;
    assert_eq!(body["data"]["quantity"], 4);
}

#[tokio::test]
async fn the_query_string_is_taken_as_it_was_sent() {
    let (status, body) = answer(event("b=2&b=3&a=%20", "", false)).await;
    assert_eq!((status, &body["errors"][0]["field"], &body["errors"][1]["field"]), (400, &json!("a"), &json!("b")));
}

#[test]
fn cookies_come_in_a_list_of_their_own_or_as_a_header() {
    const TOKEN: Cookie = Cookie { name: "__Host-Token", scripts_read: false };
    let mut listed = event("", "", false);
    listed["cookies"] = json!(["a=1", "__Host-Token=b.c", "d=2"]);
    let mut header = event("", "", false);
    header["headers"]["cookie"] = json!("a=1; __Host-Token=b.c; d=2");
    for event in [listed, header] {
        let request = lambda_http::request::from_str(&event.to_string()).unwrap();
        assert_eq!(Cookies::of(request.headers()).get(TOKEN), Some("b.c"));
    }
}
