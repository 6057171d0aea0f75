//! A second factor and other identity providers, on the deployed stack: with the real clock, and keys read over HTTP.

use std::time::Duration;

use axum::http::StatusCode;
use domain::access::Role;
use harness::authenticator::App;
use harness::client::TestClient;
use harness::oidc::{Flavour, Wish, token_of};
use harness::shop::PASSWORD;
use harness::stack::{Stack, TestTenant};
use platform::config::Env;
use serde_json::{Value, json};

const CLIENT: &str = "haat-demo";
const NONCE: &str = "n-0S6_WzA2Mj";

/// Opens a tenant whose owners need a second factor.
async fn tenant() -> (TestTenant, TestClient) {
    let stack = Stack::deployed().await;
    let tenant = stack.tenant_with(|tenant| {
        tenant.settings.mfa_required_roles = vec![Role::Owner];
        tenant.settings.google_client_ids = vec![CLIENT.to_owned()];
        tenant.settings.microsoft_client_ids = vec![CLIENT.to_owned()];
    });
    let tenant = tenant.await;
    let url = Env::process().text("HAAT_TEST_API_URL").unwrap();
    let api = TestClient::of_url(&url).tenant(tenant.id());
    (tenant, api)
}

fn text(data: &Value, name: &str) -> String {
    data[name].as_str().unwrap_or_else(|| panic!("no {name} in {data}")).to_owned()
}

#[tokio::test]
async fn an_owner_who_needs_a_second_factor_sets_it_up_and_gets_on() {
    let (tenant, api) = tenant().await;
    let email = tenant.member_with_password(&[Role::Owner], PASSWORD).await;
    let log_in = async || {
        let body = json!({"email": email, "password": PASSWORD});
        api.post("/auth/login").json(body).send().await.data(StatusCode::OK).clone()
    };
    let token = text(&log_in().await, "accessToken");
    let settings = api.get("/admin/settings").bearer(&token).send().await;
    settings.refused(StatusCode::FORBIDDEN, "MFA_ENROLMENT_REQUIRED");

    let shown = api.post("/auth/mfa/setup").bearer(&token).send().await;
    let app = App::scan(&text(shown.data(StatusCode::OK), "otpauthUri"));
    let now = tenant.stack.now();
    let code = json!({"code": app.code(now)});
    api.post("/auth/mfa/verify").bearer(&token).json(code).send().await.data(StatusCode::OK);
    // On the next request, with the same token.
    api.get("/admin/settings").bearer(&token).send().await.data(StatusCode::OK);

    let question = log_in().await;
    assert!(question["mfaRequired"] == true && question.get("accessToken").is_none());
    let body = json!({
        "challengeToken": question["challengeToken"],
        // Of a moment later at the least: this one's code was used.
        "code": app.code(tenant.stack.now().max(now.plus(Duration::from_secs(30)))),
        "deviceName": "Owner's laptop",
    });
    let answer = api.post("/auth/mfa/challenge").json(body).send().await;
    let token = text(answer.data(StatusCode::OK), "accessToken");
    api.get("/admin/settings").bearer(&token).send().await.data(StatusCode::OK);
}

#[tokio::test]
async fn google_and_microsoft_let_people_in_through_the_deployed_function() {
    let (_, api) = tenant().await;
    let stand_ins = Env::process().text("HAAT_TEST_STANDIN_URL").unwrap();
    let come = async |path: &str, flavour: Flavour, email: &str| {
        let wish = Wish::of(json!({"aud": CLIENT, "nonce": NONCE, "email": email}));
        let body = json!({"idToken": token_of(&stand_ins, flavour, &wish).await, "nonce": NONCE});
        api.post(path).json(body).send().await
    };
    for (path, flavour, email) in [
        ("/auth/google", Flavour::Google, "asha@example.com"),
        ("/auth/microsoft", Flavour::Microsoft, "rao@example.com"),
    ] {
        let first = text(come(path, flavour, email).await.data(StatusCode::OK), "accessToken");
        let again = text(come(path, flavour, email).await.data(StatusCode::OK), "accessToken");
        let me = api.get("/auth/me").bearer(&first).send().await;
        assert_eq!(me.data(StatusCode::OK)["email"], email);
        let same = api.get("/auth/me").bearer(&again).send().await;
        assert_eq!(same.data(StatusCode::OK)["id"], me.data(StatusCode::OK)["id"]);
    }
    // Microsoft vouches for no address, so it opens nobody else's account.
    let taken = Wish::of(json!({
        "aud": CLIENT, "nonce": NONCE, "email": "asha@example.com", "oid": "11111111-0000-0000-66f3-3332eca7ea81",
    }));
    let body = json!({"idToken": token_of(&stand_ins, Flavour::Microsoft, &taken).await, "nonce": NONCE});
    let refused = api.post("/auth/microsoft").json(body).send().await;
    refused.refused(StatusCode::UNPROCESSABLE_ENTITY, "IDENTITY_NOT_LINKED");
}
