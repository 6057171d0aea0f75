//! Sends requests and reads answers: to a function's router in process, or to a deployed stack, with the same calls.
#![allow(clippy::expect_used, clippy::panic, reason = "a step that fails here fails the test that asked for it")]

use axum::Router;
use axum::body::{Body, to_bytes};
use http::{HeaderMap, Method, Request, StatusCode};
use lambda_http::request::RequestContext;
use serde_json::Value;
use tower::ServiceExt;

/// A client of the API that speaks for one tenant.
#[derive(Clone)]
pub struct TestClient {
    target: Target,
    tenant: Option<String>,
    ip: Option<String>,
}

#[derive(Clone)]
enum Target {
    Router(Router),
    Deployed { base: String, http: reqwest::Client },
}

/// A request under construction.
#[must_use = "send it"]
pub struct TestRequest {
    client: TestClient,
    method: Method,
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct TestAnswer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The bytes.
    pub bytes: Vec<u8>,
    /// The body as JSON; null when it is none.
    pub body: Value,
}

impl TestClient {
    /// Calls a function's router as API Gateway does.
    pub fn of_router(router: Router) -> Self {
        Self { target: Target::Router(router), tenant: None, ip: None }
    }

    /// Calls a deployed stack; `base` is everything before `/api/v1`.
    pub fn of_url(base: &str) -> Self {
        let base = base.trim_end_matches('/').trim_end_matches("/api/v1").to_owned();
        Self { target: Target::Deployed { base, http: reqwest::Client::new() }, tenant: None, ip: None }
    }

    /// Names the tenant, by subdomain or id, in `X-Tenant` of every request.
    #[must_use]
    pub fn tenant(mut self, name: impl ToString) -> Self {
        self.tenant = Some(name.to_string());
        self
    }

    /// Comes from an address, as API Gateway reports it to a function in process.
    #[must_use]
    pub fn at_ip(mut self, ip: &str) -> Self {
        self.ip = Some(ip.to_owned());
        self
    }

    /// Starts a request; `path` goes below `/api/v1`.
    pub fn request(&self, method: Method, path: &str) -> TestRequest {
        TestRequest {
            client: self.clone(),
            method,
            path: format!("/api/v1{path}"),
            headers: self.tenant.iter().map(|tenant| ("x-tenant".to_owned(), tenant.clone())).collect(),
            body: Vec::new(),
        }
    }

    /// Starts a GET.
    pub fn get(&self, path: &str) -> TestRequest {
        self.request(Method::GET, path)
    }

    /// Starts a POST.
    pub fn post(&self, path: &str) -> TestRequest {
        self.request(Method::POST, path)
    }

    /// Starts a PATCH.
    pub fn patch(&self, path: &str) -> TestRequest {
        self.request(Method::PATCH, path)
    }

    /// Starts a DELETE.
    pub fn delete(&self, path: &str) -> TestRequest {
        self.request(Method::DELETE, path)
    }
}

impl TestRequest {
    /// Adds a header, in place of one of the same name.
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// Sends an access token.
    pub fn bearer(self, token: &str) -> Self {
        self.header("authorization", format!("Bearer {token}"))
    }

    /// Sends a JSON body.
    pub fn json(self, body: Value) -> Self {
        let bytes = body.to_string().into_bytes();
        self.header("content-type", "application/json").body(bytes)
    }

    /// Sends bytes.
    pub fn body(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.body = bytes.into();
        self
    }

    /// Sends the request and reads the whole answer.
    pub async fn send(self) -> TestAnswer {
        let (status, headers, bytes) = match self.client.target {
            Target::Router(router) => {
                let mut request = Request::builder().method(self.method).uri(self.path);
                for (name, value) in self.headers {
                    request = request.header(name, value);
                }
                let mut request = request.body(Body::from(self.body)).expect("the test makes a request");
                if let Some(ip) = self.client.ip {
                    request.extensions_mut().insert(gateways_word(&ip));
                }
                let response = router.oneshot(request).await.unwrap_or_else(|never| match never {});
                let (parts, body) = response.into_parts();
                (parts.status, parts.headers, to_bytes(body, usize::MAX).await.expect("a body in memory").to_vec())
            }
            Target::Deployed { base, http } => {
                let mut request = http.request(self.method, format!("{base}{}", self.path)).body(self.body);
                for (name, value) in self.headers {
                    request = request.header(name, value);
                }
                let response = request.send().await.expect("the deployed stack answers");
                let (status, headers) = (response.status(), response.headers().clone());
                (status, headers, response.bytes().await.expect("a whole body").to_vec())
            }
        };
        let body = serde_json::from_slice(&bytes).unwrap_or_default();
        TestAnswer { status, headers, bytes, body }
    }
}

/// What API Gateway says of a request.
fn gateways_word(ip: &str) -> RequestContext {
    let mut event: Value =
        serde_json::from_str(include_str!("../../events/http/post.json")).expect("the event is JSON");
    event["requestContext"]["http"]["sourceIp"] = Value::String(ip.to_owned());
    let request = lambda_http::request::from_str(&event.to_string()).expect("the event is one of API Gateway's");
    request.extensions().get::<RequestContext>().expect("every event has a context").clone()
}

impl TestAnswer {
    /// Returns the header's text; empty when it is absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().expect("a readable header")).unwrap_or_default()
    }

    /// Returns the body's text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// Returns `data`, after checking the status.
    #[track_caller]
    pub fn data(&self, status: StatusCode) -> &Value {
        assert_eq!(self.status, status, "{}", self.text());
        assert_eq!(self.body["success"], true, "{}", self.text());
        &self.body["data"]
    }

    /// Checks that the request failed with a code.
    #[track_caller]
    pub fn refused(&self, status: StatusCode, code: &str) {
        assert_eq!((self.status, self.body["code"].as_str()), (status, Some(code)), "{}", self.text());
        assert_eq!(self.body["success"], false, "{}", self.text());
    }

    /// Returns the names of the faulty fields.
    pub fn fields(&self) -> Vec<&str> {
        let errors = self.body["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
        errors.iter().filter_map(|error| error["field"].as_str()).collect()
    }

    /// Returns the sequential round trips to the table that the request took.
    pub fn round_trips(&self) -> u32 {
        let timing = self.header("server-timing");
        let trips = timing.split("trips;desc=\"").nth(1).and_then(|rest| rest.split('"').next());
        trips.and_then(|trips| trips.parse().ok()).unwrap_or_else(|| panic!("no round trips in {timing:?}"))
    }
}
