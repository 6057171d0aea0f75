//! The API's document (OpenAPI 3.1): what the code can't say by types is added here, for all operations alike.
//!
//! An operation names its summary, its success, its own refusals ([`Of`]) and, in the extension `x-access`, who may
//! call it: `anyone` (no tenant either), `public`, `caller`, or the name of a `Permission`. What it takes beside or instead of an
//! access token it names in `security(…)`. [`document`]
//! adds what follows from that: the refusals of the edge, the roles, the security schemes, and examples.

mod example;
mod operation;

use std::collections::BTreeMap;
use std::marker::PhantomData;

use domain::access::{Permission, Role};
use serde_json::{Map, Value, json};
use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::{RefOr, Response};
use utoipa::{IntoParams, IntoResponses, PartialSchema};

use crate::code::{Code, Refusal};
use crate::envelope::{ProblemBody, ProblemDocument};
use crate::problem::FieldError;
use crate::routes::Routes;

/// The extension of a schema whose name another one has as well.
const AMBIGUOUS: &str = "x-ambiguous";

/// The refusals that an operation adds to those of the edge:
/// `responses((status = 200, body = …), refusals::Of<(refusals::EmailTaken, refusals::Gone)>)`.
pub struct Of<R>(PhantomData<R>);

impl<R: Refusal> IntoResponses for Of<R> {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let mut by_status: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for code in R::CODES {
            by_status.entry(code.status().as_str().to_owned()).or_default().push(code.as_str());
        }
        let response = |(status, codes): (String, Vec<&str>)| {
            let mut response = Response::new("");
            response.extensions = Some(Extensions::from_iter([(operation::CODES, codes)]));
            (status, RefOr::T(response))
        };
        by_status.into_iter().map(response).collect()
    }
}

macro_rules! refusal_sets {
    ($(($($name:ident $index:tt),+))*) => {$(
        impl<$($name: Refusal),+> Refusal for ($($name,)+) {
            const CODES: &'static [Code] = {
                const fn all<$($name: Refusal),+>() -> [Code; 12] {
                    let mut codes = [Code::Internal; 12];
                    $(codes[$index] = $name::CODES[0];)+
                    codes
                }
                const COUNT: usize = [$($index),+].len();
                let (codes, _) = const { &all::<$($name),+>() }.split_at(COUNT);
                codes
            };
        }
    )*};
}

refusal_sets! {
    (A 0)
    (A 0, B 1)
    (A 0, B 1, C 2)
    (A 0, B 1, C 2, D 3)
    (A 0, B 1, C 2, D 3, E 4)
    (A 0, B 1, C 2, D 3, E 4, F 5)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9)
}

/// The header of an operation that moves money or goods: `params(KeyHeader)`.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub struct KeyHeader {
    /// Makes repeats of the request harmless: the same key with the same body gives the first answer again for 24 hours.
    #[param(rename = "Idempotency-Key", example = "5f0c6a9e-7c1d-4b58-9d3e-2a4b8c6d7e8f", max_length = 255)]
    pub idempotency_key: String,
}

/// The same header where it is not required: `params(OptionalKeyHeader)`.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub struct OptionalKeyHeader {
    /// Makes repeats of the request harmless: the same key with the same body gives the first answer again for 24 hours.
    #[param(rename = "Idempotency-Key", example = "5f0c6a9e-7c1d-4b58-9d3e-2a4b8c6d7e8f", max_length = 255)]
    pub idempotency_key: Option<String>,
}

/// The header of a change that names the version it changes: `params(IfMatchHeader)`.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub struct IfMatchHeader {
    /// The `ETag` of the version to change; another stored version answers 412.
    #[param(rename = "If-Match", example = "\"3\"")]
    pub if_match: Option<String>,
}

/// The header of somebody who has a cart and no session: `params(CartTokenHeader)`.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub struct CartTokenHeader {
    /// The token of an anonymous cart, instead of `Authorization`. With both it is the signed-in user's cart.
    #[param(
        rename = "X-Cart-Token",
        example = "crt_01JQZX3N9Q5S0V6T7W8Y9Z0ABC.ZmFrZS1zZWNyZXQtb2YtMzItYnl0ZXMtZm9yLWRvY3M"
    )]
    pub cart_token: Option<String>,
}

/// Returns the part of the document that a function's routes make.
pub fn document<S: Clone + Send + Sync + 'static>(routes: &Routes<S>) -> Value {
    merge(routes.documents())
}

/// Joins the documents of several functions to the document of the API. Joining twice changes nothing.
pub fn merge(parts: impl IntoIterator<Item = Value>) -> Value {
    let mut paths = Map::new();
    let mut schemas = own_schemas();
    for mut part in parts {
        if let Some(Value::Object(more)) = part.pointer_mut("/components/schemas").map(Value::take) {
            more.into_iter().for_each(|(name, schema)| add_schema(&mut schemas, name, schema));
        }
        if let Some(Value::Object(more)) = part.get_mut("paths").map(Value::take) {
            for (path, item) in more {
                match (paths.get_mut(&path).and_then(Value::as_object_mut), item) {
                    (Some(known), Value::Object(item)) => known.extend(item),
                    (_, item) => {
                        paths.insert(path, item);
                    }
                }
            }
        }
    }
    let (mut tags, mut refusals) = (Vec::<String>::new(), Map::new());
    for (path, item) in &mut paths {
        for (method, operation) in item.as_object_mut().into_iter().flatten() {
            if let Some(operation) = operation.as_object_mut() {
                operation::complete(path, method, operation, &schemas, &mut refusals);
                let own =
                    operation.get("tags").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
                for tag in own {
                    if !tags.iter().any(|known| known == tag) {
                        tags.push(tag.to_owned());
                    }
                }
            }
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Haat",
            "version": env!("CARGO_PKG_VERSION"),
            "description": introduction(),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/", "description": "The tenant whose host serves this page"}],
        "tags": tags.iter().map(|tag| json!({"name": tag})).collect::<Vec<_>>(),
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": refusals,
            "examples": Code::ALL.iter().map(|code| (code.as_str().to_owned(), problem_example(*code))).collect::<Map<_, _>>(),
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "The access token of a login."},
                "refreshCookie": {
                    "type": "apiKey", "in": "cookie", "name": "__Host-Refresh-Token",
                    "description": "The refresh token of a browser that signed in with `\"mode\": \"cookie\"`. No script can read it.",
                },
                "csrfToken": {
                    "type": "apiKey", "in": "header", "name": "X-CSRF-Token",
                    "description": "What the cookie `__Host-X-CSRF-Token` has, repeated by the page: other sites can send cookies but not read them.",
                },
                "tenant": {
                    "type": "apiKey", "in": "header", "name": "X-Tenant",
                    "description": "The tenant's subdomain, for machines without subdomains (such as a local one). Elsewhere the host names the tenant.",
                },
            },
        },
    })
}

/// Adds a schema. Of two different ones that have the same name, readers would get either for both: the one that is kept
/// says so, for [`gaps`] to find.
fn add_schema(schemas: &mut Map<String, Value>, name: String, schema: Value) {
    match schemas.get_mut(&name) {
        Some(known) if *known == schema => {}
        Some(known) => known[AMBIGUOUS] = Value::Bool(true),
        None => drop(schemas.insert(name, schema)),
    }
}

fn own_schemas() -> Map<String, Value> {
    let schema = |schema: RefOr<utoipa::openapi::schema::Schema>| serde_json::to_value(schema).unwrap_or_default();
    Map::from_iter([
        ("Problem".to_owned(), schema(ProblemBody::schema())),
        ("ProblemDocument".to_owned(), schema(ProblemDocument::schema())),
        ("FieldError".to_owned(), schema(FieldError::schema())),
        ("Pagination".to_owned(), schema(crate::reply::Pagination::schema())),
    ])
}

fn problem_example(code: Code) -> Value {
    json!({
        "summary": code.meaning(),
        "value": {
            "success": false,
            "error": code.title(),
            "code": code.as_str(),
            "message": code.title(),
            "statusCode": code.status().as_u16(),
            "path": "/api/v1/…",
            "timestamp": "2026-01-31T08:15:30.123Z",
            "requestId": "req_01JQZX3N9Q5S0V6T7W8Y9Z0ABC",
        },
    })
}

/// Returns what every reader of the document must know, with the table of all codes.
fn introduction() -> String {
    let mut text = String::from(concat!(
        "A multi-tenant marketplace. The host names the tenant; an access token names the caller.\n\n",
        "Every answer is an envelope: `{\"success\": true, \"data\": …}` or `{\"success\": false, \"code\": …, \"message\": …}`. ",
        "With `Accept: application/problem+json` failures come as RFC 9457 problems instead. ",
        "Money is in minor units (`{\"amount\": 129900, \"currency\": \"INR\"}`), times are RFC 3339 in UTC. ",
        "Unknown fields and parameters are refused. Lists are read on with `cursor`, which lives for 24 hours. ",
        "Send `Idempotency-Key` with a POST to make repeats harmless, and `If-Match` with a change to make it conditional.\n\n",
    ));
    text.push_str(&roles());
    text.push_str("\n## Codes\n\nThe same as a page of their own: [docs/errors](docs/errors).\n\n");
    for code in Code::ALL {
        text.push_str(&format!("- `{code}` ({}): {}\n", code.status().as_u16(), code.meaning()));
    }
    text
}

/// Returns the table of roles and what they may do, as the code has it.
fn roles() -> String {
    let mut text = String::from(concat!(
        "## Roles\n\nA person may have several. Besides the role it counts whose an object is: everybody reaches their own ",
        "orders, payments, addresses and files, a seller the products, files and orders of their profile. Nobody changes ",
        "anybody whose role stands above their own, nobody gives a role above their own, and the last owner of a tenant ",
        "stays. The roles from the most powerful down: ",
    ));
    let names = |roles: &mut dyn Iterator<Item = Role>| roles.map(Role::as_str).collect::<Vec<_>>().join(", ");
    text.push_str(&names(&mut Role::ALL.into_iter()));
    text.push_str(concat!(
        ". Superusers are people of the platform, at its own host; no marketplace has any.\n\n",
        "| What one may do | Who may |\n| --- | --- |\n",
    ));
    for permission in Permission::ALL {
        let mut who = Role::ALL.into_iter().filter(|role| role.permissions().contains(&permission));
        text.push_str(&format!("| `{permission:?}`: {} | {} |\n", permission.meaning(), names(&mut who)));
    }
    text
}

/// Returns what is missing in a document: every operation needs a summary, a tag, an access rule, a success and examples,
/// and every schema a name of its own.
pub fn gaps(document: &Value) -> Vec<String> {
    let schemas = document.pointer("/components/schemas").and_then(Value::as_object).into_iter().flatten();
    let ambiguous = schemas.filter(|(_, schema)| schema.get(AMBIGUOUS).is_some());
    let mut gaps: Vec<_> = ambiguous.map(|(name, _)| format!("{name}: two schemas have this name")).collect();
    for (path, item) in document.get("paths").and_then(Value::as_object).into_iter().flatten() {
        for (method, operation) in item.as_object().into_iter().flatten() {
            gaps.extend(
                operation::gaps(operation).into_iter().map(|gap| format!("{} {path}: {gap}", method.to_uppercase())),
            );
        }
    }
    gaps
}
