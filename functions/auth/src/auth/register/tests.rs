use http::StatusCode;
use serde_json::{Value, json};

use crate::test_support::{PASSWORD, Shop};

fn person(email: &str) -> Value {
    json!({"email": email, "password": PASSWORD, "firstName": "Asha", "lastName": "Rao", "phone": "+91 98765 43210"})
}

#[tokio::test]
async fn a_known_address_is_answered_like_a_new_one_and_stays_its_owners() {
    let shop = Shop::open().await;
    let asha = shop.customer().await;
    let fresh = shop.client.post("/auth/register").json(person(&shop.new_email())).send().await;
    let mut thief = person(&format!(" {} ", asha.email.to_uppercase()));
    thief["password"] = json!("another good password");
    let known = shop.client.post("/auth/register").json(thief).send().await;
    assert_eq!(fresh.status, StatusCode::ACCEPTED, "{}", fresh.text());
    assert_eq!((fresh.status, &fresh.bytes), (known.status, &known.bytes));
    let names = |answer: &harness::client::TestAnswer| {
        answer.headers.keys().map(ToString::to_string).collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(names(&fresh), names(&known));
    assert_eq!(fresh.round_trips(), known.round_trips());

    shop.try_log_in(&asha.email, "another good password")
        .await
        .refused(StatusCode::UNAUTHORIZED, "INVALID_CREDENTIALS");
    shop.log_in(&asha.email).await;
}

#[tokio::test]
async fn of_many_registrations_of_one_address_one_opens_an_account() {
    let shop = Shop::open().await;
    let email = shop.new_email();
    let tries = (0..10).map(|n| {
        let mut body = person(&email);
        body["password"] = json!(format!("a good password of mine {}", n % 5));
        let client = shop.client.clone();
        tokio::spawn(async move { client.post("/auth/register").json(body).send().await.status })
    });
    for attempt in tries.collect::<Vec<_>>() {
        assert_eq!(attempt.await.unwrap(), StatusCode::ACCEPTED);
    }
    let mut opened = 0;
    // The sixth wrong guess would find the door locked.
    for n in 0..5 {
        let answer = shop.try_log_in(&email, &format!("a good password of mine {n}")).await;
        opened += u32::from(answer.status == StatusCode::OK);
    }
    assert_eq!(opened, 1);
    assert_eq!(shop.audited("USER_REGISTERED").await, 1);
}

#[tokio::test]
async fn the_same_address_in_two_tenants_is_two_people() {
    let shop = Shop::open().await;
    let neighbour = shop.neighbour().await;
    let asha = shop.customer().await;
    neighbour.try_log_in(&asha.email, PASSWORD).await.refused(StatusCode::UNAUTHORIZED, "INVALID_CREDENTIALS");
    neighbour.client.post("/auth/register").json(person(&asha.email)).send().await.data(StatusCode::ACCEPTED);
    let other = neighbour.log_in(&asha.email).await;
    let id = |answer: harness::client::TestAnswer| answer.data(StatusCode::OK)["id"].clone();
    assert_ne!(id(shop.me(&asha.access_token).await), id(neighbour.me(&other.access_token).await));
    shop.me(&other.access_token).await.refused(StatusCode::FORBIDDEN, "TENANT_MISMATCH");
}

#[tokio::test]
async fn every_faulty_field_is_named_and_nothing_is_stored() {
    let shop = Shop::open().await;
    let before = shop.tenant.stored("").await.len();
    let cases = [
        (json!({"email": "asha"}), vec!["email"]),
        (json!({"email": 7}), vec!["email"]),
        (json!({"password": "seven 7"}), vec!["password"]),
        (json!({"password": "x".repeat(129)}), vec!["password"]),
        (json!({"password": "password123"}), vec!["password"]),
        (json!({"firstName": "", "lastName": "x".repeat(41)}), vec!["firstName", "lastName"]),
        (json!({"firstName": "A\u{0}"}), vec!["firstName"]),
        (json!({"phone": "98765"}), vec!["phone"]),
        (json!({"roles": ["OWNER"]}), vec!["roles"]),
        (json!({"status": "ACTIVE"}), vec!["status"]),
        (json!({"tenant": "ten_01JB2Z8QW3C4D5E6F7G8H9JKMN"}), vec!["tenant"]),
    ];
    for (change, fields) in cases {
        let mut body = person(&shop.new_email());
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let answer = shop.client.post("/auth/register").json(body).send().await;
        answer.refused(StatusCode::BAD_REQUEST, "VALIDATION_FAILED");
        assert_eq!(answer.fields(), fields, "{change}");
        assert!(!answer.text().contains("password123") && !answer.text().contains("seven 7"));
    }
    assert_eq!(shop.tenant.stored("").await.len(), before);
}

#[tokio::test]
async fn a_repeat_under_one_idempotency_key_gets_the_first_answer() {
    let shop = Shop::open().await;
    let body = person(&shop.new_email());
    let send = || shop.client.post("/auth/register").header("idempotency-key", "once").json(body.clone()).send();
    let (first, again) = (send().await, send().await);
    assert_eq!((first.status, &first.bytes), (again.status, &again.bytes));
    assert_eq!((first.header("idempotent-replayed"), again.header("idempotent-replayed")), ("", "true"));
}

#[tokio::test]
async fn no_personal_data_is_readable_in_the_table() {
    let shop = Shop::open().await;
    let canary = "Quetzalcoatlus";
    let email = format!("{}.{}", canary.to_lowercase(), shop.new_email());
    let body = json!({
        "email": email, "password": format!("{canary} password"), "firstName": canary, "lastName": format!("{canary}son"),
        "phone": "+84 90 765 43 21",
    });
    shop.client
        .post("/auth/register")
        .header("idempotency-key", "k")
        .json(body)
        .send()
        .await
        .data(StatusCode::ACCEPTED);
    let answer = shop.try_log_in(&email, &format!("{canary} password")).await;
    let token = answer.data(StatusCode::OK)["accessToken"].as_str().unwrap().to_owned();
    shop.try_log_in(&email, "wrong password").await;
    let address = json!({
        "fullName": canary, "phone": "+84907654321", "line1": format!("1 {canary} Road"), "city": canary,
        "postalCode": "700000", "country": "VN",
    });
    shop.client.post("/users/me/addresses").bearer(&token).json(address).send().await.data(StatusCode::CREATED);
    let me = shop.me(&token).await;
    assert_eq!(me.data(StatusCode::OK)["firstName"], canary);

    let stored = shop.tenant.stored("").await;
    assert!(stored.len() >= 8, "{}", stored.len());
    for row in stored {
        let row = row.to_string().to_lowercase();
        for trace in [canary.to_lowercase().as_str(), "84907654321", "907 65", "@example.com", "700000"] {
            assert!(!row.contains(trace), "{trace} in {row}");
        }
    }
}
