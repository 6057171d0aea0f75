//! Bad weather between a function and AWS: a proxy before the local AWS that refuses what a test wants refused.
#![allow(clippy::expect_used, reason = "a step that fails here fails the test that asked for it")]

use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use platform::aws::Clients;
use platform::vault::Vault;
use store::{Store, Table};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use web::Edge;

use crate::stack::Stack;

/// Calls to the key service.
pub const KEYS: &str = "TrentService.";
/// Calls to the table.
pub const TABLE: &str = "DynamoDB_20120810.";
/// Transactions on the table.
pub const TRANSACTIONS: &str = "DynamoDB_20120810.TransactWriteItems";

/// A proxy before the local AWS. It lets everything through until a storm is ordered.
pub struct Weather {
    url: String,
    sky: Arc<Sky>,
    server: JoinHandle<()>,
}

#[derive(Debug)]
struct Sky {
    endpoint: String,
    http: reqwest::Client,
    storm: Mutex<Option<Storm>>,
}

/// What is refused.
#[derive(Debug, Clone)]
struct Storm {
    target: &'static str,
    left: u32,
    refused: u32,
}

impl Weather {
    /// Opens the proxy before a stack.
    pub async fn before(stack: &Stack) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("a bound port"));
        let sky = Sky { endpoint: stack.endpoint.clone(), http: reqwest::Client::new(), storm: Mutex::default() };
        let sky = Arc::new(sky);
        let router = Router::new().fallback(pass).with_state(Arc::clone(&sky));
        let server = tokio::spawn(async move {
            // `serve` only returns when the process ends.
            let _ = axum::serve(listener, router).await;
        });
        Self { url, sky, server }
    }

    /// Refuses the next `times` calls whose name starts with `target`, as an AWS does that has too much to do.
    pub fn storm(&self, target: &'static str, times: u32) {
        *self.sky.storm() = Some(Storm { target, left: times, refused: 0 });
    }

    /// Refuses nothing any more, and tells how much was refused.
    pub fn clear(&self) -> u32 {
        self.sky.storm().take().map_or(0, |storm| storm.refused)
    }

    /// Makes the edge of a function that has just started, out in this weather.
    pub fn edge(&self, stack: &Stack) -> Edge {
        let sdk = stack.sdk().clone().into_builder().endpoint_url(&self.url).build();
        let clients = Clients::from_sdk(sdk);
        let vault = Vault::new(&clients, stack.names.key_id.as_str(), stack.ambient().clone());
        let store = Store::new(Table::new(clients.sdk(), &stack.names.table));
        Edge::new(stack.edge().config().clone(), store, vault, stack.ambient().clone())
    }
}

impl Drop for Weather {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Sky {
    fn storm(&self) -> std::sync::MutexGuard<'_, Option<Storm>> {
        self.storm.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn refuses(&self, target: &str) -> bool {
        match self.storm().as_mut() {
            Some(storm) if storm.left > 0 && target.starts_with(storm.target) => {
                storm.left -= 1;
                storm.refused += 1;
                true
            }
            _ => false,
        }
    }
}

async fn pass(State(sky): State<Arc<Sky>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let target = parts.headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    if sky.refuses(target) {
        let body = r#"{"__type":"ThrottlingException","message":"Rate exceeded"}"#;
        return (StatusCode::BAD_REQUEST, [("content-type", "application/x-amz-json-1.0")], body).into_response();
    }
    let bytes: Bytes = to_bytes(body, usize::MAX).await.expect("a request of ours");
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let mut onward = sky.http.request(parts.method, format!("{}{path}", sky.endpoint)).body(bytes);
    for (name, value) in &parts.headers {
        if name != http::header::HOST && name != http::header::CONTENT_LENGTH {
            onward = onward.header(name, value);
        }
    }
    match onward.send().await {
        Ok(answer) => {
            let (status, headers) = (answer.status(), answer.headers().clone());
            let bytes = answer.bytes().await.unwrap_or_default();
            let mut response = (status, bytes).into_response();
            for (name, value) in &headers {
                if name != http::header::CONTENT_LENGTH && name != http::header::TRANSFER_ENCODING {
                    response.headers_mut().insert(name, value.clone());
                }
            }
            response
        }
        Err(_) => StatusCode::BAD_GATEWAY.into_response(),
    }
}
