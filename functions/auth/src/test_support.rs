//! A shop for tests: the function in process, on a tenant of its own.

use aws_sdk_dynamodb::types::AttributeValue as Stored;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::ticket::TicketKind;
use harness::client::{TestAnswer, TestClient};
use harness::stack::{Stack, TestTenant};
use http::StatusCode;
use platform::objects::Objects;
use platform::oidc::IdTokens;
use platform::passwords::Passwords;
use platform::tickets;
use serde_json::{Value, json};

use crate::State;

pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// [`PASSWORD`] as another system has kept it: bcrypt at cost 4.
pub(crate) const BCRYPT_OF_PASSWORD: &str = "$2b$04$abcdefghijklmnopqrstuu7EJV7kdjBBQxyb0HjTh9KS7.Lah/6CG";

/// The two parts of a key of the table.
pub(crate) type Place = (String, String);

/// A tenant and a client of the function that speaks for it.
pub(crate) struct Shop {
    pub(crate) stack: Stack,
    pub(crate) tenant: TestTenant,
    pub(crate) client: TestClient,
}

/// A signed-in customer.
#[derive(Debug, Clone)]
pub(crate) struct SignedIn {
    pub(crate) email: String,
    pub(crate) access_token: String,
    pub(crate) refresh_token: String,
}

impl Shop {
    pub(crate) async fn open() -> Self {
        let stack = Stack::connect().await;
        let tenant = stack.tenant().await;
        Self::of(stack, tenant)
    }

    /// Opens a shop after `change` has had its say about the tenant.
    pub(crate) async fn open_with(change: impl FnOnce(&mut domain::tenant::Tenant)) -> Self {
        let stack = Stack::connect().await;
        let tenant = stack.tenant_with(change).await;
        Self::of(stack, tenant)
    }

    /// Another shop on the same stack.
    pub(crate) async fn neighbour(&self) -> Self {
        Self::of(self.stack.clone(), self.stack.tenant().await)
    }

    fn of(stack: Stack, tenant: TestTenant) -> Self {
        // Nobody answers there: a test of other providers brings its own.
        let id_tokens = IdTokens::new("http://127.0.0.1:9", "http://127.0.0.1:9", stack.ambient().clone());
        Self::with_id_tokens(stack, tenant, id_tokens)
    }

    /// A shop that knows other identity providers.
    pub(crate) fn with_id_tokens(stack: Stack, tenant: TestTenant, id_tokens: IdTokens) -> Self {
        Self::with(stack, tenant, id_tokens, 8)
    }

    /// A shop whose passwords are hashed in so much memory, in KiB.
    pub(crate) async fn with_password_cost(memory: u32) -> Self {
        let stack = Stack::connect().await;
        let tenant = stack.tenant().await;
        let id_tokens = IdTokens::new("http://127.0.0.1:9", "http://127.0.0.1:9", stack.ambient().clone());
        Self::with(stack, tenant, id_tokens, memory)
    }

    fn with(stack: Stack, tenant: TestTenant, id_tokens: IdTokens, memory: u32) -> Self {
        let passwords = Passwords::new(memory, 1, stack.ambient().clone()).unwrap();
        let files = Objects::new(stack.s3(), &stack.names.files_bucket, stack.ambient().clone());
        let client = tenant.client(crate::router(State::new(stack.edge(), passwords, id_tokens, files)));
        Self { stack, tenant, client }
    }

    /// Registers somebody and signs them in.
    pub(crate) async fn customer(&self) -> SignedIn {
        let email = self.registered().await;
        self.log_in(&email).await
    }

    /// Registers somebody, and returns their address.
    pub(crate) async fn registered(&self) -> String {
        let email = self.new_email();
        let body = json!({"email": email, "password": PASSWORD, "firstName": "Asha", "lastName": "Rao"});
        self.client.post("/auth/register").json(body).send().await.data(StatusCode::ACCEPTED);
        email
    }

    pub(crate) fn new_email(&self) -> String {
        let random = u64::from_be_bytes(self.stack.ambient().bytes());
        format!("asha.{random}@example.com")
    }

    pub(crate) async fn log_in(&self, email: &str) -> SignedIn {
        let answer = self.try_log_in(email, PASSWORD).await;
        let data = answer.data(StatusCode::OK);
        let text = |name: &str| data[name].as_str().unwrap().to_owned();
        SignedIn { email: email.to_owned(), access_token: text("accessToken"), refresh_token: text("refreshToken") }
    }

    pub(crate) async fn try_log_in(&self, email: &str, password: &str) -> TestAnswer {
        self.client.post("/auth/login").json(json!({"email": email, "password": password})).send().await
    }

    pub(crate) async fn refresh(&self, token: &str) -> TestAnswer {
        self.client.post("/auth/refresh").json(json!({"refreshToken": token})).send().await
    }

    pub(crate) async fn me(&self, token: &str) -> TestAnswer {
        self.client.get("/auth/me").bearer(token).send().await
    }

    /// Where the login record of an e-mail is.
    pub(crate) async fn login_record(&self, email: &str) -> Place {
        let index = self.stack.vault().blind_index(&self.tenant.tenant, "user.email", email).await.unwrap();
        (format!("T#{}#LOGIN#{}", self.tenant.id(), index.as_text()), "A".to_owned())
    }

    /// Where the account of somebody who is signed in is.
    pub(crate) async fn user_place(&self, person: &SignedIn) -> Place {
        let id = self.me(&person.access_token).await.data(StatusCode::OK)["id"].as_str().unwrap().to_owned();
        (format!("T#{}#U#{id}", self.tenant.id()), "A".to_owned())
    }

    /// Reads a text attribute as it is stored.
    pub(crate) async fn text(&self, (pk, sk): &Place, attribute: &str) -> String {
        let request = self.stack.dynamodb().get_item().table_name(&self.stack.names.table).consistent_read(true);
        let answer = request.key("pk", Stored::S(pk.clone())).key("sk", Stored::S(sk.clone())).send().await.unwrap();
        answer.item.unwrap()[attribute].as_s().unwrap().clone()
    }

    /// Overwrites a text attribute, as no function would.
    pub(crate) async fn set_text(&self, place: &Place, attribute: &str, value: &str) {
        self.set(place, attribute, Stored::S(value.to_owned())).await;
    }

    /// Overwrites a list of texts, as no function would.
    pub(crate) async fn set_list(&self, place: &Place, attribute: &str, values: &[&str]) {
        let values = values.iter().map(|value| Stored::S((*value).to_owned())).collect();
        self.set(place, attribute, Stored::L(values)).await;
    }

    /// Overwrites a flag, as no function would.
    pub(crate) async fn set_flag(&self, place: &Place, attribute: &str, value: bool) {
        self.set(place, attribute, Stored::Bool(value)).await;
    }

    async fn set(&self, (pk, sk): &Place, attribute: &str, value: Stored) {
        let request = self.stack.dynamodb().update_item().table_name(&self.stack.names.table);
        let request = request.key("pk", Stored::S(pk.clone())).key("sk", Stored::S(sk.clone()));
        let request = request.update_expression("SET #a = :v").condition_expression("attribute_exists(pk)");
        request
            .expression_attribute_names("#a", attribute)
            .expression_attribute_values(":v", value)
            .send()
            .await
            .unwrap();
    }

    /// Has the function read the tenant again, which it does once a minute: so that nobody's request pays for it.
    pub(crate) async fn warm_up(&self) {
        let nothing = self.client.post("/auth/verify-email").json(json!({"token": ""})).send().await;
        nothing.refused(StatusCode::BAD_REQUEST, "INVALID_TICKET");
    }

    /// Returns the token that the newest mail of a kind to an account brings, as the mailer opens it.
    pub(crate) async fn mailed(&self, email: &str, kind: TicketKind) -> String {
        let user = self.text(&self.login_record(email).await, "user").await.parse().unwrap();
        let found = self.stack.store().ticket_with_user(self.tenant.scope(), user, kind).await.unwrap();
        let (ticket, user) = found.unwrap_or_else(|| panic!("no ticket of {kind:?}"));
        tickets::open_token(self.stack.vault(), &self.tenant.tenant, &user, &ticket).await.unwrap().unwrap()
    }

    /// Counts the events of a type, such as `PasswordResetRequested`, that were published.
    pub(crate) async fn told(&self, kind: &str) -> usize {
        let rows = self.tenant.stored("EVT#").await;
        rows.iter().filter(|row| row["type"] == "Event" && row["event"]["type"] == kind).count()
    }

    /// Counts the rows of the audit trail that tell of `action`.
    pub(crate) async fn audited(&self, action: &str) -> usize {
        self.tenant.stored("AUD#").await.iter().filter(|row| row["action"] == action).count()
    }
}

/// Reads one of the parts of a JWT.
pub(crate) fn part(token: &str, index: usize) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(index).unwrap()).unwrap()).unwrap()
}
