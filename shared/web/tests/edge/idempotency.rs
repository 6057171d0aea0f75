//! Requests that are repeated on purpose.

use std::time::Duration;

use domain::access::Role;
use http::StatusCode;
use serde_json::json;

use crate::function::Api;

#[tokio::test]
async fn a_repeat_gets_the_first_answer_and_has_no_effect() {
    let api = Api::open().await;
    let make = || api.client.post("/things").header("idempotency-key", "k1").json(json!({"name": "a", "quantity": 1}));
    let first = make().send().await;
    first.data(StatusCode::CREATED);
    assert_eq!(first.header("idempotent-replayed"), "");
    let again = make().send().await;
    assert_eq!((again.status, &again.bytes), (first.status, &first.bytes));
    assert_eq!(again.header("idempotent-replayed"), "true");
    assert_eq!((again.header("location"), again.header("etag")), (first.header("location"), first.header("etag")));
    assert_eq!(api.effects(), 1);
}

#[tokio::test]
async fn a_key_used_for_another_body_is_refused() {
    let api = Api::open().await;
    let make = |quantity: u32| {
        let request = api.client.post("/things").header("idempotency-key", "k1");
        request.json(json!({"name": "a", "quantity": quantity})).send()
    };
    make(1).await.data(StatusCode::CREATED);
    make(2).await.refused(StatusCode::UNPROCESSABLE_ENTITY, "IDEMPOTENCY_MISMATCH");
    assert_eq!(api.effects(), 1);
}

#[tokio::test]
async fn of_parallel_requests_one_takes_effect_and_the_others_wait() {
    let api = Api::open().await;
    let make = || {
        let request = api.client.post("/things").header("idempotency-key", "k1");
        tokio::spawn(request.json(json!({"name": "slow", "quantity": 1})).send())
    };
    let running: Vec<_> = (0..8).map(|_| make()).collect();
    let mut created = 0;
    for answer in running {
        let answer = answer.await.unwrap();
        if answer.status == StatusCode::CREATED {
            created += u32::from(answer.header("idempotent-replayed").is_empty());
        } else {
            answer.refused(StatusCode::CONFLICT, "IN_PROGRESS");
            assert_eq!(answer.header("retry-after"), "1");
        }
    }
    assert_eq!((created, api.effects()), (1, 1));
}

#[tokio::test]
async fn a_refused_request_leaves_its_key_free() {
    let api = Api::open().await;
    let make = |name: &str| {
        api.client.post("/things").header("idempotency-key", "k1").json(json!({"name": name, "quantity": 1})).send()
    };
    make("gone").await.refused(StatusCode::CONFLICT, "OUT_OF_STOCK");
    make("here").await.data(StatusCode::CREATED);
}

#[tokio::test]
async fn where_money_moves_a_key_is_required() {
    let api = Api::open().await;
    let member = api.tenant.member(&[Role::Customer]).await;
    let pay = || api.client.post("/pay").bearer(&member.token);
    let answer = pay().send().await;
    answer.refused(StatusCode::BAD_REQUEST, "IDEMPOTENCY_KEY_REQUIRED");
    for bad in ["", &"k".repeat(256), "with space"] {
        let answer = pay().header("idempotency-key", bad).send().await;
        answer.refused(StatusCode::BAD_REQUEST, "VALIDATION_FAILED");
        assert_eq!(answer.fields(), ["Idempotency-Key"]);
    }
    pay().header("idempotency-key", "k".repeat(255)).send().await.data(StatusCode::OK);
    assert_eq!(api.effects(), 1);
}

#[tokio::test]
async fn keys_of_two_users_and_of_two_tenants_never_meet() {
    let api = Api::open().await;
    let other = api.stack.tenant().await;
    for member in [api.tenant.member(&[Role::Customer]).await, api.tenant.member(&[Role::Customer]).await] {
        let answer = api.client.post("/pay").bearer(&member.token).header("idempotency-key", "same").send().await;
        assert_eq!(answer.header("idempotent-replayed"), "");
    }
    let member = other.member(&[Role::Customer]).await;
    let request = api.client.post("/pay").bearer(&member.token).header("x-tenant", other.id().to_string());
    request.header("idempotency-key", "same").send().await.data(StatusCode::OK);
    assert_eq!(api.effects(), 3);
}

#[tokio::test]
async fn an_answer_is_forgotten_after_a_day() {
    let api = Api::open().await;
    let make =
        || api.client.post("/things").header("idempotency-key", "k1").json(json!({"name": "a", "quantity": 1})).send();
    make().await.data(StatusCode::CREATED);
    api.stack.clock.advance(Duration::from_secs(24 * 60 * 60 + 31));
    assert_eq!(make().await.header("idempotent-replayed"), "");
    assert_eq!(api.effects(), 2);
}
