use std::time::{Duration, Instant};

use domain::access::Role;
use domain::ticket::TicketKind;
use domain::user::{Email, PersonName, User, UserStatus};
use harness::authenticator::App;
use harness::client::TestAnswer;
use http::StatusCode;
use platform::people::{self, Profile};
use platform::tickets;
use serde_json::{Value, json};
use store::members::OpenedBy;

use crate::test_support::{PASSWORD, Shop, SignedIn};

const REFUSED: (StatusCode, &str) = (StatusCode::BAD_REQUEST, "INVALID_TICKET");
const WRONG: (StatusCode, &str) = (StatusCode::UNAUTHORIZED, "INVALID_CREDENTIALS");
const ENDED: (StatusCode, &str) = (StatusCode::UNAUTHORIZED, "SESSION_ENDED");
const NEW: &str = "a new horse with another battery";

async fn forgot(shop: &Shop, email: &str) -> TestAnswer {
    shop.client.post("/auth/forgot-password").json(json!({"email": email})).send().await
}

async fn reset(shop: &Shop, token: &str, password: &str) -> TestAnswer {
    let body = json!({"token": token, "newPassword": password});
    shop.client.post("/auth/reset-password").json(body).send().await
}

async fn change(shop: &Shop, asha: &SignedIn, old: &str, new: &str) -> TestAnswer {
    let body = json!({"currentPassword": old, "newPassword": new});
    shop.client.post("/auth/change-password").bearer(&asha.access_token).json(body).send().await
}

/// Asks for a link and returns its token.
async fn link(shop: &Shop, email: &str) -> String {
    forgot(shop, email).await.data(StatusCode::ACCEPTED);
    shop.mailed(email, TicketKind::PasswordReset).await
}

fn a_minute_passes(shop: &Shop) {
    shop.stack.clock.advance(Duration::from_secs(61));
}

#[tokio::test]
async fn a_forgotten_password_is_set_anew_by_the_mailed_link_and_every_session_ends() {
    let shop = Shop::open().await;
    let asha = shop.customer().await;
    let other_device = shop.log_in(&asha.email).await;
    let token = link(&shop, &asha.email).await;
    a_minute_passes(&shop);
    let answer = reset(&shop, &token, NEW).await;
    assert_eq!(answer.data(StatusCode::OK), &json!({}), "a reset signs nobody in");
    for device in [&asha, &other_device] {
        shop.me(&device.access_token).await.refused(ENDED.0, ENDED.1);
        shop.refresh(&device.refresh_token).await.refused(StatusCode::UNAUTHORIZED, "INVALID_REFRESH_TOKEN");
    }
    shop.try_log_in(&asha.email, PASSWORD).await.refused(WRONG.0, WRONG.1);
    let again = shop.try_log_in(&asha.email, NEW).await;
    let access = again.data(StatusCode::OK)["accessToken"].as_str().unwrap().to_owned();
    // Whoever opened the link reads the mailbox.
    assert!(shop.me(&access).await.data(StatusCode::OK)["emailVerifiedAt"].is_string());
    reset(&shop, &token, "yet another good password").await.refused(REFUSED.0, REFUSED.1);
    assert_eq!((shop.audited("PASSWORD_RESET").await, shop.told("SecurityChanged").await), (1, 1));
}

#[tokio::test]
async fn of_ten_resets_with_one_token_at_once_one_counts() {
    let shop = Shop::open().await;
    let asha = shop.customer().await;
    let token = link(&shop, &asha.email).await;
    let tries = (0..10).map(|n| {
        let (client, body) =
            (shop.client.clone(), json!({"token": token, "newPassword": format!("a good password of mine {n}")}));
        tokio::spawn(async move { client.post("/auth/reset-password").json(body).send().await.status })
    });
    let mut winners = Vec::new();
    for (n, attempt) in tries.collect::<Vec<_>>().into_iter().enumerate() {
        match attempt.await.unwrap() {
            StatusCode::OK => winners.push(n),
            status => assert_eq!(status, StatusCode::BAD_REQUEST),
        }
    }
    let [winner] = winners.as_slice() else { panic!("{winners:?} all won") };
    for n in 0..10 {
        let answer = shop.try_log_in(&asha.email, &format!("a good password of mine {n}")).await;
        // Wrong tries may have closed sign-in by then: only the winner's may be let in at all.
        assert!(n == *winner || answer.status != StatusCode::OK, "{n} is let in, {winner} has won");
        if n == *winner && answer.status != StatusCode::TOO_MANY_REQUESTS {
            answer.data(StatusCode::OK);
        }
    }
    assert_eq!(shop.audited("PASSWORD_RESET").await, 1);
}

#[tokio::test]
async fn of_several_links_only_the_newest_works_and_for_a_quarter_of_an_hour() {
    let shop = Shop::open().await;
    shop.stack.clock.stop();
    let asha = shop.customer().await;
    let first = link(&shop, &asha.email).await;
    assert_eq!(link(&shop, &asha.email).await, first, "asked again too soon");
    a_minute_passes(&shop);
    let second = link(&shop, &asha.email).await;
    reset(&shop, &first, NEW).await.refused(REFUSED.0, REFUSED.1);
    shop.stack.clock.advance(Duration::from_secs(15 * 60));
    reset(&shop, &second, NEW).await.refused(REFUSED.0, REFUSED.1);
    let third = link(&shop, &asha.email).await;
    shop.stack.clock.advance(Duration::from_secs(15 * 60) - Duration::from_millis(1));
    reset(&shop, &third, NEW).await.data(StatusCode::OK);
}

#[tokio::test]
async fn a_reset_lets_in_whom_failed_sign_ins_had_locked_out() {
    const LOCKED: (StatusCode, &str) = (StatusCode::TOO_MANY_REQUESTS, "ACCOUNT_LOCKED");
    let shop = Shop::open().await;
    shop.stack.clock.stop();
    let (asha, ravi) = (shop.customer().await, shop.customer().await);
    let first = shop.try_log_in(&asha.email, PASSWORD).await;
    let device = first.data(StatusCode::OK)["deviceToken"].as_str().unwrap().to_owned();
    let on_device = async |password: &str| {
        let body = json!({"email": asha.email, "password": password, "deviceToken": device});
        shop.client.post("/auth/login").json(body).send().await
    };
    for _ in 0..5 {
        shop.try_log_in(&asha.email, "wrong password").await.refused(WRONG.0, WRONG.1);
        on_device("wrong password").await.refused(WRONG.0, WRONG.1);
        shop.try_log_in(&ravi.email, "wrong password").await.refused(WRONG.0, WRONG.1);
    }
    for answer in [shop.try_log_in(&asha.email, PASSWORD).await, on_device(PASSWORD).await] {
        answer.refused(LOCKED.0, LOCKED.1);
    }
    let token = link(&shop, &asha.email).await;
    // Asking for a link proves nothing, and a wrong one neither.
    reset(&shop, "usr_01JB2Z8QW3C4D5E6F7G8H9JKMN.b25l", NEW).await.refused(REFUSED.0, REFUSED.1);
    shop.try_log_in(&asha.email, PASSWORD).await.refused(LOCKED.0, LOCKED.1);

    reset(&shop, &token, NEW).await.data(StatusCode::OK);
    // The count begins anew: four more failures lock nobody out, on no device.
    for _ in 0..4 {
        shop.try_log_in(&asha.email, "wrong password").await.refused(WRONG.0, WRONG.1);
        on_device("wrong password").await.refused(WRONG.0, WRONG.1);
    }
    shop.try_log_in(&asha.email, NEW).await.data(StatusCode::OK);
    on_device(NEW).await.data(StatusCode::OK);
    shop.try_log_in(&ravi.email, PASSWORD).await.refused(LOCKED.0, LOCKED.1);
}

/// What a client can tell one answer from another by.
fn told(answer: &TestAnswer) -> (StatusCode, Vec<u8>, Vec<String>, u32) {
    let names = answer.headers.keys().map(ToString::to_string).collect();
    (answer.status, answer.bytes.clone(), names, answer.round_trips())
}

#[tokio::test]
async fn asking_for_a_link_tells_nothing_of_the_address_and_costs_the_same() {
    let shop = Shop::open().await;
    let (asha, closed) = (shop.customer().await, shop.customer().await);
    let place = shop.user_place(&closed).await;
    shop.set_text(&place, "status", "SUSPENDED").await;
    let mut answers = Vec::new();
    // Each twice: the second comes too soon for another mail.
    for email in [asha.email.clone(), shop.new_email(), closed.email.clone()] {
        let mut seen = Vec::new();
        for _ in 0..2 {
            let before = shop.tenant.stored("").await.len();
            let answer = told(&forgot(&shop, &email).await);
            seen.push((answer, shop.tenant.stored("").await.len() - before));
        }
        answers.push(seen);
    }
    assert_eq!(answers[0][0].0.0, StatusCode::ACCEPTED);
    assert_eq!(answers[0][0].1, 3, "ticket, event, audit");
    assert_eq!(answers[0][1].1, 0);
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0], answers[2]);
    assert_eq!(shop.told("PasswordResetRequested").await, 1);
    let faulty = forgot(&shop, "asha").await;
    assert_eq!(faulty.fields(), ["email"]);
}

/// Asks for a known and an unknown address in turns, and returns the median times in microseconds.
async fn medians(shop: &Shop, known: &str) -> (u128, u128) {
    const TRIES: usize = 31;
    let mut times = [Vec::new(), Vec::new()];
    for at in 0..TRIES {
        a_minute_passes(shop);
        shop.warm_up().await;
        let unknown = shop.new_email();
        let mut turns = [(0, known), (1, unknown.as_str())];
        turns.rotate_left(at % 2);
        for (which, email) in turns {
            let started = Instant::now();
            forgot(shop, email).await.data(StatusCode::ACCEPTED);
            times[which].push(started.elapsed());
        }
    }
    let [known, unknown] = times.map(|mut times| {
        times.sort();
        times[TRIES / 2].as_micros()
    });
    (known, unknown)
}

#[tokio::test]
async fn asking_for_a_link_takes_as_long_for_a_known_address_as_for_an_unknown_one() {
    let shop = Shop::open().await;
    let asha = shop.customer().await;
    let mut seen = Vec::new();
    // A difference in what is done would show each time; that of a busy machine does not.
    for _ in 0..3 {
        let (known, unknown) = medians(&shop, &asha.email).await;
        if known.max(unknown) * 100 <= known.min(unknown) * 110 {
            return;
        }
        seen.push((known, unknown));
    }
    panic!("known and unknown addresses differ, in µs: {seen:?}");
}

#[tokio::test]
async fn a_link_sets_nothing_once_the_account_is_closed() {
    let shop = Shop::open().await;
    let asha = shop.customer().await;
    let token = link(&shop, &asha.email).await;
    let place = shop.user_place(&asha).await;
    shop.set_text(&place, "status", "SUSPENDED").await;
    reset(&shop, &token, NEW).await.refused(REFUSED.0, REFUSED.1);
}

#[tokio::test]
async fn a_reset_leaves_the_second_factor_in_place() {
    let shop = Shop::open().await;
    let asha = shop.customer().await;
    let set_up = shop.client.post("/auth/mfa/setup").bearer(&asha.access_token).send().await;
    let app = App::scan(set_up.data(StatusCode::OK)["otpauthUri"].as_str().unwrap());
    let code = json!({"code": app.code(shop.stack.now())});
    let on = shop.client.post("/auth/mfa/verify").bearer(&asha.access_token).json(code).send().await;
    on.data(StatusCode::OK);
    let token = link(&shop, &asha.email).await;
    reset(&shop, &token, NEW).await.data(StatusCode::OK);
    let answer = shop.try_log_in(&asha.email, NEW).await;
    let data = answer.data(StatusCode::OK);
    assert_eq!((&data["mfaRequired"], &data["accessToken"]), (&json!(true), &Value::Null));
}

#[tokio::test]
async fn a_changed_password_ends_every_session_but_the_one_that_changed_it() {
    let shop = Shop::open().await;
    let asha = shop.customer().await;
    let other_device = shop.log_in(&asha.email).await;
    let link = link(&shop, &asha.email).await;
    a_minute_passes(&shop);
    change(&shop, &asha, PASSWORD, NEW).await.data(StatusCode::OK);
    shop.me(&asha.access_token).await.data(StatusCode::OK);
    let next = shop.refresh(&asha.refresh_token).await.data(StatusCode::OK).clone();
    shop.me(next["accessToken"].as_str().unwrap()).await.data(StatusCode::OK);
    shop.me(&other_device.access_token).await.refused(ENDED.0, ENDED.1);
    shop.refresh(&other_device.refresh_token).await.refused(StatusCode::UNAUTHORIZED, "INVALID_REFRESH_TOKEN");
    shop.try_log_in(&asha.email, PASSWORD).await.refused(WRONG.0, WRONG.1);
    shop.try_log_in(&asha.email, NEW).await.data(StatusCode::OK);
    reset(&shop, &link, "yet another good password").await.refused(REFUSED.0, REFUSED.1);
    assert_eq!((shop.audited("PASSWORD_CHANGED").await, shop.told("SecurityChanged").await), (1, 1));

    // A later change from elsewhere ends this one too.
    let elsewhere = shop.try_log_in(&asha.email, NEW).await.data(StatusCode::OK).clone();
    let elsewhere = SignedIn { access_token: elsewhere["accessToken"].as_str().unwrap().to_owned(), ..asha.clone() };
    a_minute_passes(&shop);
    change(&shop, &elsewhere, NEW, PASSWORD).await.data(StatusCode::OK);
    shop.me(&elsewhere.access_token).await.data(StatusCode::OK);
    shop.me(&asha.access_token).await.refused(ENDED.0, ENDED.1);
}

#[tokio::test]
async fn of_changes_at_once_one_counts() {
    let shop = Shop::open().await;
    let asha = shop.customer().await;
    let tries = (0..5).map(|n| {
        let (client, token) = (shop.client.clone(), asha.access_token.clone());
        let body = json!({"currentPassword": PASSWORD, "newPassword": format!("a good password of mine {n}")});
        tokio::spawn(async move { client.post("/auth/change-password").bearer(&token).json(body).send().await.status })
    });
    let mut counted = 0;
    for attempt in tries.collect::<Vec<_>>() {
        let status = attempt.await.unwrap();
        assert!([StatusCode::OK, StatusCode::CONFLICT, StatusCode::UNAUTHORIZED].contains(&status), "{status}");
        counted += u32::from(status == StatusCode::OK);
    }
    assert_eq!(counted, 1);
    assert_eq!(shop.audited("PASSWORD_CHANGED").await, 1);
}

#[tokio::test]
async fn the_old_password_must_be_right_and_the_new_one_good() {
    let shop = Shop::open().await;
    let asha = shop.customer().await;
    change(&shop, &asha, "wrong password", NEW).await.refused(WRONG.0, WRONG.1);
    assert_eq!(shop.audited("LOGIN_FAILED").await, 1);
    for weak in ["seven 7", "password123", &"x".repeat(129), PASSWORD] {
        assert_eq!(change(&shop, &asha, PASSWORD, weak).await.fields(), ["newPassword"], "{weak}");
    }
    shop.log_in(&asha.email).await;
}

#[tokio::test]
async fn who_finds_a_signed_in_device_does_not_go_on_guessing_the_password() {
    let shop = Shop::open().await;
    let asha = shop.customer().await;
    for _ in 0..5 {
        change(&shop, &asha, "wrong password", NEW).await.refused(WRONG.0, WRONG.1);
    }
    let locked = change(&shop, &asha, PASSWORD, NEW).await;
    locked.refused(StatusCode::TOO_MANY_REQUESTS, "ACCOUNT_LOCKED");
    // Nobody else is locked out by it: not the same person on another device, not at sign-in.
    let other_device = shop.log_in(&asha.email).await;
    change(&shop, &other_device, PASSWORD, NEW).await.data(StatusCode::OK);
}

#[tokio::test]
async fn a_tenant_may_want_longer_passwords_everywhere() {
    let shop = Shop::open_with(|tenant| tenant.settings.min_password_length = 15).await;
    let asha = shop.customer().await;
    let short = "fourteen chars";
    let body = json!({"email": shop.new_email(), "password": short, "firstName": "A", "lastName": "B"});
    let registered = shop.client.post("/auth/register").json(body).send().await;
    let token = link(&shop, &asha.email).await;
    for (answer, field) in [
        (registered, "password"),
        (change(&shop, &asha, PASSWORD, short).await, "newPassword"),
        (reset(&shop, &token, short).await, "newPassword"),
    ] {
        assert_eq!(answer.fields(), [field]);
        assert!(answer.text().contains("15"), "{}", answer.text());
    }
    reset(&shop, &token, "fifteen chars !").await.data(StatusCode::OK);
}

/// Opens an account for somebody, who has no password yet, and returns its address and the token of the invitation.
async fn invited(shop: &Shop) -> (String, String) {
    let (email, operation) = (shop.new_email(), shop.tenant.operation());
    let profile = Profile {
        email: Email::new(&email).unwrap(),
        phone: None,
        first_name: PersonName::new("Binh").unwrap(),
        last_name: PersonName::new("Tran").unwrap(),
    };
    let (vault, tenant) = (shop.stack.vault(), &shop.tenant.tenant);
    let user = people::open_account(vault, tenant, &operation, &profile, vec![Role::Staff]).await.unwrap();
    let user = User { status: UserStatus::Pending, ..user };
    let ticket = tickets::issue_to(vault, tenant, &operation, TicketKind::Invitation, &user).await.unwrap();
    let by = OpenedBy::Invitation(&ticket);
    shop.stack.store().open_member(&operation, &user, None, by).await.unwrap().unwrap();
    let token = shop.mailed(&email, TicketKind::Invitation).await;
    (email, token)
}

#[tokio::test]
async fn who_was_invited_sets_a_password_and_is_let_in() {
    let shop = Shop::open().await;
    let (email, token) = invited(&shop).await;
    let accept = async |token: &str| {
        let body = json!({"token": token, "password": PASSWORD});
        shop.client.post("/auth/accept-invitation").json(body).send().await
    };
    shop.try_log_in(&email, PASSWORD).await.refused(WRONG.0, WRONG.1);
    forgot(&shop, &email).await.data(StatusCode::ACCEPTED);
    assert_eq!(shop.told("PasswordResetRequested").await, 0, "the way in is the invitation");
    reset(&shop, &token, PASSWORD).await.refused(REFUSED.0, REFUSED.1);
    accept(&token).await.data(StatusCode::OK);
    let binh = shop.log_in(&email).await;
    let me = shop.me(&binh.access_token).await;
    let me = me.data(StatusCode::OK);
    assert_eq!((&me["status"], &me["roles"]), (&json!("ACTIVE"), &json!(["STAFF"])));
    assert!(me["emailVerifiedAt"].is_string());
    accept(&token).await.refused(REFUSED.0, REFUSED.1);
    assert_eq!(shop.audited("INVITATION_ACCEPTED").await, 1);

    let (_, late) = invited(&shop).await;
    shop.stack.clock.advance(Duration::from_secs(7 * 24 * 60 * 60));
    accept(&late).await.refused(REFUSED.0, REFUSED.1);
}
