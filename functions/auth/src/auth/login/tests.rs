use std::time::{Duration, Instant};

use http::StatusCode;
use serde_json::json;

use crate::test_support::{PASSWORD, Shop, part};

#[tokio::test]
async fn whoever_knows_the_password_gets_a_session() {
    let shop = Shop::open().await;
    let asha = shop.customer().await;
    let body = json!({"email": asha.email.to_uppercase(), "password": PASSWORD, "deviceName": "Asha's phone"});
    let answer = shop.client.post("/auth/login").json(body).send().await;
    let data = answer.data(StatusCode::OK);
    assert_eq!((&data["tokenType"], &data["expiresIn"]), (&json!("Bearer"), &json!(900)));
    assert_eq!(answer.header("cache-control"), "no-store");

    let token = data["accessToken"].as_str().unwrap();
    let (head, claims) = (part(token, 0), part(token, 1));
    assert_eq!((&head["alg"], &head["typ"]), (&json!("ES256"), &json!("at+jwt")));
    let names: Vec<_> = claims.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names.len(), 9, "{names:?}");
    assert_eq!((&claims["tid"], &claims["sid"]), (&json!(shop.tenant.id()), &data["sessionId"]));
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 900);
    assert!(!claims.to_string().contains("example.com"));

    let me = shop.me(token).await;
    assert!(me.data(StatusCode::OK)["lastLoginAt"].is_string());
}

#[tokio::test]
async fn a_login_takes_two_round_trips_once_the_process_is_warm() {
    let shop = Shop::open().await;
    let asha = shop.customer().await;
    assert_eq!(shop.try_log_in(&asha.email, PASSWORD).await.round_trips(), 2);
    assert_eq!(shop.try_log_in(&asha.email, "wrong password").await.round_trips(), 2);
    assert_eq!(shop.try_log_in("nobody@example.com", "wrong password").await.round_trips(), 2);
}

#[tokio::test]
async fn counting_sign_ins_of_an_address_takes_no_round_trip_of_its_own() {
    let shop = Shop::open_with(|tenant| tenant.settings.limits.auth_writes = 5).await;
    shop.stack.clock.stop();
    let asha = shop.customer().await;
    let client = shop.client.clone().at_ip("192.0.2.7");
    let log_in =
        |password: &str| client.post("/auth/login").json(json!({"email": asha.email, "password": password})).send();
    for left in ["4", "3", "2", "1", "0"] {
        let answer = log_in(PASSWORD).await;
        answer.data(StatusCode::OK);
        assert_eq!((answer.round_trips(), answer.header("ratelimit-remaining")), (2, left));
    }
    let sessions = shop.audited("LOGIN_SUCCEEDED").await;
    let refused = log_in(PASSWORD).await;
    refused.refused(StatusCode::TOO_MANY_REQUESTS, "RATE_LIMITED");
    assert_eq!(refused.header("retry-after"), "12");
    assert_eq!(shop.audited("LOGIN_SUCCEEDED").await, sessions);
    // Another address, and another route from the same one, are counted by themselves.
    shop.client
        .clone()
        .at_ip("192.0.2.8")
        .post("/auth/login")
        .json(json!({"email": asha.email, "password": PASSWORD}))
        .send()
        .await
        .data(StatusCode::OK);
    let forgot = client.post("/auth/forgot-password").json(json!({"email": asha.email})).send().await;
    assert_eq!(forgot.header("ratelimit-remaining"), "4");
}

/// Fails to sign in to known and unknown addresses in turns, 200 times each, and returns the median times.
async fn medians(shop: &Shop, known: &[String]) -> (Duration, Duration) {
    let mut times = [Vec::new(), Vec::new()];
    for email in known {
        let unknown = shop.new_email();
        // Fewer than would lock the address.
        for at in 0..4 {
            let mut turns = [(0, email), (1, &unknown)];
            turns.rotate_left(at % 2);
            for (which, email) in turns {
                let started = Instant::now();
                let answer = shop.try_log_in(email, "wrong password").await;
                times[which].push(started.elapsed());
                answer.refused(StatusCode::UNAUTHORIZED, "INVALID_CREDENTIALS");
            }
        }
    }
    let [known, unknown] = times.map(|mut times| {
        times.sort();
        times[times.len() / 2]
    });
    (known, unknown)
}

/// With hashes in as much memory as functions take, or the work beside it would weigh more than it does for a client.
#[tokio::test]
async fn a_known_address_takes_as_long_as_an_unknown_one() {
    let shop = Shop::with_password_cost(19 * 1024).await;
    let mut seen = Vec::new();
    // A difference in what is done would show each time; that of a busy machine does not.
    for _ in 0..3 {
        let mut known = Vec::new();
        for _ in 0..50 {
            known.push(shop.registered().await);
        }
        let (known, unknown) = medians(&shop, &known).await;
        if known.max(unknown).as_micros() * 100 < known.min(unknown).as_micros() * 105 {
            return;
        }
        seen.push((known, unknown));
    }
    panic!("known and unknown addresses differ: {seen:?}");
}

#[tokio::test]
async fn nobody_learns_whether_an_address_has_an_account() {
    let shop = Shop::open().await;
    let asha = shop.customer().await;
    let id = shop.me(&asha.access_token).await.data(StatusCode::OK)["id"].as_str().unwrap().to_owned();
    let wrong = shop.try_log_in(&asha.email, "wrong password").await;
    let unknown = shop.try_log_in(&shop.new_email(), "wrong password").await;
    let no_address = shop.try_log_in("asha", "wrong password").await;
    for answer in [&wrong, &unknown, &no_address] {
        answer.refused(StatusCode::UNAUTHORIZED, "INVALID_CREDENTIALS");
        assert_eq!(answer.body["message"], wrong.body["message"]);
        assert!(!answer.text().contains(&id));
    }
    assert_eq!(shop.audited("LOGIN_FAILED").await, 3);
    assert_eq!(shop.audited("LOGIN_SUCCEEDED").await, 1);
}

#[tokio::test]
async fn an_imported_password_hash_is_renewed_at_login() {
    let shop = Shop::open().await;
    let asha = shop.customer().await;
    // `PASSWORD` as bcrypt hashes it at cost 4.
    let imported = crate::test_support::BCRYPT_OF_PASSWORD;
    let place = shop.login_record(&asha.email).await;
    shop.set_text(&place, "passwordHash", imported).await;

    shop.try_log_in(&asha.email, "wrong password").await.refused(StatusCode::UNAUTHORIZED, "INVALID_CREDENTIALS");
    assert_eq!(shop.text(&place, "passwordHash").await, imported);
    shop.log_in(&asha.email).await;
    let renewed = shop.text(&place, "passwordHash").await;
    assert!(renewed.starts_with("$argon2id$"), "{renewed}");
    shop.log_in(&asha.email).await;
    assert_eq!(shop.text(&place, "passwordHash").await, renewed);
}

#[tokio::test]
async fn a_closed_account_is_refused_like_a_wrong_password_and_its_sessions_end() {
    let shop = Shop::open().await;
    let asha = shop.customer().await;
    let id = shop.me(&asha.access_token).await.data(StatusCode::OK)["id"].as_str().unwrap().to_owned();
    let user = (format!("T#{}#U#{id}", shop.tenant.id()), "A".to_owned());
    shop.set_text(&user, "status", "SUSPENDED").await;
    // The login record still says active: the transaction asks the user.
    shop.try_log_in(&asha.email, PASSWORD).await.refused(StatusCode::UNAUTHORIZED, "INVALID_CREDENTIALS");
    shop.me(&asha.access_token).await.refused(StatusCode::UNAUTHORIZED, "SESSION_ENDED");
    shop.set_text(&user, "status", "ACTIVE").await;
    shop.me(&asha.access_token).await.data(StatusCode::OK);
    shop.log_in(&asha.email).await;
}

#[tokio::test]
async fn a_faulty_request_is_refused_before_anything_is_compared() {
    let shop = Shop::open().await;
    for (body, field) in [
        (json!({"email": "a@example.com"}), "password"),
        (json!({"password": "x"}), "email"),
        (json!({"email": "a@example.com", "password": "x", "remember": true}), "remember"),
        (json!({"email": "a@example.com", "password": 1}), "password"),
        (json!({"email": "a@example.com", "password": "x", "deviceName": ""}), "deviceName"),
        (json!({"email": "a@example.com", "password": "x".repeat(1025)}), "password"),
    ] {
        let answer = shop.client.post("/auth/login").json(body.clone()).send().await;
        answer.refused(StatusCode::BAD_REQUEST, "VALIDATION_FAILED");
        assert_eq!(answer.fields(), [field], "{body}");
    }
}

const LOCKED: (StatusCode, &str) = (StatusCode::TOO_MANY_REQUESTS, "ACCOUNT_LOCKED");

#[tokio::test]
async fn after_five_failures_nobody_gets_in_for_a_quarter_of_an_hour() {
    let shop = Shop::open().await;
    shop.stack.clock.stop();
    let asha = shop.customer().await;
    for _ in 0..5 {
        shop.try_log_in(&asha.email, "wrong password").await.refused(StatusCode::UNAUTHORIZED, "INVALID_CREDENTIALS");
    }
    let locked = shop.try_log_in(&asha.email, PASSWORD).await;
    locked.refused(LOCKED.0, LOCKED.1);
    assert_eq!((locked.header("retry-after"), locked.round_trips()), ("900", 1));
    // Those who are in stay in, and another address is another matter.
    shop.me(&asha.access_token).await.data(StatusCode::OK);
    shop.customer().await;
    assert_eq!((shop.audited("LOGIN_FAILED").await, shop.audited("LOGIN_LOCKED").await), (4, 1));

    shop.stack.clock.advance(Duration::from_secs(15 * 60));
    shop.log_in(&asha.email).await;
    // The count began anew.
    for _ in 0..4 {
        shop.try_log_in(&asha.email, "wrong password").await.refused(StatusCode::UNAUTHORIZED, "INVALID_CREDENTIALS");
    }
    shop.log_in(&asha.email).await;
}

#[tokio::test]
async fn a_lock_that_has_passed_gives_five_tries_again_and_no_more() {
    let shop = Shop::open().await;
    shop.stack.clock.stop();
    let asha = shop.customer().await;
    for _ in 0..2 {
        for _ in 0..5 {
            shop.try_log_in(&asha.email, "wrong").await.refused(StatusCode::UNAUTHORIZED, "INVALID_CREDENTIALS");
        }
        shop.try_log_in(&asha.email, "wrong").await.refused(LOCKED.0, LOCKED.1);
        shop.stack.clock.advance(Duration::from_secs(15 * 60));
    }
}

#[tokio::test]
async fn a_success_clears_the_count() {
    let shop = Shop::open().await;
    let asha = shop.customer().await;
    for _ in 0..3 {
        for _ in 0..4 {
            shop.try_log_in(&asha.email, "wrong").await.refused(StatusCode::UNAUTHORIZED, "INVALID_CREDENTIALS");
        }
        shop.log_in(&asha.email).await;
    }
}

#[tokio::test]
async fn an_unknown_address_locks_like_a_known_one() {
    let shop = Shop::open().await;
    shop.stack.clock.stop();
    let asha = shop.customer().await;
    let mut told = Vec::new();
    for email in [asha.email.clone(), shop.new_email(), "no address".to_owned()] {
        let mut answers = Vec::new();
        for _ in 0..7 {
            let answer = shop.try_log_in(&email, "wrong").await;
            let retry = answer.header("retry-after").to_owned();
            answers.push((answer.status, answer.body["message"].clone(), retry, answer.round_trips()));
        }
        told.push(answers);
    }
    assert_eq!(told[0], told[1]);
    assert_eq!(told[0], told[2]);
}

#[tokio::test]
async fn thirty_tries_at_once_are_five_guesses() {
    let shop = Shop::open().await;
    let asha = shop.customer().await;
    let tries: Vec<_> = (0..30)
        .map(|n| {
            let (client, email) = (shop.client.clone(), asha.email.clone());
            let body = json!({"email": email, "password": format!("guess number {n}")});
            tokio::spawn(async move { client.post("/auth/login").json(body).send().await.status })
        })
        .collect();
    let mut guesses = 0;
    for attempt in tries {
        match attempt.await.unwrap() {
            StatusCode::UNAUTHORIZED => guesses += 1,
            status => assert_eq!(status, StatusCode::TOO_MANY_REQUESTS),
        }
    }
    assert_eq!(guesses, 5);
    assert_eq!((shop.audited("LOGIN_FAILED").await, shop.audited("LOGIN_LOCKED").await), (4, 1));
}

#[tokio::test]
async fn strangers_do_not_lock_out_a_known_device() {
    let shop = Shop::open().await;
    let (asha, ravi) = (shop.customer().await, shop.customer().await);
    let device =
        |answer: &harness::client::TestAnswer| answer.data(StatusCode::OK)["deviceToken"].as_str().unwrap().to_owned();
    let known = device(&shop.try_log_in(&asha.email, PASSWORD).await);
    let foreign = device(&shop.try_log_in(&ravi.email, PASSWORD).await);
    for _ in 0..5 {
        shop.try_log_in(&asha.email, "wrong").await.refused(StatusCode::UNAUTHORIZED, "INVALID_CREDENTIALS");
    }
    let from = |token: &str, password: &str| {
        let body = json!({"email": asha.email, "password": password, "deviceToken": token});
        shop.client.post("/auth/login").json(body).send()
    };
    // Neither no device, nor another's, nor a made-up one.
    shop.try_log_in(&asha.email, PASSWORD).await.refused(LOCKED.0, LOCKED.1);
    let mac = foreign.split_once('.').unwrap().1;
    let mixed = format!("{}.{mac}", known.split_once('.').unwrap().0);
    for token in [foreign.as_str(), &mixed, "dev_00000000000000000000000000.AAAA", "x"] {
        from(token, PASSWORD).await.refused(LOCKED.0, LOCKED.1);
    }
    let answer = from(&known, PASSWORD).await;
    assert_eq!((device(&answer), answer.round_trips()), (known.clone(), 2));
    // The known device has five tries of its own.
    for _ in 0..5 {
        from(&known, "wrong").await.refused(StatusCode::UNAUTHORIZED, "INVALID_CREDENTIALS");
    }
    from(&known, PASSWORD).await.refused(LOCKED.0, LOCKED.1);
}

#[tokio::test]
async fn a_password_that_was_changed_while_it_was_compared_opens_nothing() {
    let shop = Shop::open().await;
    let asha = shop.customer().await;
    let user = shop.user_place(&asha).await;
    // As if everything was ended an hour from now: after any proof that could be read before.
    let later = shop.stack.now().plus(Duration::from_secs(3600));
    shop.set_text(&user, "sessionsFrom", &later.to_string()).await;
    shop.try_log_in(&asha.email, PASSWORD).await.refused(StatusCode::UNAUTHORIZED, "INVALID_CREDENTIALS");
    shop.stack.clock.advance(Duration::from_secs(3601));
    shop.log_in(&asha.email).await;
}
