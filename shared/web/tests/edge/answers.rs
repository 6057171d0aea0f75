//! The envelope, the headers of every answer, caching, CORS.

use domain::ambient::Ambient;
use domain::id::ProductId;
use http::{Method, StatusCode};

use crate::function::{Api, routes};

fn some_id(ambient: &Ambient) -> String {
    ambient.id::<ProductId>().to_string()
}

#[tokio::test]
async fn a_failure_comes_in_the_envelope_with_everything_to_find_it() {
    let api = Api::open().await;
    let answer = api.client.get("/nowhere").header("x-request-id", "my.id-1_2").send().await;
    answer.refused(StatusCode::NOT_FOUND, "ROUTE_NOT_FOUND");
    let body = &answer.body;
    assert_eq!(
        (&body["statusCode"], &body["path"], &body["requestId"]),
        (&404.into(), &"/api/v1/nowhere".into(), &"my.id-1_2".into())
    );
    assert_eq!(body["timestamp"].as_str().unwrap().len(), "2026-01-31T08:15:30.123Z".len());
    assert!(body["error"].is_string() && body["message"].is_string() && body.get("errors").is_none());
    assert_eq!((answer.header("content-type"), answer.header("x-request-id")), ("application/json", "my.id-1_2"));
}

#[tokio::test]
async fn the_same_failure_is_an_rfc_9457_problem_for_who_asks() {
    let api = Api::open().await;
    let answer = api.client.get("/nowhere").header("accept", "text/html, application/problem+json;q=0.9").send().await;
    assert_eq!((answer.status, answer.header("content-type")), (StatusCode::NOT_FOUND, "application/problem+json"));
    let body = &answer.body;
    assert_eq!((&body["type"], &body["status"]), (&"/api/v1/docs/errors#ROUTE_NOT_FOUND".into(), &404.into()));
    assert_eq!((&body["instance"], &body["code"]), (&"/api/v1/nowhere".into(), &"ROUTE_NOT_FOUND".into()));
    assert!(body["title"].is_string() && body["detail"].is_string() && body.get("success").is_none());
}

#[tokio::test]
async fn a_success_comes_in_the_envelope() {
    let api = Api::open().await;
    let answer = api.client.post("/echo").body("four").send().await;
    assert_eq!(answer.text(), r#"{"success":true,"data":{"name":"","quantity":4}}"#);
    let member = api.tenant.member(&[]).await;
    let answer = api.client.post("/act").bearer(&member.token).send().await;
    assert_eq!(answer.body["message"], "Done");
}

#[tokio::test]
async fn a_request_id_of_another_form_is_replaced() {
    let api = Api::open().await;
    for bad in ["", "with space", "ümlaut", &"a".repeat(65), "a;b"] {
        let Ok(value) = http::HeaderValue::from_str(bad) else { continue };
        let answer = api.client.get("/nowhere").header("x-request-id", value.to_str().unwrap_or("a b")).send().await;
        assert!(answer.header("x-request-id").starts_with("req_"), "{bad}");
    }
    assert_eq!(
        api.client.get("/nowhere").header("x-request-id", "a".repeat(64)).send().await.header("x-request-id").len(),
        64
    );
}

#[tokio::test]
async fn nothing_of_a_defect_leaves() {
    let api = Api::open().await;
    for path in ["/panic", "/broken"] {
        let answer = api.client.get(path).send().await;
        answer.refused(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL");
        assert!(!answer.text().contains("secret") && !answer.text().contains("arn:"), "{}", answer.text());
        assert!(answer.headers.contains_key("strict-transport-security"));
    }
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_given_up_in_time() {
    let api = Api::open_with(|config| config.deadline = std::time::Duration::from_millis(200)).await;
    let answer = api.client.get("/slow").send().await;
    answer.refused(StatusCode::SERVICE_UNAVAILABLE, "TIMEOUT");
    assert_eq!(answer.header("retry-after"), "1");
}

#[tokio::test]
async fn a_wrong_method_says_which_are_right() {
    let api = Api::open().await;
    let answer = api.client.delete("/echo").send().await;
    answer.refused(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED");
    assert_eq!(answer.header("allow"), "POST");
}

#[tokio::test]
async fn every_answer_has_the_security_headers() {
    let api = Api::open().await;
    let id = some_id(api.stack.ambient());
    for path in ["/nowhere", "/panic", &format!("/things/{id}")] {
        let answer = api.client.get(path).send().await;
        for (name, value) in [
            ("content-security-policy", "default-src 'self'; frame-ancestors 'none'"),
            ("strict-transport-security", "max-age=31536000; includeSubDomains; preload"),
            ("x-frame-options", "DENY"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "strict-origin-when-cross-origin"),
        ] {
            assert_eq!(answer.header(name), value, "{path}");
        }
    }
}

#[tokio::test]
async fn a_public_answer_is_cached_and_not_sent_again_and_its_tag_serves_if_match() {
    let api = Api::open().await;
    let path = format!("/things/{}", some_id(api.stack.ambient()));
    let first = api.client.get(&path).send().await;
    first.data(StatusCode::OK);
    let tag = first.header("etag").to_owned();
    assert!(tag.starts_with("\"7-") && tag.ends_with('"'), "{tag}");
    assert_eq!(first.header("cache-control"), "public, max-age=300");
    for given in [tag.clone(), format!("W/{tag}"), format!("\"x\", {tag}"), "*".to_owned()] {
        let again = api.client.get(&path).header("if-none-match", given).send().await;
        assert_eq!(
            (again.status, again.bytes.len(), again.header("etag")),
            (StatusCode::NOT_MODIFIED, 0, tag.as_str())
        );
    }
    api.client.get(&path).header("if-none-match", "\"7\"").send().await.data(StatusCode::OK);
    let head = api.client.request(Method::HEAD, &path).send().await;
    assert_eq!((head.status, head.bytes.len(), head.header("etag")), (StatusCode::OK, 0, tag.as_str()));

    api.client.patch(&path).header("if-match", &tag).send().await.data(StatusCode::OK);
    let answer = api.client.patch(&path).header("if-match", "\"6\"").send().await;
    answer.refused(StatusCode::PRECONDITION_FAILED, "VERSION_MISMATCH");
}

#[tokio::test]
async fn a_private_answer_and_a_failure_are_nobodys_to_keep() {
    let api = Api::open().await;
    let member = api.tenant.member(&[]).await;
    for path in ["/who", "/missing", "/nowhere"] {
        let answer = api.client.get(path).bearer(&member.token).send().await;
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
    }
}

#[tokio::test]
async fn only_origins_of_the_tenant_are_let_in_and_never_all() {
    let api = Api::open().await;
    let ask = async |origin: &str| api.client.post("/echo").header("origin", origin).send().await;
    let own = ask("https://shop.example").await;
    assert_eq!(own.header("access-control-allow-origin"), "https://shop.example");
    assert_eq!(own.header("access-control-allow-credentials"), "true");
    assert_eq!(own.header("vary"), "Origin");
    for foreign in ["https://evil.example", "https://shop.example.evil", "http://shop.example", "null", "*"] {
        let answer = ask(foreign).await;
        assert_eq!(answer.header("access-control-allow-origin"), "", "{foreign}");
        assert_eq!(answer.header("vary"), "Origin");
    }
}

#[tokio::test]
async fn what_an_answer_varies_with_is_said_in_one_line() {
    let api = Api::open().await;
    let answer = api.client.get(&format!("/things/{}", some_id(api.stack.ambient()))).send().await;
    answer.data(StatusCode::OK);
    assert_eq!(answer.headers.get_all("vary").iter().count(), 1, "API Gateway takes only the first of several");
    for name in ["Origin", "X-Tenant", "Accept"] {
        assert!(answer.header("vary").split(", ").any(|part| part == name), "{}", answer.header("vary"));
    }
}

#[tokio::test]
async fn a_preflight_is_answered_without_the_handler() {
    let api = Api::open().await;
    let ask = |origin: &str| {
        let request = api.client.request(Method::OPTIONS, "/things").header("origin", origin);
        request
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "content-type")
            .send()
    };
    let own = ask("https://shop.example").await;
    assert_eq!(
        (own.status, own.header("access-control-allow-origin")),
        (StatusCode::NO_CONTENT, "https://shop.example")
    );
    assert!(own.header("access-control-allow-methods").contains("POST"));
    assert!(own.header("access-control-allow-headers").contains("Idempotency-Key"));
    let foreign = ask("https://evil.example").await;
    assert_eq!((foreign.status, foreign.header("access-control-allow-origin")), (StatusCode::NO_CONTENT, ""));
    assert_eq!(foreign.header("access-control-allow-methods"), "");
}

#[test]
fn every_operation_of_the_document_says_all_that_is_asked() {
    let document = web::openapi::document(&routes());
    assert_eq!(web::openapi::gaps(&document), Vec::<String>::new());
    let make = &document["paths"]["/api/v1/things"]["post"];
    assert_eq!(make["operationId"], "postThings");
    for status in ["201", "400", "404", "409", "413", "415", "422", "500", "503"] {
        assert!(make["responses"].get(status).is_some(), "{status}");
    }
    let conflict = make["responses"]["409"]["$ref"].as_str().unwrap().trim_start_matches('#');
    assert_eq!(document.pointer(conflict).unwrap()["x-codes"], serde_json::json!(["IN_PROGRESS", "OUT_OF_STOCK"]));
    assert_eq!(make["requestBody"]["content"]["application/json"]["example"]["name"], "Bracket");
    // Any operation refuses parameters that it does not know.
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            assert!(operation["responses"].get("400").is_some(), "{method} {path}");
        }
    }
    let pay = &document["paths"]["/api/v1/pay"]["post"];
    assert!(pay["x-roles"].as_array().unwrap().contains(&"CUSTOMER".into()));
    assert!(web::openapi::merge([document.clone()]) == document, "joining twice changes the document");
}

#[test]
fn two_schemas_of_one_name_are_found() {
    let part = |kind: &str| serde_json::json!({"components": {"schemas": {"View": {"type": kind}}}});
    let alike = web::openapi::merge([part("object"), part("object")]);
    assert_eq!(web::openapi::gaps(&alike), Vec::<String>::new());
    let different = web::openapi::merge([part("object"), part("string")]);
    assert_eq!(web::openapi::gaps(&different), ["View: two schemas have this name"]);
    let again = web::openapi::merge([part("object"), different]);
    assert_eq!(web::openapi::gaps(&again), ["View: two schemas have this name"]);
}
