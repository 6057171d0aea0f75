//! `GET /health` and `GET /health/ready`

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::State;
use domain::clock::Timestamp;
use platform::aws::Clients;
use platform::config::{ConfigError, Env};
use platform::objects::Objects;
use platform::queues::Queues;
use serde::Serialize;
use utoipa::ToSchema;
use web::health::{PartHealth, probe};
use web::{Answer, Code, Edge, Envelope, Problem, Reply, refusals};

/// How long an answer stands, so that nobody can make us ask all parts again and again.
const FRESH: Duration = Duration::from_secs(5);

/// The parts that a deployment stands on.
#[derive(Clone)]
pub(crate) struct Parts {
    files: Objects,
    invoices: Objects,
    queues: Queues,
    mailer_queue: String,
    invoicer_queue: String,
    importer_queue: String,
    last: Arc<Mutex<Option<Asked>>>,
}

/// What the parts answered, and when.
#[derive(Clone)]
struct Asked {
    at: Timestamp,
    parts: Vec<PartHealth>,
}

impl Parts {
    pub(crate) fn load(env: &Env, clients: &Clients, edge: &Edge) -> Result<Self, ConfigError> {
        let [files, invoices] = env.texts(["HAAT_FILES_BUCKET", "HAAT_INVOICES_BUCKET"])?;
        let queues = env.texts(["HAAT_MAILER_QUEUE_URL", "HAAT_INVOICER_QUEUE_URL", "HAAT_IMPORTER_QUEUE_URL"])?;
        let bucket = |name| Objects::new(clients.s3(), name, edge.ambient().clone());
        Ok(Self::new(bucket(files), bucket(invoices), Queues::new(clients.sqs()), queues))
    }

    pub(crate) fn new(
        files: Objects,
        invoices: Objects,
        queues: Queues,
        [mailer_queue, invoicer_queue, importer_queue]: [String; 3],
    ) -> Self {
        Self { files, invoices, queues, mailer_queue, invoicer_queue, importer_queue, last: Arc::default() }
    }

    async fn ask(&self, edge: &Edge) -> Vec<PartHealth> {
        let now = edge.ambient().now();
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(asked) = last.filter(|asked| now.since(asked.at) < FRESH) {
            return asked.parts;
        }
        let depth = async |queue: &str| self.queues.depth(queue).await.map(|_| ());
        let (table, key, files, invoices, mailer, invoicer, importer) = tokio::join!(
            probe("table", edge.store().table().ping()),
            probe("key", edge.vault().check()),
            probe("files", self.files.check()),
            probe("invoices", self.invoices.check()),
            probe("mailerQueue", depth(&self.mailer_queue)),
            probe("invoicerQueue", depth(&self.invoicer_queue)),
            probe("importerQueue", depth(&self.importer_queue)),
        );
        let parts = vec![table, key, files, invoices, mailer, invoicer, importer];
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(Asked { at: now, parts: parts.clone() });
        parts
    }
}

/// That the API answers.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Alive {
    /// Always `UP`.
    #[schema(example = "UP")]
    status: &'static str,
}

/// That every part answers.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Ready {
    /// Always `UP`: a failing part answers 503.
    #[schema(example = "UP")]
    status: &'static str,
    /// The parts, with how long each took to answer.
    parts: Vec<PartHealth>,
}

/// Ask whether the API answers
#[utoipa::path(
    get,
    path = "/health",
    tag = "Health",
    responses((status = 200, description = "It does", body = Envelope<Alive>)),
    extensions(("x-access" = json!("anyone")))
)]
pub(crate) async fn live() -> Answer<Alive> {
    Ok(Reply::ok(Alive { status: "UP" }))
}

/// Ask whether everything the API needs answers
///
/// Asks the table, the key, the buckets and the queues, at most once in five seconds.
#[utoipa::path(
    get,
    path = "/health/ready",
    tag = "Health",
    responses((status = 200, description = "It does", body = Envelope<Ready>), refusals::Of<refusals::Unavailable>),
    extensions(("x-access" = json!("anyone")))
)]
pub(crate) async fn ready(State(edge): State<Edge>, State(parts): State<Parts>) -> Answer<Ready> {
    let parts = parts.ask(&edge).await;
    let down = parts.iter().filter(|part| !part.up);
    let problem = down.fold(Problem::new(Code::Unavailable), |problem, part| {
        problem.field(&part.name, format!("did not answer ({} ms)", part.latency_ms))
    });
    if problem.fields().is_empty() { Ok(Reply::ok(Ready { status: "UP", parts })) } else { Err(problem) }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use crate::test_support::Shop;

    #[tokio::test]
    async fn the_api_is_alive_without_a_tenant() {
        let shop = Shop::open().await;
        let answer = shop.client.get("/health").header("x-tenant", "nobody").send().await;
        assert_eq!(answer.data(StatusCode::OK)["status"], "UP");
        assert_eq!(answer.round_trips(), 0);
    }

    #[tokio::test]
    async fn every_part_is_asked_and_told_with_its_latency() {
        let shop = Shop::open().await;
        let answer = shop.client.get("/health/ready").send().await;
        let parts = answer.data(StatusCode::OK)["parts"].as_array().unwrap().clone();
        let names: Vec<_> = parts.iter().map(|part| part["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["table", "key", "files", "invoices", "mailerQueue", "invoicerQueue", "importerQueue"]);
        assert!(parts.iter().all(|part| part["latencyMs"].is_u64()));
    }

    #[tokio::test]
    async fn a_part_that_is_down_makes_503_and_is_named() {
        let shop = Shop::without_bucket().await;
        let answer = shop.client.get("/health/ready").send().await;
        answer.refused(StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE");
        assert_eq!(answer.fields(), ["files"]);
        assert!(answer.headers.contains_key("retry-after"));
    }
}
