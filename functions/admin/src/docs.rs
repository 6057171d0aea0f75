//! `GET /openapi.json`, `GET /docs` and what the page needs.
//!
//! The page is Scalar's API reference (MIT), served from `assets/`; it asks no other host for anything, and its
//! policy would not let it.

use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_ENCODING, CONTENT_SECURITY_POLICY};
use web::Code;
use web::reply::Asset;

const DOCUMENT: &[u8] = include_bytes!("../openapi.json");
const PAGE: &[u8] = include_bytes!("docs/page.html");
const START: &[u8] = include_bytes!("docs/start.js");
const SCRIPT: &[u8] = include_bytes!("../assets/scalar.js.gz");

/// The reference writes its styles into the page, shows images from data, and calls nobody but us.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; \
    font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Read the API's document
///
/// OpenAPI 3.1, generated from the code.
#[utoipa::path(
    get,
    path = "/openapi.json",
    tag = "Documentation",
    responses((status = 200, description = "The document", content_type = "application/json", body = Object, example = json!({"openapi": "3.1.0"}))),
    extensions(("x-access" = json!("anyone")))
)]
pub(crate) async fn document() -> Response {
    Asset::new("application/json", DOCUMENT).into_response()
}

/// Read and try the API
#[utoipa::path(
    get,
    path = "/docs",
    tag = "Documentation",
    responses((status = 200, description = "A page for people", content_type = "text/html", body = String, example = json!("<!doctype html>"))),
    extensions(("x-access" = json!("anyone")))
)]
pub(crate) async fn page() -> Response {
    Asset::new("text/html; charset=utf-8", PAGE).header(CONTENT_SECURITY_POLICY, POLICY).into_response()
}

/// Read what every error code means
#[utoipa::path(
    get,
    path = "/docs/errors",
    tag = "Documentation",
    responses((status = 200, description = "A page for people", content_type = "text/html", body = String, example = json!("<!doctype html>"))),
    extensions(("x-access" = json!("anyone")))
)]
pub(crate) async fn errors() -> Response {
    let mut rows = String::new();
    for code in Code::ALL {
        let (status, meaning) = (code.status().as_u16(), code.meaning().replace('`', ""));
        rows.push_str(&format!(
            "<tr id=\"{code}\"><td><code>{code}</code></td><td>{status}</td><td>{meaning}</td></tr>\n"
        ));
    }
    let page = include_str!("docs/errors.html").replace("<!-- rows -->", &rows);
    Asset::made("text/html; charset=utf-8", page.into_bytes()).header(CONTENT_SECURITY_POLICY, POLICY).into_response()
}

/// Gives the page its reference. Packed once, when it was vendored: every browser unpacks it.
pub(crate) async fn script() -> Response {
    Asset::new("text/javascript; charset=utf-8", SCRIPT).header(CONTENT_ENCODING, "gzip").into_response()
}

/// Gives the page its first lines, which its policy forbids to stand in the page itself.
pub(crate) async fn start() -> Response {
    Asset::new("text/javascript; charset=utf-8", START).into_response()
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use crate::test_support::Shop;

    #[test]
    fn every_operation_says_what_readers_need() {
        assert_eq!(web::openapi::gaps(&crate::openapi()), Vec::<String>::new());
    }

    #[test]
    fn the_served_document_has_this_functions_operations_as_they_are() {
        let served: serde_json::Value = serde_json::from_slice(super::DOCUMENT).unwrap();
        for (path, item) in crate::openapi()["paths"].as_object().unwrap() {
            assert!(&served["paths"][path] == item, "{path} is out of date: run `cargo run -p haat -- openapi`");
        }
    }

    #[tokio::test]
    async fn the_page_and_its_parts_come_from_us_alone() {
        let shop = Shop::open().await;
        for path in ["/openapi.json", "/docs", "/docs/errors", "/docs/scalar.js", "/docs/start.js"] {
            let answer = shop.client.get(path).send().await;
            assert_eq!(answer.status, StatusCode::OK, "{path}");
            assert_eq!(answer.header("cache-control"), "public, max-age=300", "{path}");
            let again = shop.client.get(path).header("if-none-match", answer.header("etag")).send().await;
            assert_eq!((again.status, again.bytes.len()), (StatusCode::NOT_MODIFIED, 0), "{path}");
        }
        let page = shop.client.get("/docs").send().await;
        let policy = page.header("content-security-policy");
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("http"), "{policy}");
        assert!(!page.text().contains("://"), "{}", page.text());
    }
}
