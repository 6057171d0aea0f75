//! What registration and sign-in make of AWS's bad days.

use std::time::{Duration, Instant};

use harness::client::{TestAnswer, TestClient};
use harness::weather::{KEYS, TABLE, TRANSACTIONS, Weather};
use http::StatusCode;
use platform::objects::Objects;
use platform::oidc::IdTokens;
use platform::passwords::Passwords;
use serde_json::json;

use crate::State;
use crate::test_support::{PASSWORD, Shop};

/// The function as it has just started, out in the weather.
fn outdoors(shop: &Shop, weather: &Weather) -> TestClient {
    let ambient = shop.stack.ambient();
    let passwords = Passwords::new(8, 1, ambient.clone()).unwrap();
    let id_tokens = IdTokens::new("http://127.0.0.1:9", "http://127.0.0.1:9", ambient.clone());
    let files = Objects::new(shop.stack.s3(), &shop.stack.names.files_bucket, ambient.clone());
    shop.tenant.client(crate::router(State::new(weather.edge(&shop.stack), passwords, id_tokens, files)))
}

async fn register(function: &TestClient, email: &str) -> TestAnswer {
    let body = json!({
        "email": email, "password": PASSWORD, "firstName": "Quetzalcoatlus", "lastName": "Rao", "phone": "+919876500042",
    });
    function.post("/auth/register").json(body).send().await
}

async fn log_in(function: &TestClient, email: &str) -> TestAnswer {
    function.post("/auth/login").json(json!({"email": email, "password": PASSWORD})).send().await
}

fn is_unavailable(answer: &TestAnswer) {
    answer.refused(StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE");
    assert!(answer.header("retry-after").parse::<u32>().is_ok(), "{:?}", answer.headers);
}

/// Everything of the tenant that is stored, but for what only limits requests.
async fn stored(shop: &Shop) -> Vec<String> {
    let rows = shop.tenant.stored("").await.into_iter();
    let kept = rows.filter(|row| !["RL#", "TRY#"].iter().any(|kind| row["pk"].as_str().unwrap().contains(kind)));
    kept.map(|row| row.to_string()).collect()
}

#[tokio::test]
async fn without_the_key_service_nothing_is_stored_in_the_clear_and_nobody_is_lost() {
    let shop = Shop::open().await;
    let known = shop.customer().await;
    let weather = Weather::before(&shop.stack).await;
    let function = outdoors(&shop, &weather);
    let email = shop.new_email();
    let before = stored(&shop).await.len();
    weather.storm(KEYS, u32::MAX);
    is_unavailable(&register(&function, &email).await);
    is_unavailable(&log_in(&function, &known.email).await);
    assert!(weather.clear() > 0);
    let after = stored(&shop).await;
    assert_eq!(after.len(), before, "nothing was written");
    assert!(after.iter().all(|row| !row.contains("Quetzalcoatlus")));

    // The same requests do their work once the keys are back: there is no half account in the way.
    register(&function, &email).await.data(StatusCode::ACCEPTED);
    log_in(&function, &email).await.data(StatusCode::OK);
    log_in(&function, &known.email).await.data(StatusCode::OK);

    // With its keys at hand a function goes on for as long as it may keep them.
    weather.storm(KEYS, u32::MAX);
    log_in(&function, &email).await.data(StatusCode::OK);
    shop.stack.clock.advance(Duration::from_secs(5 * 60 + 1));
    is_unavailable(&log_in(&function, &email).await);
    weather.clear();
    log_in(&function, &email).await.data(StatusCode::OK);
}

#[tokio::test]
async fn a_throttled_table_is_asked_again_and_then_the_answer_is_to_come_back() {
    let shop = Shop::open().await;
    let weather = Weather::before(&shop.stack).await;
    let function = outdoors(&shop, &weather);
    let email = shop.new_email();
    // Warm, so that the storm meets the requests and not the reading of the tenant.
    log_in(&function, &email).await.refused(StatusCode::UNAUTHORIZED, "INVALID_CREDENTIALS");

    weather.storm(TABLE, 2);
    register(&function, &email).await.data(StatusCode::ACCEPTED);
    assert_eq!(weather.clear(), 2);
    weather.storm(TRANSACTIONS, 2);
    log_in(&function, &email).await.data(StatusCode::OK);
    assert_eq!(weather.clear(), 2);

    let (other, before) = (shop.new_email(), stored(&shop).await);
    weather.storm(TABLE, u32::MAX);
    let started = Instant::now();
    is_unavailable(&register(&function, &other).await);
    is_unavailable(&log_in(&function, &email).await);
    assert!(started.elapsed() < Duration::from_secs(20), "each within its deadline");
    weather.clear();
    assert_eq!(stored(&shop).await.len(), before.len(), "nothing is half written");
    register(&function, &other).await.data(StatusCode::ACCEPTED);
    log_in(&function, &other).await.data(StatusCode::OK);
}
