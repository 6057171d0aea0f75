//! Walks every operation of the API's document as those who may not: nobody, another tenant, another role, another owner.
//!
//! An operation that [`operations::TABLE`] does not know fails the walk, so none can be added without a look at
//! who may call it.

mod operations;
mod world;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use axum::http::{Method, StatusCode};
use domain::access::{Permission, Role};
use harness::client::TestAnswer;
use harness::contract::Contract;
use serde_json::Value;

use operations::{Operation, Stranger};
use world::{Ids, Side, World};

/// An operation of the document.
struct Documented {
    name: String,
    method: Method,
    path: String,
    access: String,
}

/// Who is said to be let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Access {
    /// Anybody, and no tenant is named.
    Anyone,
    /// Anybody, at a tenant.
    Public,
    /// Everybody who is signed in, for their own.
    Caller,
    /// Whose role carries the permission.
    With(Permission),
}

/// Returns the document of the whole API, as the functions make it.
pub(crate) fn document() -> Value {
    web::openapi::merge([
        admin::openapi(),
        auth::openapi(),
        checkout::openapi(),
        files::openapi(),
        listings::openapi(),
        shipping::openapi(),
        webhooks::openapi(),
    ])
}

fn documented() -> Vec<Documented> {
    let document = document();
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        let path = path.strip_prefix(web::BASE_PATH).unwrap().to_owned();
        for (method, operation) in item.as_object().unwrap() {
            let method: Method = method.to_uppercase().parse().unwrap();
            let name = format!("{method} {path}");
            let access =
                operation["x-access"].as_str().unwrap_or_else(|| panic!("{name} does not say who may call it"));
            all.push(Documented { name, method, path: path.clone(), access: access.to_owned() });
        }
    }
    all
}

impl Documented {
    fn access(&self) -> Access {
        match self.access.as_str() {
            "anyone" => Access::Anyone,
            "public" => Access::Public,
            "caller" => Access::Caller,
            other => {
                let all = Role::ALL.iter().flat_map(|role| role.permissions());
                let found = all.copied().find(|permission| format!("{permission:?}") == other);
                Access::With(found.unwrap_or_else(|| panic!("{}: {other} is no permission", self.name)))
            }
        }
    }

    fn operation(&self) -> Operation {
        operations::find(&self.name)
            .unwrap_or_else(|| panic!("{} is missing from the walk: add it to its table", self.name))
    }

    /// Sends the operation at one side, with its ids filled in; without a token as nobody. Whatever comes back must be documented.
    async fn send(&self, side: &Side, ids: &Ids, token: Option<&str>) -> TestAnswer {
        static CONTRACT: LazyLock<Contract> = LazyLock::new(|| Contract::new(document()));
        let operation = self.operation();
        let path = ids.fill(&operation.path_of(&self.path));
        let mut request = side.api.request(self.method.clone(), &path);
        if let Some(token) = token {
            request = request.bearer(token);
        }
        if self.method == Method::POST {
            request = request.header("idempotency-key", side.fresh_key());
        }
        if let Some(body) = operation.body {
            request = request.json(ids.fill_json(&body));
        }
        let answer = request.send().await;
        let faults = CONTRACT.faults_of_answer(&self.method, &format!("{}{path}", web::BASE_PATH), &answer);
        assert!(faults.is_empty(), "{}: {faults:#?}\n{}", self.name, answer.text());
        answer
    }
}

/// What a client can tell one refusal from another by.
fn told(answer: &TestAnswer) -> (StatusCode, Value, Value, Value) {
    let part = |name: &str| answer.body[name].clone();
    (answer.status, part("code"), part("message"), part("errors"))
}

#[test]
fn the_walk_knows_every_operation_and_no_others() {
    let documented: BTreeSet<String> =
        documented().iter().map(|operation| operations::renamed(&operation.name)).collect();
    let known: BTreeSet<String> = operations::TABLE.iter().map(|(name, ..)| (*name).to_owned()).collect();
    let missing: Vec<_> = documented.difference(&known).collect();
    let gone: Vec<_> = known.difference(&documented).collect();
    assert!(
        missing.is_empty() && gone.is_empty(),
        "missing from the walk: {missing:?}; no longer in the API: {gone:?}"
    );
}

#[tokio::test]
async fn nobody_gets_in_where_somebody_must_be_known() {
    let world = World::build().await;
    for operation in documented() {
        // With made-up ids: what is open to all may be used up by asking, such as a refresh token.
        let answer = operation.send(&world.home, &world.made_up, None).await;
        match operation.access() {
            Access::Anyone | Access::Public => {
                let code = answer.body["code"].as_str().unwrap_or_default();
                let asked = ["UNAUTHENTICATED", "INVALID_TOKEN", "FORBIDDEN"].contains(&code);
                assert!(!asked && !answer.status.is_server_error(), "{}: {}", operation.name, answer.text());
            }
            Access::Caller | Access::With(_) => {
                let refused = (answer.status, answer.body["code"].as_str());
                assert_eq!(refused, (StatusCode::UNAUTHORIZED, Some("UNAUTHENTICATED")), "{}", operation.name);
            }
        }
        if operation.access() != Access::Anyone {
            let answer = operation.send(&world.nowhere, &world.ids, Some(&world.owner.token)).await;
            let refused = (answer.status, answer.body["code"].as_str());
            assert_eq!(refused, (StatusCode::NOT_FOUND, Some("TENANT_NOT_FOUND")), "{}", operation.name);
        }
    }
    world.is_as_it_was().await;
}

#[tokio::test]
async fn another_tenants_people_find_nothing() {
    let world = World::build().await;
    for operation in documented() {
        if operation.access() == Access::Anyone {
            continue;
        }
        // At this tenant's door with a token of another one.
        if operation.access() != Access::Public {
            let answer = operation.send(&world.home, &world.ids, Some(&world.foreigner.token)).await;
            let refused = (answer.status, answer.body["code"].as_str());
            assert_eq!(refused, (StatusCode::FORBIDDEN, Some("TENANT_MISMATCH")), "{}", operation.name);
        }
        // At their own door with this tenant's ids: as if they had made them up.
        if operation.operation().names_an_object(&operation.path) {
            let foreign = operation.send(&world.away, &world.ids, Some(&world.foreigner.token)).await;
            let made_up = operation.send(&world.away, &world.made_up, Some(&world.foreigner.token)).await;
            assert!(foreign.status.is_client_error(), "{}: {}", operation.name, foreign.text());
            assert_eq!(told(&foreign), told(&made_up), "{}", operation.name);
        }
    }
    world.is_as_it_was().await;
}

#[tokio::test]
async fn a_role_without_the_permission_is_refused() {
    let world = World::build().await;
    let mut people = Vec::new();
    for role in Role::ALL {
        people.push((role, world.person(&[role]).await));
    }
    for operation in documented() {
        let Access::With(permission) = operation.access() else { continue };
        for (role, person) in people.iter().filter(|(role, _)| !role.permissions().contains(&permission)) {
            let answer = operation.send(&world.home, &world.ids, Some(&person.token)).await;
            let refused = (answer.status, answer.body["code"].as_str());
            assert_eq!(
                refused,
                (StatusCode::FORBIDDEN, Some("FORBIDDEN")),
                "{} as {role:?}: {}",
                operation.name,
                answer.text()
            );
            assert!(answer.body.get("data").is_none());
        }
    }
    world.is_as_it_was().await;
}

#[tokio::test]
async fn what_belongs_to_another_owner_is_not_there() {
    let world = World::build().await;
    for operation in documented() {
        if matches!(operation.access(), Access::Anyone | Access::Public) {
            continue;
        }
        if operation.operation().names_an_object(&operation.path) {
            let theirs = operation.send(&world.home, &world.ids, Some(&world.stranger.token)).await;
            let made_up = operation.send(&world.home, &world.made_up, Some(&world.stranger.token)).await;
            match operation.operation().stranger {
                Stranger::FindsNothing => {
                    assert!(theirs.status.is_client_error(), "{}: {}", operation.name, theirs.text());
                    assert_eq!(told(&theirs), told(&made_up), "{}", operation.name);
                }
                Stranger::MayLookOnly => {
                    let refused = (theirs.status, theirs.body["code"].as_str());
                    assert_eq!(refused, (StatusCode::FORBIDDEN, Some("FORBIDDEN")), "{}", operation.name);
                }
                Stranger::Uses => assert!(theirs.status.is_success(), "{}: {}", operation.name, theirs.text()),
            }
        } else if operation.method == Method::GET {
            // A list or an own object: nothing of the owner is in it.
            let answer = operation.send(&world.home, &world.ids, Some(&world.stranger.token)).await;
            let text = answer.text();
            let leaked = world.ids.private().find(|id| text.contains(id.as_str()));
            assert_eq!(leaked, None, "{}: {text}", operation.name);
        }
    }
    world.is_as_it_was().await;
}
