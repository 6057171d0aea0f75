use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::join_all;
use harness::authenticator::App;
use harness::client::TestAnswer;
use http::StatusCode;
use serde_json::{Value, json};

use crate::test_support::{PASSWORD, Place, Shop, SignedIn};

/// Somebody with an app.
struct Enrolled {
    person: SignedIn,
    app: App,
    backup_codes: Vec<String>,
}

impl Shop {
    async fn mfa(&self, what: &str, token: &str, body: Value) -> TestAnswer {
        self.client.post(&format!("/auth/mfa/{what}")).bearer(token).json(body).send().await
    }

    async fn set_up(&self, person: &SignedIn) -> App {
        let answer = self.client.post("/auth/mfa/setup").bearer(&person.access_token).send().await;
        App::scan(answer.data(StatusCode::OK)["otpauthUri"].as_str().unwrap())
    }

    /// Registers somebody and turns the second factor on. The clock stands still, between two steps.
    async fn enrolled(&self) -> Enrolled {
        let person = self.customer().await;
        self.enrol(person).await
    }

    async fn enrol(&self, person: SignedIn) -> Enrolled {
        self.stack.clock.stop();
        let app = self.set_up(&person).await;
        let code = json!({"code": app.code(self.stack.now())});
        let answer = self.mfa("verify", &person.access_token, code).await;
        let codes = answer.data(StatusCode::OK)["backupCodes"].as_array().unwrap().clone();
        let backup_codes = codes.iter().map(|code| code.as_str().unwrap().to_owned()).collect();
        Enrolled { person, app, backup_codes }
    }

    /// Gives the password, and returns the token of the question.
    async fn question(&self, email: &str) -> String {
        let answer = self.try_log_in(email, PASSWORD).await;
        let data = answer.data(StatusCode::OK);
        assert_eq!((&data["mfaRequired"], &data["expiresIn"]), (&json!(true), &json!(300)));
        assert!(data.get("accessToken").is_none() && data.get("refreshToken").is_none());
        data["challengeToken"].as_str().unwrap().to_owned()
    }

    async fn answer(&self, token: &str, code: &str) -> TestAnswer {
        let body = json!({"challengeToken": token, "code": code});
        self.client.post("/auth/mfa/challenge").json(body).send().await
    }

    /// Waits until the app shows another code.
    fn next_step(&self) {
        self.stack.clock.advance(Duration::from_secs(30));
    }

    async fn sessions(&self) -> usize {
        self.tenant.stored("S#").await.len()
    }

    async fn user_of(&self, person: &SignedIn) -> Place {
        let id = self.me(&person.access_token).await.data(StatusCode::OK)["id"].as_str().unwrap().to_owned();
        (format!("T#{}#U#{id}", self.tenant.id()), "A".to_owned())
    }

    async fn told_of(&self, change: &str) -> usize {
        let events = self.tenant.stored("EVT#").await;
        events.iter().filter(|event| event["event"]["change"] == change).count()
    }
}

fn count(answers: &[TestAnswer], status: StatusCode) -> usize {
    answers.iter().filter(|answer| answer.status == status).count()
}

const WRONG: &str = "000000";

#[tokio::test]
async fn an_app_is_put_in_use_and_sign_in_asks_for_its_code() {
    let shop = Shop::open().await;
    let asha = shop.customer().await;
    shop.stack.clock.stop();
    let shown = shop.client.post("/auth/mfa/setup").bearer(&asha.access_token).send().await;
    let shown = shown.data(StatusCode::OK).clone();
    let uri = shown["otpauthUri"].as_str().unwrap();
    assert!(uri.starts_with("otpauth://totp/Print%20%26%20Co:asha."), "{uri}");
    assert!(uri.contains(shown["secret"].as_str().unwrap()));
    assert!(shown["qrCode"].as_str().unwrap().contains("<svg "));

    // Nothing is asked for before the app has shown a code.
    shop.log_in(&asha.email).await;
    let app = App::scan(uri);
    shop.mfa("verify", &asha.access_token, json!({"code": WRONG}))
        .await
        .refused(StatusCode::UNAUTHORIZED, "INVALID_MFA_CODE");
    let code = app.code(shop.stack.now());
    let on = shop.mfa("verify", &asha.access_token, json!({"code": code})).await;
    let codes = on.data(StatusCode::OK)["backupCodes"].as_array().unwrap();
    assert_eq!(codes.iter().map(Value::to_string).collect::<BTreeSet<_>>().len(), 10);

    let before = shop.sessions().await;
    let token = shop.question(&asha.email).await;
    assert_eq!(shop.sessions().await, before, "a question opens no session");
    // The code that turned it on has been used.
    shop.answer(&token, &code).await.refused(StatusCode::UNAUTHORIZED, "INVALID_MFA_CODE");
    shop.next_step();
    let answer = shop.answer(&token, &app.code(shop.stack.now())).await;
    let access = answer.data(StatusCode::OK)["accessToken"].as_str().unwrap();
    assert_eq!(shop.me(access).await.data(StatusCode::OK)["email"], asha.email);
    assert_eq!(shop.sessions().await, before + 1);

    for (action, times) in [("MFA_SET_UP", 1), ("MFA_ENABLED", 1), ("MFA_FAILED", 2), ("LOGIN_SUCCEEDED", 3)] {
        assert_eq!(shop.audited(action).await, times, "{action}");
    }
    assert_eq!(shop.told_of("MFA_ENABLED").await, 1);
}

#[tokio::test]
async fn neither_secret_nor_backup_codes_nor_questions_are_stored_in_the_clear() {
    let shop = Shop::open().await;
    let asha = shop.customer().await;
    let shown = shop.client.post("/auth/mfa/setup").bearer(&asha.access_token).send().await;
    let shown = shown.data(StatusCode::OK).clone();
    let asha = shop.enrol(asha).await;
    let token = shop.question(&asha.person.email).await;
    let stored = json!(shop.tenant.stored("").await).to_string();
    assert!(!stored.contains(shown["secret"].as_str().unwrap()));
    assert!(!stored.contains(token.split_once('.').unwrap().1));
    for code in &asha.backup_codes {
        assert!(!stored.contains(code) && !stored.contains(&code.replace('-', "")));
    }
}

#[tokio::test]
async fn a_code_opens_one_session_however_many_give_it_at_once() {
    let shop = Shop::open().await;
    let asha = shop.enrolled().await;
    shop.next_step();
    let mut tokens = Vec::new();
    for _ in 0..10 {
        tokens.push(shop.question(&asha.person.email).await);
    }
    let (code, before) = (asha.app.code(shop.stack.now()), shop.sessions().await);
    let answers = join_all(tokens.iter().map(|token| shop.answer(token, &code))).await;
    assert_eq!(count(&answers, StatusCode::OK), 1);
    for answer in answers.iter().filter(|answer| answer.status != StatusCode::OK) {
        answer.refused(StatusCode::UNAUTHORIZED, "INVALID_MFA_CODE");
    }
    assert_eq!(shop.sessions().await, before + 1);
}

#[tokio::test]
async fn a_question_is_answered_once_however_many_answer_it_at_once() {
    let shop = Shop::open().await;
    let asha = shop.enrolled().await;
    shop.next_step();
    let (token, code) = (shop.question(&asha.person.email).await, asha.app.code(shop.stack.now()));
    let before = shop.sessions().await;
    let answers = join_all((0..10).map(|_| shop.answer(&token, &code))).await;
    assert_eq!(count(&answers, StatusCode::OK), 1);
    assert_eq!(shop.sessions().await, before + 1);
    shop.next_step();
    let late = shop.answer(&token, &asha.app.code(shop.stack.now())).await;
    late.refused(StatusCode::UNAUTHORIZED, "INVALID_CHALLENGE");
}

#[tokio::test]
async fn codes_that_were_passed_over_do_not_count_later() {
    let shop = Shop::open().await;
    let asha = shop.enrolled().await;
    shop.next_step();
    let older = asha.app.code(shop.stack.now());
    shop.next_step();
    let token = shop.question(&asha.person.email).await;
    shop.answer(&token, &asha.app.code(shop.stack.now())).await.data(StatusCode::OK);
    // One step late would do, if no later one had been used.
    let token = shop.question(&asha.person.email).await;
    shop.answer(&token, &older).await.refused(StatusCode::UNAUTHORIZED, "INVALID_MFA_CODE");
}

#[tokio::test]
async fn five_wrong_codes_void_the_question_also_when_they_come_at_once() {
    let shop = Shop::open().await;
    let asha = shop.enrolled().await;
    shop.next_step();
    let token = shop.question(&asha.person.email).await;
    let answers = join_all((0..8).map(|_| shop.answer(&token, WRONG))).await;
    let coded = |code: &str| answers.iter().filter(|answer| answer.body["code"] == code).count();
    assert_eq!((coded("INVALID_MFA_CODE"), coded("INVALID_CHALLENGE")), (5, 3));
    let right = asha.app.code(shop.stack.now());
    shop.answer(&token, &right).await.refused(StatusCode::UNAUTHORIZED, "INVALID_CHALLENGE");
    assert_eq!(shop.audited("MFA_FAILED").await, 5);
    // The right code was not looked at: it still counts.
    let token = shop.question(&asha.person.email).await;
    shop.answer(&token, &right).await.data(StatusCode::OK);
}

#[tokio::test]
async fn who_knows_the_password_may_try_ten_codes_in_a_quarter_of_an_hour_over_all_questions() {
    let shop = Shop::open().await;
    let asha = shop.enrolled().await;
    shop.next_step();
    for _ in 0..2 {
        let token = shop.question(&asha.person.email).await;
        let answers = join_all((0..5).map(|_| shop.answer(&token, WRONG))).await;
        assert_eq!(count(&answers, StatusCode::UNAUTHORIZED), 5);
    }
    let token = shop.question(&asha.person.email).await;
    let answer = shop.answer(&token, &asha.app.code(shop.stack.now())).await;
    answer.refused(StatusCode::TOO_MANY_REQUESTS, "ACCOUNT_LOCKED");
    assert_eq!(answer.header("retry-after"), "900");
    shop.stack.clock.advance(Duration::from_secs(15 * 60));
    let token = shop.question(&asha.person.email).await;
    shop.answer(&token, &asha.app.code(shop.stack.now())).await.data(StatusCode::OK);
    // Success forgets what went before.
    let token = shop.question(&asha.person.email).await;
    shop.answer(&token, WRONG).await.refused(StatusCode::UNAUTHORIZED, "INVALID_MFA_CODE");
}

#[tokio::test]
async fn a_question_lives_five_minutes_in_its_tenant_and_is_good_for_nothing_else() {
    let shop = Shop::open().await;
    let asha = shop.enrolled().await;
    shop.next_step();
    let token = shop.question(&asha.person.email).await;
    shop.me(&token).await.refused(StatusCode::UNAUTHORIZED, "INVALID_TOKEN");
    shop.refresh(&token).await.refused(StatusCode::UNAUTHORIZED, "INVALID_REFRESH_TOKEN");
    let code = asha.app.code(shop.stack.now());
    let away = shop.neighbour().await;
    away.answer(&token, &code).await.refused(StatusCode::UNAUTHORIZED, "INVALID_CHALLENGE");
    let cut = &token[..token.len() - 1];
    for made_up in ["", "x", cut, asha.person.refresh_token.as_str()] {
        shop.answer(made_up, &code).await.refused(StatusCode::UNAUTHORIZED, "INVALID_CHALLENGE");
    }
    shop.stack.clock.advance(Duration::from_secs(300));
    let late = shop.answer(&token, &asha.app.code(shop.stack.now())).await;
    late.refused(StatusCode::UNAUTHORIZED, "INVALID_CHALLENGE");
}

#[tokio::test]
async fn a_question_ends_with_the_account_and_with_all_sessions() {
    let shop = Shop::open().await;
    let asha = shop.enrolled().await;
    let user = shop.user_of(&asha.person).await;
    shop.next_step();
    let token = shop.question(&asha.person.email).await;
    shop.set_text(&user, "status", "SUSPENDED").await;
    let code = asha.app.code(shop.stack.now());
    shop.answer(&token, &code).await.refused(StatusCode::UNAUTHORIZED, "INVALID_CHALLENGE");
    shop.set_text(&user, "status", "ACTIVE").await;
    // As a changed password does.
    shop.stack.clock.advance(Duration::from_secs(1));
    shop.set_text(&user, "sessionsFrom", &shop.stack.now().to_string()).await;
    shop.answer(&token, &code).await.refused(StatusCode::UNAUTHORIZED, "INVALID_MFA_CODE");
    let token = shop.question(&asha.person.email).await;
    shop.answer(&token, &code).await.data(StatusCode::OK);
}

#[tokio::test]
async fn no_session_opens_by_the_password_alone_whatever_the_login_record_says() {
    let shop = Shop::open().await;
    let asha = shop.enrolled().await;
    let place = shop.login_record(&asha.person.email).await;
    shop.set_flag(&place, "mfa", false).await;
    let answer = shop.try_log_in(&asha.person.email, PASSWORD).await;
    answer.refused(StatusCode::UNAUTHORIZED, "INVALID_CREDENTIALS");
}

#[tokio::test]
async fn a_backup_code_stands_in_for_the_app_once() {
    let shop = Shop::open().await;
    let asha = shop.enrolled().await;
    let code = asha.backup_codes[3].to_lowercase();
    let tokens = [shop.question(&asha.person.email).await, shop.question(&asha.person.email).await];
    let answers = join_all(tokens.iter().map(|token| shop.answer(token, &code))).await;
    assert_eq!(count(&answers, StatusCode::OK), 1);
    // Two of them at once are two codes.
    let tokens = [shop.question(&asha.person.email).await, shop.question(&asha.person.email).await];
    let two = tokens.iter().zip(&asha.backup_codes);
    let answers = join_all(two.map(|(token, code)| shop.answer(token, code))).await;
    assert!(count(&answers, StatusCode::OK) >= 1);
    let used = 1 + count(&answers, StatusCode::OK);
    let user = &shop.tenant.stored("U#").await[0];
    assert_eq!(user["mfa"]["backupCodes"].as_array().unwrap().len(), 10 - used);
    assert_eq!(shop.audited("BACKUP_CODE_USED").await, used);
}

#[tokio::test]
async fn new_backup_codes_void_the_old_ones_and_take_a_code() {
    let shop = Shop::open().await;
    let asha = shop.enrolled().await;
    let token = asha.person.access_token.as_str();
    let renew = async |code: &str| shop.mfa("backup-codes", token, json!({"code": code})).await;
    renew(WRONG).await.refused(StatusCode::UNAUTHORIZED, "INVALID_MFA_CODE");
    shop.next_step();
    let code = asha.app.code(shop.stack.now());
    let renewed = renew(&code).await;
    let new = renewed.data(StatusCode::OK)["backupCodes"].as_array().unwrap();
    assert_eq!(new.len(), 10);
    renew(&code).await.refused(StatusCode::UNAUTHORIZED, "INVALID_MFA_CODE");
    let question = shop.question(&asha.person.email).await;
    shop.answer(&question, &asha.backup_codes[0]).await.refused(StatusCode::UNAUTHORIZED, "INVALID_MFA_CODE");
    shop.answer(&question, new[0].as_str().unwrap()).await.data(StatusCode::OK);
    // A backup code may ask for the next ones too.
    renew(new[1].as_str().unwrap()).await.data(StatusCode::OK);
    assert_eq!((shop.audited("BACKUP_CODES_RENEWED").await, shop.told_of("BACKUP_CODES").await), (2, 2));
}

#[tokio::test]
async fn the_second_factor_is_turned_off_by_password_and_code() {
    let shop = Shop::open().await;
    let asha = shop.enrolled().await;
    let token = asha.person.access_token.as_str();
    shop.next_step();
    let code = asha.app.code(shop.stack.now());
    let off = async |body: Value| shop.mfa("disable", token, body).await;
    for (body, refusal) in [
        (json!({"password": PASSWORD, "code": WRONG}), "INVALID_MFA_CODE"),
        (json!({"password": "wrong password", "code": code}), "INVALID_CREDENTIALS"),
        (json!({"code": code}), "INVALID_CREDENTIALS"),
    ] {
        off(body).await.refused(StatusCode::UNAUTHORIZED, refusal);
    }
    shop.question(&asha.person.email).await;
    off(json!({"password": PASSWORD, "code": code})).await.data(StatusCode::OK);
    shop.log_in(&asha.person.email).await;
    off(json!({"password": PASSWORD, "code": code})).await.refused(StatusCode::CONFLICT, "MFA_NOT_ENABLED");
    assert_eq!((shop.audited("MFA_DISABLED").await, shop.told_of("MFA_DISABLED").await), (1, 1));
    // And on again, with another secret.
    let again = shop.enrol(asha.person).await;
    let question = shop.question(&again.person.email).await;
    shop.answer(&question, &asha.app.code(shop.stack.now()))
        .await
        .refused(StatusCode::UNAUTHORIZED, "INVALID_MFA_CODE");
    shop.next_step();
    shop.answer(&question, &again.app.code(shop.stack.now())).await.data(StatusCode::OK);
}

#[tokio::test]
async fn only_the_secret_that_was_set_up_last_can_be_confirmed_and_none_beside_one_in_use() {
    let shop = Shop::open().await;
    let asha = shop.customer().await;
    let token = asha.access_token.as_str();
    let confirm = async |app: &App| shop.mfa("verify", token, json!({"code": app.code(shop.stack.now())})).await;
    shop.mfa("verify", token, json!({"code": WRONG})).await.refused(StatusCode::CONFLICT, "MFA_NOT_ENABLED");
    shop.mfa("backup-codes", token, json!({"code": WRONG})).await.refused(StatusCode::CONFLICT, "MFA_NOT_ENABLED");
    shop.stack.clock.stop();
    let (first, second) = (shop.set_up(&asha).await, shop.set_up(&asha).await);
    confirm(&first).await.refused(StatusCode::UNAUTHORIZED, "INVALID_MFA_CODE");
    let answers = join_all((0..4).map(|_| confirm(&second))).await;
    assert_eq!(count(&answers, StatusCode::OK), 1);
    assert_eq!(count(&answers, StatusCode::CONFLICT), 3);
    confirm(&second).await.refused(StatusCode::CONFLICT, "MFA_ALREADY_ENABLED");
    let again = shop.client.post("/auth/mfa/setup").bearer(token).send().await;
    again.refused(StatusCode::CONFLICT, "MFA_ALREADY_ENABLED");
}

#[tokio::test]
async fn a_sign_in_with_a_second_factor_takes_two_round_trips_and_three_more() {
    let shop = Shop::open().await;
    let asha = shop.enrolled().await;
    shop.next_step();
    let question = shop.try_log_in(&asha.person.email, PASSWORD).await;
    assert_eq!(question.round_trips(), 2);
    let token = question.data(StatusCode::OK)["challengeToken"].as_str().unwrap();
    let answer = shop.answer(token, &asha.app.code(shop.stack.now())).await;
    answer.data(StatusCode::OK);
    assert_eq!(answer.round_trips(), 3);
}
