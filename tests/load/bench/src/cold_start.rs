//! Cold starts: from starting the process to its first answer, without AWS in between.
//!
//! A small server plays Lambda's runtime API (the HTTP interface for custom runtimes): it hands out one event and
//! notes when the answer arrives. The same server plays an empty table that answers at once. Each function gets two
//! first requests: one that it answers by itself, so that nothing but its own start is measured, and one that asks the table, as
//! most requests of users do, so that making the SDK's client and its first call is measured too. Which of the two it was is checked
//! by what the table was asked.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::routing::{get, post};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::{Mutex, mpsc, oneshot};

use crate::{Failure, process};

/// How long a start may take before it counts as failed: the first one reads the binary from a disk that may be busy.
const PATIENCE: Duration = Duration::from_secs(60);

/// The figures of all functions.
#[derive(Serialize, Deserialize)]
pub struct ColdStarts {
    /// The hello-world function first.
    pub functions: Vec<ColdStart>,
}

/// One function's figures.
#[derive(Serialize, Deserialize)]
pub struct ColdStart {
    /// The function's name.
    pub function: String,
    /// The size of the zipped package in bytes.
    pub zipped: u64,
    /// Milliseconds from process start to the first answer, which the function gave by itself; sorted.
    pub alone: Vec<f64>,
    /// The same where it asked the table before it answered; none for a function without a table.
    pub asking: Vec<f64>,
    /// The largest resident set after the first answer, in bytes.
    pub peak: u64,
}

/// A request and the status of its answer.
struct First {
    method: &'static str,
    path: &'static str,
    token: Option<&'static str>,
    status: u64,
}

/// Asks for something that needs a token, and shows none.
const fn refused(path: &'static str) -> First {
    First { method: "GET", path, token: None, status: 401 }
}

/// Asks for the same with a token. The table is empty, so its tenant is unknown.
const fn unknown(path: &'static str) -> First {
    First { method: "GET", path, token: Some("Bearer e30.e30.e30"), status: 404 }
}

/// What each HTTP function is asked first: what it answers by itself, and what it asks the table about.
const FIRST_REQUESTS: &[(&str, First, Option<First>)] = &[
    ("hello", First { status: 200, ..refused("/") }, None),
    ("auth", refused("/api/v1/auth/me"), Some(unknown("/api/v1/auth/me"))),
    ("listings", refused("/api/v1/products/mine"), Some(unknown("/api/v1/products/mine"))),
    ("checkout", refused("/api/v1/orders"), Some(unknown("/api/v1/orders"))),
    ("shipping", refused("/api/v1/carrier/shipments"), Some(unknown("/api/v1/carrier/shipments"))),
    (
        "webhooks",
        First { method: "POST", status: 404, ..refused("/api/v1/webhooks/razorpay/ten_unknown") },
        Some(First { method: "POST", ..unknown("/api/v1/webhooks/razorpay/ten_01JQZX3N9Q5S0V6T7W8Y9Z0ABC") }),
    ),
    ("files", refused("/api/v1/files/download/fil_unknown"), Some(unknown("/api/v1/files/download/fil_unknown"))),
    ("admin", First { status: 200, ..refused("/api/v1/health") }, Some(unknown("/api/v1/admin/settings"))),
];

/// Starts each function `runs` times with each of its requests.
pub async fn measure(binaries: &Path, runs: usize) -> Result<ColdStarts, Failure> {
    let mut functions = Vec::new();
    for (function, alone, asking) in FIRST_REQUESTS {
        eprintln!("cold start of {function}: {runs} runs");
        let binary = binaries.join(function);
        let mut figures = ColdStart {
            function: (*function).to_owned(),
            zipped: zipped(&binary)?,
            alone: Vec::new(),
            asking: Vec::new(),
            peak: 0,
        };
        // The first start reads the binary from disk; the platform's cache does that for a real one.
        start_once(&binary, alone).await?;
        for _ in 0..runs {
            let start = start_once(&binary, alone).await?;
            if start.asked > 0 {
                return Err(format!("{function} asked AWS {} times for {}", start.asked, alone.path).into());
            }
            figures.alone.push(start.milliseconds);
            figures.peak = figures.peak.max(start.peak);
            let Some(asking) = asking else { continue };
            let start = start_once(&binary, asking).await?;
            if start.asked == 0 {
                return Err(format!("{function} did not ask the table for {}", asking.path).into());
            }
            figures.asking.push(start.milliseconds);
            figures.peak = figures.peak.max(start.peak);
        }
        figures.alone.sort_by(f64::total_cmp);
        figures.asking.sort_by(f64::total_cmp);
        functions.push(figures);
    }
    Ok(ColdStarts { functions })
}

/// The runtime API and the table of one start.
struct Surroundings {
    event: String,
    handed_out: Mutex<bool>,
    asked: AtomicU32,
    answers: mpsc::Sender<(Instant, String)>,
}

/// What one start was like.
struct Start {
    milliseconds: f64,
    peak: u64,
    asked: u32,
}

async fn start_once(binary: &Path, first: &First) -> Result<Start, Failure> {
    let (answers, mut answered) = mpsc::channel(1);
    let surroundings = Arc::new(Surroundings {
        event: event(first).to_string(),
        handed_out: Mutex::new(false),
        asked: AtomicU32::new(0),
        answers,
    });
    let router = Router::new()
        .route("/2018-06-01/runtime/invocation/next", get(next))
        .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
        .route("/2018-06-01/runtime/invocation/{id}/error", post(response))
        .fallback(empty_table)
        .with_state(Arc::clone(&surroundings));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(async move {
        axum::serve(listener, router).with_graceful_shutdown(async { drop(stopped.await) }).await
    });
    let started = Instant::now();
    let mut child = Running(spawn(binary, &address.to_string())?);
    let (at, answer) = tokio::time::timeout(PATIENCE, answered.recv())
        .await
        .map_err(|_| format!("{} did not answer within {} s", binary.display(), PATIENCE.as_secs()))?
        .ok_or("the runtime API stopped")?;
    let peak = process::peak(Path::new(&format!("/proc/{}", child.0.id())));
    child.0.kill()?;
    child.0.wait()?;
    drop(stop);
    server.abort();
    let answer: Value = serde_json::from_str(&answer)?;
    let status = answer.get("statusCode").and_then(Value::as_u64).unwrap_or(0);
    if status != first.status {
        let (name, First { method, path, status: expected, .. }) = (binary.display(), first);
        return Err(format!("{name} answered {status} to {method} {path}, expected {expected}").into());
    }
    let asked = surroundings.asked.load(Ordering::Relaxed);
    Ok(Start { milliseconds: at.duration_since(started).as_secs_f64() * 1000.0, peak, asked })
}

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.0.kill());
    }
}

/// Starts a function whose runtime API and whose AWS are both at `address`.
fn spawn(binary: &Path, address: &str) -> std::io::Result<Child> {
    let endpoint = format!("http://{address}");
    let settings = [
        ("AWS_LAMBDA_RUNTIME_API", address),
        ("AWS_LAMBDA_FUNCTION_NAME", "bench"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
        ("AWS_LAMBDA_LOG_GROUP_NAME", "bench"),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "bench"),
        ("AWS_REGION", "ap-south-1"),
        ("AWS_ACCESS_KEY_ID", "bench"),
        ("AWS_SECRET_ACCESS_KEY", "bench"),
        ("AWS_ENDPOINT_URL", endpoint.as_str()),
        ("HAAT_ENV", "local"),
        ("HAAT_TABLE", "bench"),
        ("HAAT_FILES_BUCKET", "bench-files"),
        ("HAAT_INVOICES_BUCKET", "bench-invoices"),
        ("HAAT_KMS_KEY_ID", "bench"),
        ("HAAT_MAILER_QUEUE_URL", "http://127.0.0.1:9/mailer"),
        ("HAAT_INVOICER_QUEUE_URL", "http://127.0.0.1:9/invoicer"),
        ("HAAT_IMPORTER_QUEUE_URL", "http://127.0.0.1:9/importer"),
        ("HAAT_ISSUER", "https://haat.example"),
        ("HAAT_BASE_DOMAIN", "haat.example"),
        ("HAAT_ALLOW_TENANT_HEADER", "true"),
        ("HAAT_MAIL_FROM", "bench@haat.example"),
        ("HAAT_RAZORPAY_URL", "http://127.0.0.1:9"),
        ("HAAT_LOG", "error"),
    ];
    Command::new(binary)
        .env_clear()
        .envs(settings)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
}

async fn next(State(surroundings): State<Arc<Surroundings>>) -> (HeaderMap, String) {
    let mut handed_out = surroundings.handed_out.lock().await;
    if *handed_out {
        // There is no second event: the function waits until it is stopped.
        drop(handed_out);
        std::future::pending::<()>().await;
        return (HeaderMap::new(), String::new());
    }
    *handed_out = true;
    let mut headers = HeaderMap::new();
    headers.insert("lambda-runtime-aws-request-id", HeaderValue::from_static("8476a536-e9f4-11e8-9739-2dfe598c3fcd"));
    headers.insert("lambda-runtime-deadline-ms", HeaderValue::from_static("9999999999999"));
    headers.insert(
        "lambda-runtime-invoked-function-arn",
        HeaderValue::from_static("arn:aws:lambda:ap-south-1:123456789012:function:bench"),
    );
    (headers, surroundings.event.clone())
}

async fn response(State(surroundings): State<Arc<Surroundings>>, body: String) -> StatusCode {
    let at = Instant::now();
    drop(surroundings.answers.send((at, body)).await);
    StatusCode::ACCEPTED
}

/// Answers each read of DynamoDB that there is nothing: the SDK takes from it what belongs to the call.
async fn empty_table(
    State(surroundings): State<Arc<Surroundings>>,
) -> ([(&'static str, &'static str); 1], &'static str) {
    surroundings.asked.fetch_add(1, Ordering::Relaxed);
    let nothing = r#"{"Items":[],"Count":0,"ScannedCount":0,"Responses":{},"UnprocessedKeys":{}}"#;
    ([("content-type", "application/x-amz-json-1.0")], nothing)
}

/// An event of payload format 2.0, as the HTTP API sends it.
fn event(first: &First) -> Value {
    let First { method, path, token, .. } = first;
    let mut event = json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"host": "demo.haat.example", "accept": "application/json", "x-tenant": "demo"},
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "bench",
            "domainName": "demo.haat.example",
            "domainPrefix": "demo",
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "bench"},
            "requestId": "bench",
            "routeKey": "$default",
            "stage": "$default",
            "time": "01/Jan/2026:00:00:00 +0000",
            "timeEpoch": 1_767_225_600_000_u64
        },
        "isBase64Encoded": false
    });
    if let Some(token) = token {
        event["headers"]["authorization"] = json!(token);
    }
    event
}

/// Measures the package as it would be uploaded.
fn zipped(binary: &Path) -> Result<u64, Failure> {
    let output = Command::new("python3")
        .args(["-c", "import sys,zipfile,io;b=io.BytesIO();z=zipfile.ZipFile(b,'w',zipfile.ZIP_DEFLATED,compresslevel=9);z.write(sys.argv[1],'bootstrap');z.close();print(len(b.getvalue()))"])
        .arg(binary)
        .output()?;
    Ok(String::from_utf8(output.stdout)?.trim().parse()?)
}
