//! Data keys follow each other while people sign in, register and refresh on several functions at once.
//!
//! In process, with a clock that the test moves: a rotation takes minutes to days. Each function has an edge of its own, so
//! what each remembers of the tenant is of another age.

use std::time::Duration;

use auth::State;
use axum::http::StatusCode;
use domain::access::Role;
use domain::catalog::LegalIdentity;
use domain::id::{OrderId, SellerId};
use domain::invoice::Series;
use domain::licence::LineLicences;
use domain::pii::Purpose;
use harness::client::{TestAnswer, TestClient};
use harness::stack::{Stack, TestTenant};
use janitor::rotation::{Progress, Rotator};
use platform::objects::Objects;
use platform::oidc::IdTokens;
use platform::passwords::Passwords;
use platform::vault::Place;
use serde_json::{Value, json};
use store::table::Consistency;
use tokio::task::JoinSet;

const PASSWORD: &str = "correct horse battery staple";

struct Town {
    stack: Stack,
    tenant: TestTenant,
    functions: Vec<TestClient>,
    rotator: Rotator,
}

#[derive(Clone)]
struct Person {
    email: String,
    phone: String,
    refresh: String,
}

fn function(tenant: &TestTenant) -> TestClient {
    let stack = &tenant.stack;
    let passwords = Passwords::new(8, 1, stack.ambient().clone()).unwrap();
    let id_tokens = IdTokens::new("http://127.0.0.1:9", "http://127.0.0.1:9", stack.ambient().clone());
    let files = Objects::new(stack.s3(), &stack.names.files_bucket, stack.ambient().clone());
    tenant.client(auth::router(State::new(stack.edge(), passwords, id_tokens, files)))
}

fn text(answer: &TestAnswer, name: &str) -> String {
    answer.data(StatusCode::OK)[name].as_str().unwrap().to_owned()
}

async fn log_in(function: &TestClient, email: &str) -> TestAnswer {
    function.post("/auth/login").json(json!({"email": email, "password": PASSWORD})).send().await
}

async fn register(function: &TestClient, email: &str, phone: &str, password: &str) {
    let body = json!({"email": email, "password": password, "firstName": "Asha", "lastName": "Rao", "phone": phone});
    function.post("/auth/register").json(body).send().await.data(StatusCode::ACCEPTED);
}

impl Town {
    async fn found() -> Self {
        let stack = Stack::connect().await;
        stack.clock.stop();
        let tenant = stack.tenant().await;
        let functions = (0..3).map(|_| function(&tenant)).collect();
        let rotator = Rotator::new(stack.store().clone(), stack.vault().clone(), stack.ambient().clone());
        Self { stack, tenant, functions, rotator }
    }

    fn fresh_email(&self) -> String {
        format!("asha.{}@example.com", u64::from_be_bytes(self.stack.ambient().bytes()))
    }

    /// Registers somebody on all functions at once, with another password on each but the first, and signs in the one who
    /// got the address.
    async fn newcomer(&self, round: usize) -> Option<Person> {
        let (email, phone) = (self.fresh_email(), format!("+9198{:08}", round));
        let mut tries = JoinSet::new();
        for (n, function) in self.functions.iter().cloned().enumerate() {
            let (email, phone) = (email.clone(), phone.clone());
            let password = if n == 0 { PASSWORD.to_owned() } else { format!("another password {n}") };
            tries.spawn(async move { register(&function, &email, &phone, &password).await });
        }
        tries.join_all().await;
        let mut opened = Vec::new();
        for n in 0..self.functions.len() {
            let password = if n == 0 { PASSWORD.to_owned() } else { format!("another password {n}") };
            let body = json!({"email": email, "password": password});
            let answer = self.functions[n].post("/auth/login").json(body).send().await;
            if answer.status == StatusCode::OK {
                opened.push((n, text(&answer, "refreshToken")));
            }
        }
        assert_eq!(opened.len(), 1, "one account of one address");
        let (winner, refresh) = opened.remove(0);
        (winner == 0).then_some(Person { email, phone, refresh })
    }

    async fn chain_of(&self, purpose: Purpose) -> domain::pii::KeyChain {
        let tenant = self.stack.store().tenant(self.tenant.scope(), Consistency::Strong).await.unwrap().unwrap();
        tenant.keys[&purpose].clone()
    }

    /// Goes on with the rotation; tells when it is done.
    async fn step(&self, purpose: Purpose) -> bool {
        let operation = self.rotator.operation(self.tenant.scope(), "run");
        matches!(self.rotator.step(&operation, purpose).await.unwrap(), Progress::Finished)
    }
}

/// Lets everybody do what people do, on all functions, while two runs of the janitor work on the same rotations.
async fn bustle(town: &Town, people: &mut [Person], purposes: &[Purpose], round: usize) -> Vec<Purpose> {
    let mut work = JoinSet::new();
    for (n, person) in people.iter().cloned().enumerate() {
        // Some functions rest in some rounds, so that what they remember is of different ages.
        let function = town.functions[(n + round) % town.functions.len()].clone();
        work.spawn(async move {
            let login = log_in(&function, &person.email).await;
            let token = text(&login, "accessToken");
            let me = function.get("/auth/me").bearer(&token).send().await;
            let me = me.data(StatusCode::OK);
            assert_eq!((me["email"].as_str(), me["phone"].as_str()), (Some(&*person.email), Some(&*person.phone)));
            let refreshed = function.post("/auth/refresh").json(json!({"refreshToken": person.refresh})).send().await;
            (n, text(&refreshed, "refreshToken"))
        });
    }
    let steps = async {
        let mut done = Vec::new();
        for purpose in purposes {
            let (one, other) = tokio::join!(town.step(*purpose), town.step(*purpose));
            if one || other {
                done.push(*purpose);
            }
        }
        done
    };
    let (done, refreshed) = tokio::join!(steps, work.join_all());
    for (n, token) in refreshed {
        people[n].refresh = token;
    }
    done
}

async fn stored(town: &Town, kind: &str) -> Vec<Value> {
    town.tenant.stored(kind).await
}

#[tokio::test]
async fn nobody_is_missed_or_refused_while_the_index_key_and_the_key_of_sessions_follow_each_other() {
    let town = Town::found().await;
    let mut people = Vec::new();
    for round in 0..3 {
        people.extend(town.newcomer(round).await);
    }
    let register_one = async |round: usize| town.newcomer(100 + round).await;
    for purpose in [Purpose::Index, Purpose::Session] {
        let operation = town.rotator.operation(town.tenant.scope(), "run");
        town.rotator.begin(&operation, purpose).await.unwrap();
        let again = town.rotator.begin(&operation, purpose).await;
        assert!(again.is_err(), "one rotation at a time");
    }
    let mut finished = false;
    for round in 0..40 {
        town.stack.clock.advance(Duration::from_secs(if round % 3 == 0 { 59 } else { 43 }));
        if round % 4 == 1 {
            people.extend(register_one(round).await);
        }
        let done = bustle(&town, &mut people, &[Purpose::Index, Purpose::Session], round).await;
        if done.contains(&Purpose::Index) {
            finished = true;
            break;
        }
    }
    assert!(finished, "the rotation of the index key ends within half an hour");
    assert!(!town.chain_of(Purpose::Index).await.is_rotating());
    // A minute later nobody remembers the old key, and everybody is found.
    town.stack.clock.advance(Duration::from_secs(61));
    bustle(&town, &mut people, &[], 0).await;
    let (users, logins) = (stored(&town, "U#").await, stored(&town, "LOGIN#").await);
    let users: Vec<_> = users.iter().filter(|item| item["type"] == "User").collect();
    assert_eq!(users.len(), logins.len(), "each account has one login record, at its new place");
    for login in &logins {
        let place = login["pk"].as_str().unwrap().rsplit('#').next().unwrap();
        assert!(users.iter().any(|user| user["emailIndex"] == place && user["id"] == login["user"]));
    }
    let vault = town.stack.vault();
    let tenant = town.stack.store().tenant(town.tenant.scope(), Consistency::Strong).await.unwrap().unwrap();
    for person in &people {
        let places = vault.index_places(&tenant, "user.phone", &person.phone).await.unwrap();
        let places: Vec<_> = places.read().cloned().collect();
        let found = town.stack.store().users_with_phone(town.tenant.scope(), &places).await.unwrap();
        assert_eq!(found.len(), 1, "found by phone under the new key");
    }
    // Sessions begun under the old key live on under it for as long as they may.
    assert!(town.chain_of(Purpose::Session).await.is_rotating());
}

/// Has a seller issue the invoice of an order whose buyer is erased then. Returns the order.
async fn invoiced_and_erased(town: &Town) -> OrderId {
    let (store, scope, tenant) = (town.stack.store(), town.tenant.scope(), &town.tenant.tenant);
    let buyer = town.tenant.member(&[Role::Customer]).await.user;
    let placed = town.tenant.sale(buyer.id, &["Gear"]).await;
    town.tenant.pay_sale(&placed).await;
    let order = store.order(scope, placed.orders[0].id).await.unwrap().unwrap();
    let (legal_name, address) = ("Kiran Rao".to_owned(), vec!["12 MG Road".to_owned()]);
    let identity = LegalIdentity { legal_name, tax_id: None, address };
    let issuer = platform::people::seal_issuer(town.stack.vault(), tenant, order.id, &identity).await.unwrap();
    let (series, operation) = (Series::of_invoices(tenant, None, town.stack.now()), town.tenant.operation());
    store.number_invoice(&operation, &series, &order, Some(&issuer)).await.unwrap();
    let buyer = store.user(scope, buyer.id, Consistency::Strong).await.unwrap().unwrap();
    assert_eq!(store.erase_user(&operation, &buyer, None).await.unwrap(), store::privacy::Erasure::Done);
    order.id
}

#[tokio::test]
async fn what_is_sealed_is_made_anew_before_its_key_goes() {
    let town = Town::found().await;
    let mut people = Vec::new();
    for round in 0..3 {
        people.extend(town.newcomer(round).await);
    }
    let (store, scope) = (town.stack.store(), town.tenant.scope());
    let buyer = store.everybody(scope, 10, None).await.unwrap().items[0];
    let mut licensed = town.tenant.item("Spiral vase");
    licensed.product.licence_keys = true;
    let placed = town.tenant.sale_of(buyer, vec![licensed]).await;
    let item = placed.orders[0].id.to_string();
    let user = store.user(scope, buyer, Consistency::Strong).await.unwrap().unwrap();
    let place = Place::of(user.key_part.as_ref().unwrap(), &item, "licences.0");
    let keys = town.stack.vault().seal_json(&town.tenant.tenant, Purpose::Pii, place, &["7QK2M"]).await.unwrap();
    let licences = LineLicences { order: placed.orders[0].id, line: 0, user: buyer, keys, issued_at: town.stack.now() };
    assert!(store.keep_licences(&town.tenant.operation(), &licences, &[]).await.unwrap());
    let token = text(&log_in(&town.functions[0], &people[0].email).await, "accessToken");
    let identity = json!({"legalName": "Asha Rao", "taxId": null, "address": ["12 MG Road"]});
    let account = "GB33BUKB20201555555555";
    let profile =
        json!({"name": "Layer by Layer", "slug": "layers", "payoutAccount": account, "legalIdentity": identity});
    let profile = town.functions[0].post("/sellers").bearer(&token).json(profile).send().await;
    let seller: SellerId = serde_json::from_value(profile.data(StatusCode::CREATED)["id"].clone()).unwrap();
    let of_erased = invoiced_and_erased(&town).await;
    let operation = town.rotator.operation(scope, "run");
    town.rotator.begin(&operation, Purpose::Pii).await.unwrap();
    for round in 0..17 {
        town.stack.clock.advance(Duration::from_secs(59));
        bustle(&town, &mut people, &[Purpose::Pii], round).await;
    }
    // After the first pass nothing is left that only the old key opens, but it is kept for what lives for days.
    let tenant = store.tenant(scope, Consistency::Strong).await.unwrap().unwrap();
    assert!(tenant.keys[&Purpose::Pii].is_rotating());
    let user = store.user(scope, buyer, Consistency::Strong).await.unwrap().unwrap();
    let order = store.order(scope, placed.orders[0].id).await.unwrap().unwrap();
    let [licences] = store.licences(scope, &order).await.unwrap().try_into().unwrap();
    let profile = store.seller(scope, seller, Consistency::Strong).await.unwrap().unwrap();
    let of_profile = [profile.payout_account.as_ref().unwrap(), profile.legal_identity.as_ref().unwrap()];
    let invoice = store.invoice(scope, of_erased).await.unwrap().unwrap();
    let of_orders = [&order.address, &licences.keys, invoice.issuer.as_ref().unwrap()];
    let of_person = [&user.email, &user.first_name, user.phone.as_ref().unwrap()];
    for sealed in of_person.into_iter().chain(of_profile).chain(of_orders) {
        assert!(!town.stack.vault().is_outdated(&tenant, Purpose::Pii, sealed).unwrap());
    }
    town.stack.clock.advance(Purpose::Pii.linger());
    let mut finished = false;
    for _ in 0..4 {
        town.stack.clock.advance(Duration::from_secs(301));
        finished = finished || town.step(Purpose::Pii).await;
    }
    assert!(finished);
    let tenant = store.tenant(scope, Consistency::Strong).await.unwrap().unwrap();
    assert_eq!(tenant.keys[&Purpose::Pii].newest().unwrap().version, 2);
    assert!(!tenant.keys[&Purpose::Pii].is_rotating());
    for person in &people {
        let token = text(&log_in(&town.functions[0], &person.email).await, "accessToken");
        let me = town.functions[1].get("/auth/me").bearer(&token).send().await;
        assert_eq!(me.data(StatusCode::OK)["email"], person.email);
    }
    let token = text(&log_in(&town.functions[0], &people[0].email).await, "accessToken");
    let own = town.functions[2].get("/sellers/mine").bearer(&token).send().await;
    assert_eq!(own.data(StatusCode::OK)["payoutAccount"], "••••5555");
    assert_eq!(own.data(StatusCode::OK)["legalIdentity"], identity);
    let issuer = platform::people::open_issuer(town.stack.vault(), &tenant, &invoice).await.unwrap();
    assert_eq!(issuer.unwrap().legal_name, "Kiran Rao");
    let vault = town.stack.vault();
    let keys: Vec<String> = vault.open_json(&tenant, Purpose::Pii, place, &licences.keys).await.unwrap();
    assert_eq!(keys, ["7QK2M"]);
    let address = platform::people::open_address(vault, &tenant, Some(&user), &item, &order.address).await;
    assert_eq!(address.unwrap().city, "Chennai");
}
