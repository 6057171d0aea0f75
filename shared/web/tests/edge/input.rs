//! Bodies and parameters that are not what they must be.

use http::StatusCode;
use serde_json::json;

use crate::function::Api;

#[tokio::test]
async fn every_kind_of_bad_body_is_refused_with_its_own_code() {
    let api = Api::open().await;
    let send = async |content_type: &str, body: Vec<u8>| {
        api.client.post("/things").header("content-type", content_type).body(body).send().await
    };
    let good = br#"{"name":"a","quantity":1}"#.to_vec();
    send("application/json; charset=utf-8", good.clone()).await.data(StatusCode::CREATED);
    send("text/plain", good.clone()).await.refused(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE");
    api.client
        .post("/things")
        .body(good)
        .send()
        .await
        .refused(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE");
    for malformed in [&b"{"[..], b"", b"{\"name\":\"\xff\"}", b"{\"name\":\"a\",\"name\":\"b\"}", b"{} {}"] {
        send("application/json", malformed.to_vec()).await.refused(StatusCode::BAD_REQUEST, "MALFORMED_BODY");
    }
}

#[tokio::test]
async fn a_body_of_256_kib_is_taken_and_one_byte_more_is_not() {
    let api = Api::open().await;
    let answer = api.client.post("/echo").body(vec![b'x'; 256 * 1024]).send().await;
    assert_eq!(answer.data(StatusCode::OK)["quantity"], 256 * 1024);
    for size in [256 * 1024 + 1, 257 * 1024, 1024 * 1024] {
        let answer = api.client.post("/echo").body(vec![b'x'; size]).send().await;
        answer.refused(StatusCode::PAYLOAD_TOO_LARGE, "BODY_TOO_LARGE");
    }
}

#[tokio::test]
async fn every_bad_field_is_named() {
    let api = Api::open().await;
    let cases = [
        (json!({"quantity": 1}), vec!["name"]),
        (json!({"name": "a", "quantity": 1, "tenant": "ten_x"}), vec!["tenant"]),
        (json!({"name": "a", "quantity": 0}), vec!["quantity"]),
        (json!({"name": "a", "quantity": -1}), vec!["quantity"]),
        (json!({"name": "a", "quantity": 1000}), vec!["quantity"]),
        (json!({"name": "a", "quantity": 9_223_372_036_854_775_808u64}), vec!["quantity"]),
        (json!({"name": "a", "quantity": "1"}), vec!["quantity"]),
        (json!({"name": "a", "quantity": 1.5}), vec!["quantity"]),
        (json!({"name": "a", "quantity": null}), vec!["quantity"]),
        (json!({"name": "", "quantity": 0}), vec!["name", "quantity"]),
        (json!({"name": "   ", "quantity": 1}), vec!["name"]),
        (json!({"name": "a\u{0}b", "quantity": 1}), vec!["name"]),
        (json!({"name": 7, "quantity": 1}), vec!["name"]),
        (json!({"name": "ä".repeat(21), "quantity": 1}), vec!["name"]),
    ];
    for (body, fields) in cases {
        let answer = api.client.post("/things").json(body).send().await;
        answer.refused(StatusCode::BAD_REQUEST, "VALIDATION_FAILED");
        assert_eq!(answer.fields(), fields, "{}", answer.text());
    }
    assert_eq!(api.effects(), 0);
}

#[tokio::test]
async fn text_is_trimmed_and_normalised_and_passwords_are_not_trimmed() {
    let api = Api::open().await;
    let body = json!({"name": "  Cafe\u{301} ", "quantity": 1, "password": " p "});
    let answer = api.client.post("/things").json(body).send().await;
    assert_eq!(answer.data(StatusCode::CREATED)["name"], "Café p ");
    api.client
        .post("/things")
        .json(json!({"name": "ä".repeat(20), "quantity": 1}))
        .send()
        .await
        .data(StatusCode::CREATED);
}

#[tokio::test]
async fn unknown_parameters_are_refused_even_where_none_are_read() {
    let api = Api::open().await;
    for (path, field) in [
        ("/things?limit=0", "limit"),
        ("/things?sort=x", "sort"),
        ("/panic?x=1", "x"),
        ("/things?limit=1&limit=2", "limit"),
    ] {
        let answer = api.client.get(path).send().await;
        answer.refused(StatusCode::BAD_REQUEST, "VALIDATION_FAILED");
        assert_eq!(answer.fields(), [field], "{path}");
    }
}
