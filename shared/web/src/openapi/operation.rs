//! Completes one operation of the document.

use std::collections::{BTreeMap, BTreeSet};

use domain::access::{Permission, Role};
use serde_json::{Map, Value, json};

use super::example;
use crate::code::Code;
use crate::limits;

/// The extension of a response in which [`super::Of`] leaves its codes.
pub(super) const CODES: &str = "x-codes";
/// Where refusals are kept. The names are their codes, so that a joined document can be joined again.
const REFUSALS: &str = "#/components/responses/";
const SEPARATOR: &str = ".";
const ACCESS: &str = "x-access";
const ROLES: &str = "x-roles";

type Operation = Map<String, Value>;

/// Adds what follows from what the operation says of itself. Its refusals go into `refusals`, because most
/// operations have the same ones.
pub(super) fn complete(
    path: &str,
    method: &str,
    operation: &mut Operation,
    schemas: &Map<String, Value>,
    refusals: &mut Map<String, Value>,
) {
    let access = operation.get(ACCESS).and_then(Value::as_str).unwrap_or_default().to_owned();
    say_who(operation, &access);
    name(path, method, operation);
    let codes = codes(path, operation, &access);
    let responses = operation.entry("responses").or_insert_with(|| json!({}));
    if let Some(responses) = responses.as_object_mut() {
        for (status, codes) in by_status(&codes) {
            let name = codes.iter().map(|code| code.as_str()).collect::<Vec<_>>().join(SEPARATOR);
            responses.insert(status, json!({"$ref": format!("{REFUSALS}{name}")}));
            refusals.entry(name).or_insert_with(|| refusal(&codes));
        }
        for (_, response) in responses.iter_mut().filter(|(status, _)| status.starts_with('2')) {
            fill_examples(response, schemas);
        }
    }
    if let Some(body) = operation.get_mut("requestBody") {
        fill_examples(body, schemas);
    }
}

/// Gives the operation an id that is unique over all functions: handlers are called after verbs and repeat.
fn name(path: &str, method: &str, operation: &mut Operation) {
    let words = path
        .trim_start_matches(crate::BASE_PATH)
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty());
    let id = words.fold(method.to_owned(), |mut id, word| {
        let mut letters = word.chars();
        id.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        id.push_str(letters.as_str());
        id
    });
    operation.insert("operationId".to_owned(), Value::String(id));
}

/// Tells whether a header can stand for a session: the token of an anonymous cart.
fn takes_a_cart_token(operation: &Operation) -> bool {
    let parameters = operation.get("parameters").and_then(Value::as_array);
    parameters.into_iter().flatten().any(|parameter| {
        let name = parameter.get("name").and_then(Value::as_str).unwrap_or_default();
        name.eq_ignore_ascii_case("X-Cart-Token")
    })
}

fn say_who(operation: &mut Operation, access: &str) {
    let permission = permission(access);
    let roles: Vec<String> = permission.map(roles).unwrap_or_default();
    let who = match access {
        "anyone" => "**Who:** anyone.".to_owned(),
        "public" => "**Who:** anyone; the tenant is named by the host.".to_owned(),
        "caller" => "**Who:** any signed-in user, for what is their own.".to_owned(),
        _ if takes_a_cart_token(operation) => {
            format!("**Who:** {}, or whoever shows the token of an anonymous cart.", roles.join(", "))
        }
        _ => format!("**Who:** {}.", roles.join(", ")),
    };
    let description = operation.get("description").and_then(Value::as_str).unwrap_or_default();
    if !description.contains("**Who:**") {
        let description = format!("{description}\n\n{who}");
        operation.insert("description".to_owned(), Value::String(description.trim().to_owned()));
    }
    if permission.is_some() {
        operation.insert(ROLES.to_owned(), json!(roles));
    }
    let security = security(operation, access);
    operation.insert("security".to_owned(), Value::Array(security));
}

/// Lists what a caller may show: what follows from who may call, then what the operation itself takes beside or instead of it, such
/// as a cookie. Each goes with the tenant's name too, for machines without subdomains.
fn security(operation: &Operation, access: &str) -> Vec<Value> {
    let own = operation.get("security").and_then(Value::as_array).into_iter().flatten();
    let own = own.filter(|shown| shown.get("bearer").is_none() && shown.get("tenant").is_none()).cloned();
    let mut shown: Vec<Value> = match access {
        "anyone" => return Vec::new(),
        "public" => own.collect(),
        _ => [json!({"bearer": []})].into_iter().chain(own).collect(),
    };
    if takes_a_cart_token(operation) || shown.is_empty() {
        shown.push(json!({}));
    }
    let mut all: Vec<Value> = Vec::new();
    for one in shown {
        let mut with_tenant = one.clone();
        if let Some(names) = with_tenant.as_object_mut() {
            names.insert("tenant".to_owned(), json!([]));
        }
        // A document that is joined again has them already.
        for shown in [one, with_tenant] {
            if !all.contains(&shown) {
                all.push(shown);
            }
        }
    }
    all
}

fn permission(access: &str) -> Option<Permission> {
    let all = Role::ALL.iter().flat_map(|role| role.permissions());
    all.copied().find(|permission| format!("{permission:?}") == access)
}

fn roles(permission: Permission) -> Vec<String> {
    let carriers = Role::ALL.iter().filter(|role| role.permissions().contains(&permission));
    carriers.filter_map(|role| serde_json::to_value(role).ok()?.as_str().map(str::to_owned)).collect()
}

/// Gathers the operation's own codes and those of the edge.
fn codes(path: &str, operation: &Operation, access: &str) -> BTreeSet<Code> {
    // Any operation refuses parameters that it does not know.
    let mut codes = BTreeSet::from([Code::ValidationFailed, Code::Internal, Code::Unavailable, Code::Timeout]);
    for (_, response) in operation.get("responses").and_then(Value::as_object).into_iter().flatten() {
        let named = response.get("$ref").and_then(Value::as_str).and_then(|path| path.strip_prefix(REFUSALS));
        let listed = response.get(CODES).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        let own = named.into_iter().flat_map(|name| name.split(SEPARATOR)).chain(listed);
        codes.extend(own.filter_map(|text| Code::ALL.iter().find(|code| code.as_str() == text)));
    }
    if access != "anyone" {
        codes.insert(Code::TenantNotFound);
    }
    // What is open to anyone is counted too, where a tenant is named.
    if !limits::is_free(path) {
        codes.insert(Code::RateLimited);
    }
    if !matches!(access, "anyone" | "public") {
        codes.extend([
            Code::Unauthenticated,
            Code::InvalidToken,
            Code::TokenExpired,
            Code::SessionEnded,
            Code::TenantMismatch,
        ]);
        if access != "caller" {
            codes.extend([Code::Forbidden, Code::MfaEnrolmentRequired]);
        }
    }
    if path.contains('{') {
        codes.insert(Code::NotFound);
    }
    if operation.contains_key("requestBody") {
        codes.extend([Code::MalformedBody, Code::BodyTooLarge, Code::UnsupportedMediaType]);
    }
    for parameter in operation.get("parameters").and_then(Value::as_array).into_iter().flatten() {
        let text = |field: &str| parameter.get(field).and_then(Value::as_str).unwrap_or_default();
        match (text("in"), text("name")) {
            ("query", "cursor") => {
                codes.insert(Code::InvalidCursor);
            }
            ("header", "Idempotency-Key") => {
                codes.extend([Code::InProgress, Code::IdempotencyMismatch]);
                let required = parameter.get("required").and_then(Value::as_bool).unwrap_or(false);
                codes.extend(required.then_some(Code::IdempotencyKeyRequired));
            }
            ("header", "If-Match") => {
                codes.extend([Code::VersionMismatch, Code::Conflict]);
            }
            _ => {}
        }
    }
    codes
}

fn by_status(codes: &BTreeSet<Code>) -> BTreeMap<String, Vec<Code>> {
    let mut by_status: BTreeMap<String, Vec<Code>> = BTreeMap::new();
    for code in codes {
        by_status.entry(code.status().as_str().to_owned()).or_default().push(*code);
    }
    by_status
}

fn refusal(codes: &[Code]) -> Value {
    let names: Vec<&str> = codes.iter().map(|code| code.as_str()).collect();
    let description: Vec<String> = codes.iter().map(|code| format!("`{code}`: {}", code.meaning())).collect();
    let example = |name: &&str| ((*name).to_owned(), json!({"$ref": format!("#/components/examples/{name}")}));
    json!({
        "description": description.join("\n\n"),
        "content": {
            "application/json": {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "examples": names.iter().map(example).collect::<Map<_, _>>(),
            },
            "application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemDocument"}},
        },
        CODES: names,
    })
}

fn fill_examples(holder: &mut Value, schemas: &Map<String, Value>) {
    for (_, content) in holder.get_mut("content").and_then(Value::as_object_mut).into_iter().flatten() {
        let Some(content) = content.as_object_mut() else { continue };
        if !content.contains_key("example") && !content.contains_key("examples") {
            let example = content.get("schema").map(|schema| example::of(schema, schemas));
            content.extend(example.map(|example| ("example".to_owned(), example)));
        }
    }
}

/// Returns what an operation fails to say.
pub(super) fn gaps(operation: &Value) -> Vec<&'static str> {
    let mut gaps = Vec::new();
    let text = |field: &str| operation.get(field).and_then(Value::as_str).unwrap_or_default();
    if text("summary").is_empty() {
        gaps.push("no summary");
    }
    if operation.get("tags").and_then(Value::as_array).is_none_or(Vec::is_empty) {
        gaps.push("no tag");
    }
    let access = text(ACCESS);
    if !matches!(access, "anyone" | "public" | "caller") && permission(access).is_none() {
        gaps.push("x-access must be anyone, public, caller or the name of a permission");
    }
    let responses = operation.get("responses").and_then(Value::as_object);
    let successes: Vec<_> = responses
        .into_iter()
        .flatten()
        .filter(|(status, _)| status.starts_with('2') || status.starts_with('3'))
        .collect();
    if successes.is_empty() {
        gaps.push("no success");
    }
    let has_example = |holder: &Value| {
        let mut contents = holder.get("content").and_then(Value::as_object).into_iter().flatten();
        contents.all(|(_, content)| {
            content.get("example").is_some_and(|example| !example.is_null()) || content.get("examples").is_some()
        })
    };
    if !successes.iter().all(|(_, response)| has_example(response))
        || !operation.get("requestBody").is_none_or(has_example)
    {
        gaps.push("no example");
    }
    gaps
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(operation: &Value, access: &str) -> Vec<Value> {
        let mut operation = operation.as_object().cloned().unwrap();
        let once = security(&operation, access);
        operation.insert("security".to_owned(), Value::Array(once.clone()));
        assert_eq!(security(&operation, access), once, "joined again");
        once
    }

    #[test]
    fn what_is_shown_follows_from_who_may_call_and_what_the_operation_takes_besides() {
        let plain = json!({});
        assert_eq!(shown(&plain, "anyone"), Vec::<Value>::new());
        assert_eq!(shown(&plain, "public"), [json!({}), json!({"tenant": []})]);
        let bearer = [json!({"bearer": []}), json!({"bearer": [], "tenant": []})];
        assert_eq!(shown(&plain, "caller"), bearer);
        assert_eq!(shown(&plain, "ReadUsers"), bearer);
        let cart = json!({"parameters": [{"in": "header", "name": "X-Cart-Token"}]});
        assert_eq!(shown(&cart, "ManageCart"), [&bearer[..], &[json!({}), json!({"tenant": []})]].concat());
        let cookie = json!({"security": [{"refreshCookie": [], "csrfToken": []}]});
        let by_cookie = [
            json!({"refreshCookie": [], "csrfToken": []}),
            json!({"refreshCookie": [], "csrfToken": [], "tenant": []}),
        ];
        assert_eq!(shown(&cookie, "caller"), [&bearer[..], &by_cookie[..]].concat());
        assert_eq!(shown(&cookie, "public"), by_cookie, "it takes nothing else");
    }
}
