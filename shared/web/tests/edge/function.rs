//! A small function with one endpoint for each thing that the edge does.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::extract::{FromRef, State};
use axum::response::Response;
use domain::id::ProductId;
use garde::Validate;
use harness::client::TestClient;
use harness::stack::{Stack, TestTenant};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::page::{Page, Position};
use utoipa::ToSchema;
use web::openapi::{IfMatchHeader, KeyHeader, OptionalKeyHeader};
use web::{
    Answer, Bearer, Caller, Code, Edge, EdgeConfig, Envelope, IdempotencyKey, IfMatch, Json, ListEnvelope, ListQuery,
    Nothing, Path, Problem, Query, RawBody, Reply, RequestInfo, Routes, TenantOf, idempotent, refusals,
};

#[derive(Clone, FromRef)]
pub struct App {
    edge: Edge,
    effects: Arc<AtomicU32>,
}

/// The function on a tenant of its own.
pub struct Api {
    pub client: TestClient,
    pub tenant: TestTenant,
    pub stack: Stack,
    effects: Arc<AtomicU32>,
}

impl Api {
    pub async fn open() -> Self {
        Self::open_with(|_| ()).await
    }

    pub async fn open_with(change: impl FnOnce(&mut EdgeConfig)) -> Self {
        let stack = Stack::connect().await;
        let tenant = stack.tenant().await;
        let effects = Arc::new(AtomicU32::new(0));
        let client = tenant.client(router(stack.edge_with(change), Arc::clone(&effects)));
        Self { client, tenant, stack, effects }
    }

    /// How often a POST took effect.
    pub fn effects(&self) -> u32 {
        self.effects.load(Ordering::SeqCst)
    }
}

pub fn router(edge: Edge, effects: Arc<AtomicU32>) -> axum::Router {
    web::layers(routes().with_state(App { edge: edge.clone(), effects }), edge)
}

pub fn routes() -> Routes<App> {
    web::routes![
        list_things,
        make_thing,
        read_thing,
        change_thing,
        pay,
        who,
        act,
        missing,
        echo,
        panic,
        broken,
        slow,
        origin,
    ]
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Thing {
    #[schema(example = "Bracket")]
    name: String,
    #[schema(example = 2)]
    quantity: u32,
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MakeThing {
    #[garde(length(chars, min = 1, max = 20))]
    #[schema(example = "Bracket")]
    name: String,
    #[garde(range(min = 1, max = 999))]
    #[schema(example = 2)]
    quantity: u32,
    #[garde(skip)]
    password: Option<String>,
}

/// Read a thing
#[utoipa::path(get, path = "/things/{thingId}", tag = "Things", params(("thingId" = String, Path)),
    responses((status = 200, body = Envelope<Thing>)), extensions(("x-access" = json!("public"))))]
async fn read_thing(_: TenantOf, Path(id): Path<ProductId>) -> Answer<Thing> {
    Ok(Reply::ok(Thing { name: id.to_string(), quantity: 1 }).etag(7).public())
}

/// Change a thing
#[utoipa::path(patch, path = "/things/{thingId}", tag = "Things", params(("thingId" = String, Path), IfMatchHeader),
    responses((status = 200, body = Envelope<Nothing>)), extensions(("x-access" = json!("public"))))]
async fn change_thing(_: TenantOf, Path(_): Path<ProductId>, if_match: IfMatch) -> Answer<Nothing> {
    if_match.check(7)?;
    Ok(Reply::done().etag(8))
}

/// List things
#[utoipa::path(get, path = "/things", tag = "Things", params(ListQuery),
    responses((status = 200, body = ListEnvelope<Thing>)), extensions(("x-access" = json!("public"))))]
async fn list_things(State(edge): State<Edge>, tenant: TenantOf, Query(query): Query<ListQuery>) -> Answer<Vec<Thing>> {
    let cursors = edge.cursors(&tenant, "GET /things", &json!({}))?;
    let start = cursors.open(query.cursor.as_deref()).await?;
    let from =
        start.map_or(0, |start| serde_json::to_value(start).unwrap()["pk"].as_str().unwrap().parse::<u32>().unwrap());
    let to = from + query.limit.get();
    let items = (from..to.min(25)).map(|n| Thing { name: format!("thing {n}"), quantity: n }).collect();
    let next: Option<Position> = (to < 25).then(|| serde_json::from_value(json!({"pk": to.to_string()})).unwrap());
    cursors.page(Page { items, next }, query.limit).await
}

/// Make a thing
#[utoipa::path(post, path = "/things", tag = "Things", params(OptionalKeyHeader), request_body = MakeThing,
    responses((status = 201, body = Envelope<Thing>), refusals::Of<(refusals::OutOfStock,)>), extensions(("x-access" = json!("public"))))]
async fn make_thing(
    State(app): State<App>,
    tenant: TenantOf,
    key: Option<IdempotencyKey>,
    Json(make): Json<MakeThing>,
) -> Result<Response, Problem> {
    let work = async {
        if make.name == "gone" {
            return Err(Problem::new(Code::OutOfStock));
        }
        if make.name == "slow" {
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
        let count = app.effects.fetch_add(1, Ordering::SeqCst);
        let name = format!("{}{}", make.name, make.password.unwrap_or_default());
        Ok(Reply::created(Thing { name, quantity: make.quantity }, format!("/things/{count}")).etag(1))
    };
    idempotent(&app.edge, &tenant, None, key, work).await
}

/// Pay
#[utoipa::path(post, path = "/pay", tag = "Things", params(KeyHeader),
    responses((status = 200, body = Envelope<Nothing>)), extensions(("x-access" = json!("Shop"))))]
async fn pay(State(app): State<App>, caller: Caller, key: IdempotencyKey) -> Result<Response, Problem> {
    let work = async {
        app.effects.fetch_add(1, Ordering::SeqCst);
        Ok(Reply::done())
    };
    idempotent(&app.edge, caller.tenant(), Some(caller.user), Some(key), work).await
}

/// Say who asks, beside a read
#[utoipa::path(get, path = "/who", tag = "Things", responses((status = 200, body = Envelope<Thing>)), extensions(("x-access" = json!("caller"))))]
async fn who(State(edge): State<Edge>, bearer: Bearer) -> Answer<Thing> {
    let user = bearer.user();
    let read = async |scope| edge.store().user(scope, user, store::table::Consistency::Eventual).await;
    let (caller, user) = bearer.with(read).await?;
    Ok(Reply::ok(Thing { name: caller.user.to_string(), quantity: u32::from(user.is_some()) }))
}

/// Act
#[utoipa::path(post, path = "/act", tag = "Things", responses((status = 200, body = Envelope<Nothing>)), extensions(("x-access" = json!("caller"))))]
async fn act(_: Caller) -> Answer<Nothing> {
    Ok(Reply::done().message("Done"))
}

/// Read something that is missing
#[utoipa::path(get, path = "/missing", tag = "Things", responses((status = 200, body = Envelope<Nothing>)), extensions(("x-access" = json!("caller"))))]
async fn missing(bearer: Bearer) -> Answer<Nothing> {
    let (_, ()) = bearer.with(async |_| Err::<(), _>(Problem::not_found())).await?;
    Ok(Reply::done())
}

/// Echo the size of any body
#[utoipa::path(post, path = "/echo", tag = "Things", responses((status = 200, body = Envelope<Thing>)), extensions(("x-access" = json!("anyone"))))]
async fn echo(RawBody(body): RawBody) -> Answer<Thing> {
    Ok(Reply::ok(Thing { name: String::new(), quantity: u32::try_from(body.len()).unwrap() }))
}

/// Panic
#[utoipa::path(get, path = "/panic", tag = "Things", responses((status = 200, body = Envelope<Nothing>)), extensions(("x-access" = json!("anyone"))))]
async fn panic() -> Answer<Nothing> {
    panic!("secret detail")
}

/// Break
#[utoipa::path(get, path = "/broken", tag = "Things", responses((status = 200, body = Envelope<Nothing>)), extensions(("x-access" = json!("anyone"))))]
async fn broken() -> Answer<Nothing> {
    Err(Problem::internal("arn:aws:dynamodb:ap-south-1:123456789012:table/haat secret detail"))
}

/// Take too long
#[utoipa::path(get, path = "/slow", tag = "Things", responses((status = 200, body = Envelope<Nothing>)), extensions(("x-access" = json!("anyone"))))]
async fn slow() -> Answer<Nothing> {
    tokio::time::sleep(Duration::from_secs(60)).await;
    Ok(Reply::done())
}

/// Say where the request comes from
#[utoipa::path(post, path = "/origin", tag = "Things", responses((status = 200, body = Envelope<Thing>)), extensions(("x-access" = json!("anyone"))))]
async fn origin(info: RequestInfo, RawBody(body): RawBody) -> Answer<Thing> {
    let name = format!("{} {} {}", info.ip().unwrap_or_default(), info.user_agent().unwrap_or_default(), info.path());
    Ok(Reply::ok(Thing { name, quantity: u32::try_from(body.len()).unwrap() }))
}
