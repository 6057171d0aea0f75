use std::time::Duration;

use domain::ticket::TicketKind;
use harness::client::TestAnswer;
use http::StatusCode;
use serde_json::{Value, json};

use crate::test_support::{PASSWORD, Shop, SignedIn};

const REFUSED: (StatusCode, &str) = (StatusCode::BAD_REQUEST, "INVALID_TICKET");

async fn verify(shop: &Shop, token: &str) -> TestAnswer {
    shop.client.post("/auth/verify-email").json(json!({"token": token})).send().await
}

async fn resend(shop: &Shop, email: &str) -> TestAnswer {
    shop.client.post("/auth/resend-verification").json(json!({"email": email})).send().await
}

async fn ask_to_move(shop: &Shop, asha: &SignedIn, to: &str) -> TestAnswer {
    let body = json!({"newEmail": to, "password": PASSWORD});
    shop.client.post("/auth/change-email").bearer(&asha.access_token).json(body).send().await
}

async fn confirm(shop: &Shop, token: &str) -> TestAnswer {
    shop.client.post("/auth/confirm-email-change").json(json!({"token": token})).send().await
}

async fn verified(shop: &Shop, asha: &SignedIn) -> bool {
    shop.me(&asha.access_token).await.data(StatusCode::OK)["emailVerifiedAt"].is_string()
}

fn a_minute_passes(shop: &Shop) {
    shop.stack.clock.advance(Duration::from_secs(61));
}

#[tokio::test]
async fn who_registers_gets_a_mail_whose_link_verifies_the_address_once() {
    let shop = Shop::open().await;
    let asha = shop.customer().await;
    assert!(!verified(&shop, &asha).await);
    assert_eq!(shop.told("EmailVerificationRequested").await, 1);
    let token = shop.mailed(&asha.email, TicketKind::EmailVerification).await;
    let answer = verify(&shop, &token).await;
    answer.data(StatusCode::OK);
    assert_eq!(answer.round_trips(), 2);
    assert!(verified(&shop, &asha).await);
    verify(&shop, &token).await.refused(REFUSED.0, REFUSED.1);
    assert_eq!(shop.audited("EMAIL_VERIFIED").await, 1);
}

#[tokio::test]
async fn of_several_mails_only_the_newest_works_and_there_is_one_a_minute_at_most() {
    let shop = Shop::open().await;
    let asha = shop.customer().await;
    let first = shop.mailed(&asha.email, TicketKind::EmailVerification).await;
    resend(&shop, &asha.email).await.data(StatusCode::ACCEPTED);
    assert_eq!(shop.mailed(&asha.email, TicketKind::EmailVerification).await, first, "asked again too soon");
    assert_eq!(shop.told("EmailVerificationRequested").await, 1);

    a_minute_passes(&shop);
    resend(&shop, &asha.email).await.data(StatusCode::ACCEPTED);
    let second = shop.mailed(&asha.email, TicketKind::EmailVerification).await;
    assert_ne!(first, second);
    verify(&shop, &first).await.refused(REFUSED.0, REFUSED.1);
    verify(&shop, &second).await.data(StatusCode::OK);
    assert_eq!(shop.told("EmailVerificationRequested").await, 2);
}

#[tokio::test]
async fn a_verification_link_works_for_a_day() {
    let shop = Shop::open().await;
    shop.stack.clock.stop();
    let (early, late) = (shop.customer().await, shop.customer().await);
    let token = shop.mailed(&early.email, TicketKind::EmailVerification).await;
    let too_late = shop.mailed(&late.email, TicketKind::EmailVerification).await;
    shop.stack.clock.advance(Duration::from_secs(24 * 60 * 60) - Duration::from_millis(1));
    verify(&shop, &token).await.data(StatusCode::OK);
    shop.stack.clock.advance(Duration::from_millis(1));
    verify(&shop, &too_late).await.refused(REFUSED.0, REFUSED.1);
}

#[tokio::test]
async fn a_token_is_good_for_one_tenant_one_kind_and_one_spelling() {
    let shop = Shop::open().await;
    let asha = shop.customer().await;
    let token = shop.mailed(&asha.email, TicketKind::EmailVerification).await;
    shop.neighbour()
        .await
        .client
        .post("/auth/verify-email")
        .json(json!({"token": token}))
        .send()
        .await
        .refused(REFUSED.0, REFUSED.1);
    let (user, secret) = token.split_once('.').unwrap();
    let other = shop.customer().await;
    let theirs = shop.mailed(&other.email, TicketKind::EmailVerification).await;
    let (them, _) = theirs.split_once('.').unwrap();
    for bad in [
        String::new(),
        user.to_owned(),
        format!("{user}.{}", "A".repeat(43)),
        format!("{them}.{secret}"),
        format!("{token}="),
        token.to_lowercase(),
    ] {
        verify(&shop, &bad).await.refused(REFUSED.0, REFUSED.1);
    }
    let body = json!({"token": token, "newPassword": "another good password"});
    shop.client.post("/auth/reset-password").json(body).send().await.refused(REFUSED.0, REFUSED.1);
    confirm(&shop, &token).await.refused(REFUSED.0, REFUSED.1);
    verify(&shop, &token).await.data(StatusCode::OK);
}

#[tokio::test]
async fn of_ten_clicks_at_once_one_counts() {
    let shop = Shop::open().await;
    let asha = shop.customer().await;
    let token = shop.mailed(&asha.email, TicketKind::EmailVerification).await;
    let clicks = (0..10).map(|_| {
        let (client, token) = (shop.client.clone(), token.clone());
        tokio::spawn(async move { client.post("/auth/verify-email").json(json!({"token": token})).send().await.status })
    });
    let mut counted = 0;
    for click in clicks.collect::<Vec<_>>() {
        counted += u32::from(click.await.unwrap() == StatusCode::OK);
    }
    assert_eq!(counted, 1);
    assert_eq!(shop.audited("EMAIL_VERIFIED").await, 1);
}

#[tokio::test]
async fn asking_again_tells_nothing_of_the_address() {
    let shop = Shop::open().await;
    let (waiting, done) = (shop.customer().await, shop.customer().await);
    let token = shop.mailed(&done.email, TicketKind::EmailVerification).await;
    verify(&shop, &token).await.data(StatusCode::OK);
    a_minute_passes(&shop);
    shop.warm_up().await;
    let unknown = shop.new_email();
    let told = shop.told("EmailVerificationRequested").await;
    let mut answers = Vec::new();
    for email in [&waiting.email, &done.email, &unknown] {
        let rows = shop.tenant.stored("").await.len();
        let answer = resend(&shop, email).await;
        let added = shop.tenant.stored("").await.len() - rows;
        answers.push((answer.status, answer.bytes.clone(), answer.round_trips(), added.max(2)));
    }
    assert_eq!(answers[0].0, StatusCode::ACCEPTED);
    // The ticket of the one who waits takes the place of another, so a row less is new.
    assert_eq!((&answers[1], &answers[2]), (&answers[2], &answers[1]));
    assert_eq!((answers[0].0, &answers[0].1, answers[0].2), (answers[1].0, &answers[1].1, answers[1].2));
    assert_eq!(shop.told("EmailVerificationRequested").await, told + 1);
}

#[tokio::test]
async fn an_account_moves_to_another_address_once_that_one_confirms() {
    let shop = Shop::open().await;
    let asha = shop.customer().await;
    let to = shop.new_email();
    ask_to_move(&shop, &asha, &to).await.data(StatusCode::ACCEPTED);
    // Nothing has changed yet.
    shop.log_in(&asha.email).await;
    shop.try_log_in(&to, PASSWORD).await.refused(StatusCode::UNAUTHORIZED, "INVALID_CREDENTIALS");
    // A link to set a password that is still in the old mailbox.
    let forgot = json!({"email": asha.email});
    shop.client.post("/auth/forgot-password").json(forgot).send().await.data(StatusCode::ACCEPTED);
    let reset = shop.mailed(&asha.email, TicketKind::PasswordReset).await;

    let token = shop.mailed(&asha.email, TicketKind::EmailChange).await;
    confirm(&shop, &token).await.data(StatusCode::OK);
    shop.try_log_in(&asha.email, PASSWORD).await.refused(StatusCode::UNAUTHORIZED, "INVALID_CREDENTIALS");
    let moved = shop.log_in(&to).await;
    let me = shop.me(&moved.access_token).await;
    assert_eq!(me.data(StatusCode::OK)["email"], to.as_str());
    assert!(verified(&shop, &asha).await);
    confirm(&shop, &token).await.refused(REFUSED.0, REFUSED.1);
    let body = json!({"token": reset, "newPassword": "another good password"});
    shop.client.post("/auth/reset-password").json(body).send().await.refused(REFUSED.0, REFUSED.1);

    let events = shop.tenant.stored("EVT#").await;
    let told: Vec<_> = events.iter().filter(|row| row["event"]["change"] == "EMAIL").collect();
    assert_eq!((told.len(), shop.audited("EMAIL_CHANGED").await), (1, 1));
    // The old address is somebody's to take.
    let body = json!({"email": asha.email, "password": "a good password of mine", "firstName": "B", "lastName": "C"});
    shop.client.post("/auth/register").json(body).send().await.data(StatusCode::ACCEPTED);
    shop.try_log_in(&asha.email, "a good password of mine").await.data(StatusCode::OK);
}

#[tokio::test]
async fn only_who_knows_the_password_moves_an_account_and_only_somewhere_else() {
    let shop = Shop::open().await;
    let asha = shop.customer().await;
    let post =
        async |body: Value| shop.client.post("/auth/change-email").bearer(&asha.access_token).json(body).send().await;
    post(json!({"newEmail": shop.new_email(), "password": "wrong password"}))
        .await
        .refused(StatusCode::UNAUTHORIZED, "INVALID_CREDENTIALS");
    assert_eq!(shop.audited("LOGIN_FAILED").await, 1);
    for (body, field) in [
        (json!({"newEmail": asha.email.to_uppercase(), "password": PASSWORD}), "newEmail"),
        (json!({"newEmail": "asha", "password": PASSWORD}), "newEmail"),
        (json!({"newEmail": "a@example.com"}), "password"),
    ] {
        assert_eq!(post(body).await.fields(), [field]);
    }
    assert_eq!(shop.told("EmailChangeRequested").await, 0);
    // A mail a minute, to whatever address.
    ask_to_move(&shop, &asha, &shop.new_email()).await.data(StatusCode::ACCEPTED);
    let again = ask_to_move(&shop, &asha, &shop.new_email()).await;
    again.refused(StatusCode::TOO_MANY_REQUESTS, "RATE_LIMITED");
    assert_eq!(again.header("retry-after"), "60");
}

#[tokio::test]
async fn that_an_address_is_taken_is_told_to_its_owner_only() {
    let shop = Shop::open().await;
    let (asha, other) = (shop.customer().await, shop.customer().await);
    shop.me(&asha.access_token).await.data(StatusCode::OK);
    let free = ask_to_move(&shop, &other, &shop.new_email()).await;
    let taken = ask_to_move(&shop, &asha, &other.email).await;
    assert_eq!((free.status, &free.bytes), (taken.status, &taken.bytes));
    assert_eq!(free.round_trips(), taken.round_trips());
    let token = shop.mailed(&asha.email, TicketKind::EmailChange).await;
    confirm(&shop, &token).await.refused(StatusCode::CONFLICT, "EMAIL_TAKEN");
    shop.log_in(&asha.email).await;
    shop.log_in(&other.email).await;
}

#[tokio::test]
async fn of_two_accounts_that_move_to_one_address_at_once_one_does() {
    let shop = Shop::open().await;
    let to = shop.new_email();
    let mut tokens = Vec::new();
    for _ in 0..6 {
        let person = shop.customer().await;
        ask_to_move(&shop, &person, &to).await.data(StatusCode::ACCEPTED);
        tokens.push((person.email.clone(), shop.mailed(&person.email, TicketKind::EmailChange).await));
    }
    let tries = tokens.iter().map(|(_, token)| {
        let (client, token) = (shop.client.clone(), token.clone());
        tokio::spawn(async move {
            client.post("/auth/confirm-email-change").json(json!({"token": token})).send().await.status
        })
    });
    let mut moved = Vec::new();
    for attempt in tries.collect::<Vec<_>>() {
        moved.push(attempt.await.unwrap());
    }
    assert_eq!(moved.iter().filter(|status| **status == StatusCode::OK).count(), 1, "{moved:?}");
    assert!(moved.iter().all(|status| [StatusCode::OK, StatusCode::CONFLICT].contains(status)), "{moved:?}");
    shop.log_in(&to).await;
    // The others are where they were.
    for ((email, _), status) in tokens.iter().zip(&moved) {
        let still = shop.try_log_in(email, PASSWORD).await.status == StatusCode::OK;
        assert_eq!(still, *status == StatusCode::CONFLICT);
    }
}
