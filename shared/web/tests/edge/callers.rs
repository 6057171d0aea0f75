//! Who a request is for, and who makes it.

use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::time::Duration;

use domain::access::Role;
use domain::id::ProductId;
use domain::tenant::TenantStatus;
use harness::client::TestClient;
use http::StatusCode;
use platform::tokens::{AccessClaims, SigningKey};

use crate::function::{Api, router};

#[tokio::test]
async fn the_host_names_the_tenant() {
    let api = Api::open().await;
    let client = TestClient::of_router(router(api.stack.edge(), Arc::new(AtomicU32::new(0))));
    let host = format!("{}.haat.test:443", api.tenant.tenant.subdomain);
    client.get("/things").header("host", host).send().await;
    let answer =
        client.get("/things").header("host", format!("{}.haat.test", api.tenant.tenant.subdomain)).send().await;
    answer.data(StatusCode::OK);
    for host in ["haat.test", "nobody.haat.test", "www.haat.test", "a.b.haat.test", "evil.example"] {
        client.get("/things").header("host", host).send().await.refused(StatusCode::NOT_FOUND, "TENANT_NOT_FOUND");
    }
    client.get("/things").send().await.refused(StatusCode::NOT_FOUND, "TENANT_NOT_FOUND");
}

#[tokio::test]
async fn the_header_names_the_tenant_only_where_that_is_allowed() {
    let api = Api::open_with(|config| config.allow_tenant_header = false).await;
    api.client.get("/things").send().await.refused(StatusCode::NOT_FOUND, "TENANT_NOT_FOUND");
}

#[tokio::test]
async fn a_suspended_tenant_answers_as_if_it_did_not_exist() {
    let api = Api::open().await;
    let closed = api.stack.tenant_with(|tenant| tenant.status = TenantStatus::Suspended).await;
    let answer = api.client.get("/things").header("x-tenant", closed.id().to_string()).send().await;
    answer.refused(StatusCode::NOT_FOUND, "TENANT_NOT_FOUND");
    let member = closed.member(&[Role::Owner]).await;
    let answer = api.client.get("/who").header("x-tenant", closed.id().to_string()).bearer(&member.token).send().await;
    answer.refused(StatusCode::NOT_FOUND, "TENANT_NOT_FOUND");
}

#[tokio::test]
async fn a_tenant_is_looked_up_once_a_minute() {
    let api = Api::open().await;
    let read = || api.client.get("/things").send();
    assert_eq!(read().await.round_trips(), 2);
    assert_eq!(read().await.round_trips(), 0);
    api.stack.clock.advance(Duration::from_secs(61));
    assert_eq!(read().await.round_trips(), 2);
}

#[tokio::test]
async fn a_signed_in_read_takes_one_round_trip() {
    let api = Api::open().await;
    let member = api.tenant.member(&[Role::Customer]).await;
    let read = || api.client.get("/who").bearer(&member.token).send();
    read().await.data(StatusCode::OK);
    let answer = read().await;
    assert_eq!(answer.data(StatusCode::OK)["name"], member.user.id.to_string());
    assert_eq!(answer.round_trips(), 1);
}

#[tokio::test]
async fn without_a_usable_token_nobody_comes_in() {
    let api = Api::open().await;
    let answer = api.client.get("/who").send().await;
    answer.refused(StatusCode::UNAUTHORIZED, "UNAUTHENTICATED");
    assert_eq!(answer.header("www-authenticate"), "Bearer");
    let member = api.tenant.member(&[]).await;
    let broken = format!("{}x", member.token);
    for value in ["Bearer", "Bearer ", "Basic dXNlcjpwYXNz", "Bearer a.b.c", &format!("Bearer {broken}"), &member.token]
    {
        let answer = api.client.get("/who").header("authorization", value).send().await;
        answer.refused(StatusCode::UNAUTHORIZED, "INVALID_TOKEN");
        assert_eq!(answer.header("www-authenticate"), "Bearer error=\"invalid_token\"");
    }
}

#[tokio::test]
async fn who_shows_no_token_is_refused_before_anything_is_read_or_counted() {
    let api = Api::open().await;
    let client = api.client.clone().at_ip("192.0.2.1");
    for request in [client.get("/who"), client.post("/act"), client.post("/pay"), client.get("/missing")] {
        // The process has seen nothing yet, not even the tenant.
        let answer = request.send().await;
        answer.refused(StatusCode::UNAUTHORIZED, "UNAUTHENTICATED");
        assert_eq!((answer.round_trips(), answer.header("ratelimit-limit")), (0, ""));
    }
    let answer = client.post("/act").header("authorization", "Basic dXNlcjpwYXNz").send().await;
    answer.refused(StatusCode::UNAUTHORIZED, "INVALID_TOKEN");
    assert_eq!(answer.round_trips(), 0);
    assert!(api.tenant.stored("RL#").await.is_empty());
    // Nor is it told what else is wrong.
    let answer = client.get("/who?nonsense=1").send().await;
    answer.refused(StatusCode::UNAUTHORIZED, "UNAUTHENTICATED");
}

#[tokio::test]
async fn a_token_signed_by_a_key_of_nobody_is_refused_and_keys_are_read_once_a_minute() {
    let api = Api::open().await;
    let member = api.tenant.member(&[]).await;
    api.client.get("/who").bearer(&member.token).send().await.data(StatusCode::OK);
    let stranger = SigningKey::generate().unwrap();
    let claims = AccessClaims::issue(
        harness::member::ISSUER,
        api.tenant.id(),
        member.user.id,
        member.session,
        vec![],
        api.stack.ambient(),
    );
    let forged = stranger.sign(&claims).unwrap();
    for _ in 0..3 {
        let answer = api.client.get("/who").bearer(&forged).send().await;
        answer.refused(StatusCode::UNAUTHORIZED, "INVALID_TOKEN");
        assert_eq!(answer.round_trips(), 0);
    }
}

#[tokio::test]
async fn an_expired_token_is_told_apart_so_that_clients_refresh_it() {
    let api = Api::open().await;
    let member = api.tenant.member(&[]).await;
    api.stack.clock.advance(Duration::from_secs(15 * 60 + 6));
    api.client.get("/who").bearer(&member.token).send().await.refused(StatusCode::UNAUTHORIZED, "TOKEN_EXPIRED");
}

#[tokio::test]
async fn a_token_of_another_tenant_is_refused_before_anything_is_read() {
    let api = Api::open().await;
    let other = api.stack.tenant().await;
    let member = other.member(&[Role::Owner]).await;
    let answer = api.client.get("/who").bearer(&member.token).send().await;
    answer.refused(StatusCode::FORBIDDEN, "TENANT_MISMATCH");
}

#[tokio::test]
async fn an_ended_session_is_over_with_the_next_request() {
    let api = Api::open().await;
    let member = api.tenant.member(&[Role::Customer]).await;
    api.client.post("/act").bearer(&member.token).send().await.data(StatusCode::OK);
    api.stack.store().end_session(&api.tenant.operation(), member.session).await.unwrap();
    for request in [api.client.post("/act"), api.client.get("/who"), api.client.get("/missing")] {
        // The session decides before the read does: a missing object is not told to who is signed out.
        request.bearer(&member.token).send().await.refused(StatusCode::UNAUTHORIZED, "SESSION_ENDED");
    }
}

#[tokio::test]
async fn a_bad_id_answers_as_a_missing_object_does() {
    let api = Api::open().await;
    for id in ["x", "prd_1", "usr_01ARZ3NDEKTSV4RRFFQ69G5FAV", "%00", "prd_01ARZ3NDEKTSV4RRFFQ69G5FAV%20"] {
        api.client.get(&format!("/things/{id}")).send().await.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
    }
    let id = api.stack.ambient().id::<ProductId>();
    api.client.get(&format!("/things/{id}")).send().await.data(StatusCode::OK);
}
