mod keys;
mod tokens;

use std::time::Duration;

use futures_util::future::join_all;
use harness::client::TestAnswer;
use harness::oidc::{Flavour, Running, Wish};
use harness::stack::Stack;
use http::StatusCode;
use platform::oidc::IdTokens;
use serde_json::{Value, json};

use crate::test_support::{PASSWORD, Place, Shop};

const CLIENT: &str = "haat.apps.googleusercontent.com";
const ANDROID: &str = "haat-android.apps.googleusercontent.com";
const NONCE: &str = "n-0S6_WzA2Mj";

/// A shop with both providers at its door.
struct Door {
    shop: Shop,
    idp: Running,
}

impl Door {
    async fn open() -> Self {
        let stack = Stack::connect().await;
        let idp = Running::start(stack.ambient().clone()).await;
        let tenant = stack.tenant_with(|tenant| {
            tenant.settings.google_client_ids = vec![CLIENT.to_owned(), ANDROID.to_owned()];
            tenant.settings.microsoft_client_ids = vec![CLIENT.to_owned()];
        });
        let tenant = tenant.await;
        let id_tokens = verifier(&idp, &stack);
        Self { shop: Shop::with_id_tokens(stack, tenant, id_tokens), idp }
    }

    async fn send(&self, flavour: Flavour, token: &str, nonce: &str) -> TestAnswer {
        let path = match flavour {
            Flavour::Google => "/auth/google",
            Flavour::Microsoft => "/auth/microsoft",
        };
        self.shop.client.post(path).json(json!({"idToken": token, "nonce": nonce})).send().await
    }

    /// Comes with a token as wished.
    async fn come(&self, flavour: Flavour, wish: &Wish) -> TestAnswer {
        self.send(flavour, &self.idp.providers.token(flavour, wish), NONCE).await
    }

    /// Reads the account that an answer signs in to.
    async fn account(&self, answer: &TestAnswer) -> Value {
        let token = answer.data(StatusCode::OK)["accessToken"].as_str().unwrap();
        self.shop.me(token).await.data(StatusCode::OK).clone()
    }

    async fn accounts(&self) -> usize {
        self.shop.tenant.stored("U#").await.iter().filter(|item| item["type"] == "User").count()
    }

    async fn events(&self, kind: &str) -> usize {
        let events = self.shop.tenant.stored("EVT#").await;
        events.iter().filter(|event| event["event"]["type"] == kind).count()
    }

    fn user(&self, account: &Value) -> Place {
        (format!("T#{}#U#{}", self.shop.tenant.id(), account["id"].as_str().unwrap()), "A".to_owned())
    }

    /// Registers somebody by password, with a verified address or not.
    async fn local(&self, verified: bool) -> (String, Place) {
        let person = self.shop.customer().await;
        let account = self.shop.me(&person.access_token).await.data(StatusCode::OK).clone();
        let user = self.user(&account);
        if verified {
            self.shop.set_text(&user, "emailVerifiedAt", &self.shop.stack.now().to_string()).await;
        }
        (person.email, user)
    }
}

fn verifier(idp: &Running, stack: &Stack) -> IdTokens {
    IdTokens::new(&idp.google_jwks_url(), &idp.microsoft_jwks_url(), stack.ambient().clone())
}

fn wish() -> Wish {
    Wish::of(json!({"aud": CLIENT, "nonce": NONCE}))
}

#[tokio::test]
async fn somebody_new_gets_an_account_and_somebody_known_gets_in() {
    let door = Door::open().await;
    let first = door.come(Flavour::Google, &wish()).await;
    let account = door.account(&first).await;
    assert_eq!(
        (&account["email"], &account["firstName"], &account["lastName"], &account["provider"], &account["roles"]),
        (&json!("asha@example.com"), &json!("Asha"), &json!("Rao"), &json!("GOOGLE"), &json!(["CUSTOMER"]))
    );
    let stored = json!(door.shop.tenant.stored("").await).to_string();
    for personal in ["asha@example.com", "Asha", "Rao", "110169484474386276334"] {
        assert!(!stored.contains(personal), "{personal}");
    }
    assert!(stored.contains("emailVerifiedAt"));

    // The other spelling of the issuer, another address and name: the same person.
    let changed = wish().claim("iss", "accounts.google.com").claim("email", "rao@example.com").claim("given_name", "A");
    let again = door.come(Flavour::Google, &changed).await;
    assert_eq!(again.round_trips(), 3);
    assert_eq!(door.account(&again).await["id"], account["id"]);
    assert_eq!((door.accounts().await, door.events("UserRegistered").await), (1, 1));
    assert_eq!(door.events("EmailVerificationRequested").await, 0);
    assert_eq!((door.shop.audited("IDENTITY_LINKED").await, door.shop.audited("LOGIN_SUCCEEDED").await), (1, 2));
    // There is no password to guess.
    let answer = door.shop.try_log_in("asha@example.com", PASSWORD).await;
    answer.refused(StatusCode::UNAUTHORIZED, "INVALID_CREDENTIALS");
}

#[tokio::test]
async fn what_microsoft_says_of_an_address_is_verified_by_mail() {
    let door = Door::open().await;
    let account = door.account(&door.come(Flavour::Microsoft, &wish()).await).await;
    assert_eq!((&account["email"], &account["provider"]), (&json!("asha@example.com"), &json!("MICROSOFT")));
    assert_eq!((door.events("UserRegistered").await, door.events("EmailVerificationRequested").await), (1, 1));
    let claims = wish().claim("email_verified", true).claim("email", "other@example.com").claim("sub", "pairwise");
    let again = door.come(Flavour::Microsoft, &claims).await;
    assert_eq!(door.account(&again).await["id"], account["id"]);
    // The same number in another directory is another person.
    let other = wish().claim("tid", "9188040d-6c67-4c5b-b112-36a304b66dad").claim("email", "other@example.com");
    assert_ne!(door.account(&door.come(Flavour::Microsoft, &other).await).await["id"], account["id"]);
}

#[tokio::test]
async fn little_known_people_get_names_too() {
    let door = Door::open().await;
    let nameless = wish().claim("given_name", Value::Null).claim("family_name", Value::Null);
    let account = door.account(&door.come(Flavour::Google, &nameless).await).await;
    assert_eq!((&account["firstName"], &account["lastName"]), (&json!("Asha"), &json!("Rao")));
    let nobody = nameless.claim("name", "x".repeat(200)).claim("sub", "2").claim("email", "b@example.com");
    let account = door.account(&door.come(Flavour::Google, &nobody).await).await;
    assert_eq!((&account["firstName"], &account["lastName"]), (&json!("x".repeat(40)), &json!("-")));
    let unknown = wish().claim("sub", "3").claim("email", Value::Null);
    door.come(Flavour::Google, &unknown).await.refused(StatusCode::UNPROCESSABLE_ENTITY, "IDENTITY_NOT_LINKED");
}

#[tokio::test]
async fn an_account_is_linked_only_when_both_sides_have_verified_its_address() {
    let door = Door::open().await;
    let not_linked = |answer: TestAnswer| answer.refused(StatusCode::UNPROCESSABLE_ENTITY, "IDENTITY_NOT_LINKED");
    let (unverified, _) = door.local(false).await;
    not_linked(door.come(Flavour::Google, &wish().claim("email", unverified)).await);
    let (email, user) = door.local(true).await;
    for word in [json!(false), json!("true"), json!(1), Value::Null] {
        let wish = wish().claim("email", email.as_str()).claim("email_verified", word);
        not_linked(door.come(Flavour::Google, &wish).await);
    }
    let microsoft = wish().claim("email", email.as_str()).claim("email_verified", true).claim("xms_edov", true);
    not_linked(door.come(Flavour::Microsoft, &microsoft).await);
    assert_eq!((door.shop.audited("IDENTITY_LINKED").await, door.accounts().await), (0, 2));

    let linked = door.come(Flavour::Google, &wish().claim("email", email.to_uppercase())).await;
    let account = door.account(&linked).await;
    assert_eq!((&door.user(&account), &account["email"]), (&user, &json!(email)));
    // The password goes on working, and the identity does whatever address it has now.
    door.shop.log_in(&email).await;
    let moved = wish().claim("email", "elsewhere@example.com").claim("email_verified", false);
    assert_eq!(door.account(&door.come(Flavour::Google, &moved).await).await["id"], account["id"]);
    assert_eq!((door.shop.audited("IDENTITY_LINKED").await, door.events("SecurityChanged").await), (1, 1));
    assert_eq!(door.accounts().await, 2);
}

#[tokio::test]
async fn a_closed_account_is_refused_like_a_wrong_password() {
    let door = Door::open().await;
    let (email, user) = door.local(true).await;
    door.shop.set_text(&user, "status", "SUSPENDED").await;
    let wish = wish().claim("email", email);
    door.come(Flavour::Google, &wish).await.refused(StatusCode::UNAUTHORIZED, "INVALID_CREDENTIALS");
    assert_eq!(door.shop.audited("IDENTITY_LINKED").await, 0);
    door.shop.set_text(&user, "status", "ACTIVE").await;
    door.come(Flavour::Google, &wish).await.data(StatusCode::OK);
    door.shop.set_text(&user, "status", "SUSPENDED").await;
    door.come(Flavour::Google, &wish).await.refused(StatusCode::UNAUTHORIZED, "INVALID_CREDENTIALS");
    // What opened an account that is no more opens another one.
    door.shop.set_text(&user, "status", "DELETED").await;
    let moved = wish.claim("email", "again@example.com");
    let account = door.account(&door.come(Flavour::Google, &moved).await).await;
    assert_ne!(door.user(&account), user);
    assert_eq!(door.account(&door.come(Flavour::Google, &moved).await).await["id"], account["id"]);
}

#[tokio::test]
async fn ten_first_sign_ins_at_once_make_one_account() {
    let door = Door::open().await;
    let token = door.idp.providers.token(Flavour::Google, &wish());
    let answers = join_all((0..10).map(|_| door.send(Flavour::Google, &token, NONCE))).await;
    let mut ids = Vec::new();
    for answer in &answers {
        ids.push(door.account(answer).await["id"].clone());
    }
    ids.dedup();
    assert_eq!((ids.len(), door.accounts().await), (1, 1));
    assert_eq!(door.idp.providers.reads(Flavour::Google), 1);
}

#[tokio::test]
async fn two_first_sign_ins_of_one_address_at_once_link_to_one_account_or_to_none() {
    let door = Door::open().await;
    let (email, user) = door.local(true).await;
    let token = door.idp.providers.token(Flavour::Google, &wish().claim("email", email));
    let answers = join_all((0..6).map(|_| door.send(Flavour::Google, &token, NONCE))).await;
    for answer in &answers {
        assert_eq!(door.user(&door.account(answer).await), user);
    }
    assert_eq!(door.shop.audited("IDENTITY_LINKED").await, 1);
}

#[tokio::test]
async fn the_second_factor_of_the_account_is_asked_for() {
    let door = Door::open().await;
    let first = door.come(Flavour::Google, &wish()).await;
    let token = first.data(StatusCode::OK)["accessToken"].as_str().unwrap();
    door.shop.stack.clock.stop();
    let shown = door.shop.client.post("/auth/mfa/setup").bearer(token).send().await;
    let app = harness::authenticator::App::scan(shown.data(StatusCode::OK)["otpauthUri"].as_str().unwrap());
    let code = json!({"code": app.code(door.shop.stack.now())});
    door.shop.client.post("/auth/mfa/verify").bearer(token).json(code).send().await.data(StatusCode::OK);
    door.shop.stack.clock.advance(Duration::from_secs(30));
    let asked = door.come(Flavour::Google, &wish()).await;
    let data = asked.data(StatusCode::OK);
    assert!(data["mfaRequired"] == true && data.get("accessToken").is_none());
    let code = app.code(door.shop.stack.now());
    let answer = json!({"challengeToken": data["challengeToken"], "code": code});
    door.shop.client.post("/auth/mfa/challenge").json(answer).send().await.data(StatusCode::OK);
    // An account without a password turns it off by a code alone.
    door.shop.stack.clock.advance(Duration::from_secs(30));
    let code = json!({"code": app.code(door.shop.stack.now())});
    door.shop.client.post("/auth/mfa/disable").bearer(token).json(code).send().await.data(StatusCode::OK);
    assert!(door.come(Flavour::Google, &wish()).await.data(StatusCode::OK).get("accessToken").is_some());
}

#[tokio::test]
async fn a_tenant_without_client_ids_lets_no_provider_in_and_identities_stay_in_their_tenant() {
    let door = Door::open().await;
    door.come(Flavour::Google, &wish()).await.data(StatusCode::OK);
    let away = door.shop.neighbour().await;
    let token = door.idp.providers.token(Flavour::Google, &wish());
    let body = json!({"idToken": token, "nonce": NONCE});
    for path in ["/auth/google", "/auth/microsoft"] {
        let answer = away.client.post(path).json(body.clone()).send().await;
        answer.refused(StatusCode::UNPROCESSABLE_ENTITY, "IDENTITY_PROVIDER_UNAVAILABLE");
    }
    let neighbour = Door::open().await;
    let there = neighbour.come(Flavour::Google, &wish()).await;
    assert_ne!(
        neighbour.account(&there).await["id"],
        door.account(&door.come(Flavour::Google, &wish()).await).await["id"]
    );
}
