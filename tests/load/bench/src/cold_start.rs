//! Cold starts: from starting the process to its first answer, without AWS in between.
//!
//! A small server plays Lambda's runtime API (the HTTP interface for custom runtimes): it hands out one event and
//! notes when the answer arrives. Each function gets a request that ends in its own router, without credentials, so
//! nothing but the function itself is measured. The functions' AWS endpoint is a closed port: a start that called AWS would fail.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::routing::{get, post};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::{Mutex, mpsc, oneshot};

use crate::{Failure, process};

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
    /// Milliseconds from process start to first answer, sorted.
    pub milliseconds: Vec<f64>,
    /// The largest resident set after the first answer, in bytes.
    pub peak: u64,
    /// The HTTP status of the first answer, to see that it is the one expected.
    pub status: u64,
}

/// What each HTTP function is asked first, and the answer without credentials.
const FIRST_REQUESTS: &[(&str, &str, &str, u64)] = &[
    ("hello", "GET", "/", 200),
    ("auth", "GET", "/api/v1/auth/me", 401),
    ("listings", "GET", "/api/v1/products/mine", 401),
    ("checkout", "GET", "/api/v1/orders", 401),
    ("shipping", "GET", "/api/v1/carrier/shipments", 401),
    ("webhooks", "POST", "/api/v1/webhooks/razorpay/ten_unknown", 404),
    ("files", "GET", "/api/v1/files/download/fil_unknown", 401),
    ("admin", "GET", "/api/v1/health", 200),
];

/// Starts each function `runs` times.
pub async fn measure(binaries: &Path, runs: usize) -> Result<ColdStarts, Failure> {
    let mut functions = Vec::new();
    for (function, method, path, expected) in FIRST_REQUESTS {
        eprintln!("cold start of {function}: {runs} runs");
        let binary = binaries.join(function);
        let mut figures = ColdStart {
            function: (*function).to_owned(),
            zipped: zipped(&binary)?,
            milliseconds: Vec::new(),
            peak: 0,
            status: 0,
        };
        // The first start reads the binary from disk; the platform's cache does that for a real one.
        for run in 0..=runs {
            let (elapsed, peak, status) = start_once(&binary, &event(method, path)).await?;
            if status != *expected {
                return Err(format!("{function} answered {status} to {method} {path}, expected {expected}").into());
            }
            if run > 0 {
                figures.milliseconds.push(elapsed.as_secs_f64() * 1000.0);
            }
            figures.peak = figures.peak.max(peak);
            figures.status = status;
        }
        figures.milliseconds.sort_by(f64::total_cmp);
        functions.push(figures);
    }
    Ok(ColdStarts { functions })
}

struct Lambda {
    event: String,
    handed_out: Mutex<bool>,
    answers: mpsc::Sender<(Instant, String)>,
}

async fn start_once(binary: &Path, event: &Value) -> Result<(Duration, u64, u64), Failure> {
    let (answers, mut answered) = mpsc::channel(1);
    let lambda = Arc::new(Lambda { event: event.to_string(), handed_out: Mutex::new(false), answers });
    let router = Router::new()
        .route("/2018-06-01/runtime/invocation/next", get(next))
        .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
        .route("/2018-06-01/runtime/invocation/{id}/error", post(response))
        .with_state(lambda);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(async move {
        axum::serve(listener, router).with_graceful_shutdown(async { drop(stopped.await) }).await
    });
    let started = Instant::now();
    let mut child = Running(spawn(binary, &address.to_string())?);
    let (at, answer) = tokio::time::timeout(Duration::from_secs(10), answered.recv())
        .await
        .map_err(|_| format!("{} did not answer within 10 s", binary.display()))?
        .ok_or("the runtime API stopped")?;
    let peak = process::peak(Path::new(&format!("/proc/{}", child.0.id())));
    child.0.kill()?;
    child.0.wait()?;
    drop(stop);
    server.abort();
    let answer: Value = serde_json::from_str(&answer)?;
    let status = answer.get("statusCode").and_then(Value::as_u64).unwrap_or(0);
    Ok((at.duration_since(started), peak, status))
}

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.0.kill());
    }
}

fn spawn(binary: &Path, runtime_api: &str) -> std::io::Result<Child> {
    let settings = [
        ("AWS_LAMBDA_RUNTIME_API", runtime_api),
        ("AWS_LAMBDA_FUNCTION_NAME", "bench"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
        ("AWS_LAMBDA_LOG_GROUP_NAME", "bench"),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "bench"),
        ("AWS_REGION", "ap-south-1"),
        ("AWS_ACCESS_KEY_ID", "bench"),
        ("AWS_SECRET_ACCESS_KEY", "bench"),
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:9"),
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

async fn next(State(lambda): State<Arc<Lambda>>) -> (HeaderMap, String) {
    let mut handed_out = lambda.handed_out.lock().await;
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
    (headers, lambda.event.clone())
}

async fn response(State(lambda): State<Arc<Lambda>>, body: String) -> StatusCode {
    let at = Instant::now();
    drop(lambda.answers.send((at, body)).await);
    StatusCode::ACCEPTED
}

/// An event of payload format 2.0, as the HTTP API sends it.
fn event(method: &str, path: &str) -> Value {
    json!({
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
    })
}

/// Measures the package as it would be uploaded.
fn zipped(binary: &Path) -> Result<u64, Failure> {
    let output = Command::new("python3")
        .args(["-c", "import sys,zipfile,io;b=io.BytesIO();z=zipfile.ZipFile(b,'w',zipfile.ZIP_DEFLATED,compresslevel=9);z.write(sys.argv[1],'bootstrap');z.close();print(len(b.getvalue()))"])
        .arg(binary)
        .output()?;
    Ok(String::from_utf8(output.stdout)?.trim().parse()?)
}
