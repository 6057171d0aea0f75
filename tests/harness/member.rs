//! People of a test's tenant, signed in without the detour over registration and login.
#![allow(clippy::expect_used, reason = "a step that fails here fails the test that asked for it")]

use std::time::Duration;

use axum::Router;
use domain::access::Role;
use domain::ambient::Ambient;
use domain::catalog::Seller;
use domain::id::{RequestId, SessionId};
use domain::operation::Actor;
use domain::session::{Device, Session};
use domain::user::{Email, PersonName, User};
use platform::config::Environment;
use platform::passwords::{Password, Passwords};
use platform::people::{self, Profile};
use platform::tokens::{AccessClaims, SigningKey};
use store::platform::SigningKeyRecord;
use tokio::sync::OnceCell;
use web::{Edge, EdgeConfig};

use crate::client::TestClient;
use crate::stack::{Stack, TestTenant};

/// Who issues the tokens of tests in process.
pub const ISSUER: &str = "https://api.haat.test";
/// The domain whose subdomains are the tenants of tests in process.
pub const BASE_DOMAIN: &str = "haat.test";

/// Makes up an address that nobody has.
fn fresh_email(ambient: &Ambient) -> String {
    format!("{}@example.com", ambient.id::<RequestId>()).to_lowercase()
}

/// A signed-in person of a test's tenant.
#[derive(Debug, Clone)]
pub struct Member {
    /// The person.
    pub user: User,
    /// The e-mail address.
    pub email: String,
    /// The session.
    pub session: SessionId,
    /// The access token.
    pub token: String,
}

impl Stack {
    /// Makes the edge of a function under test, on this stack's table, vault and clock.
    pub fn edge(&self) -> Edge {
        self.edge_with(|_| ())
    }

    /// Makes an edge after `change` has had its say.
    pub fn edge_with(&self, change: impl FnOnce(&mut EdgeConfig)) -> Edge {
        let mut config = EdgeConfig {
            environment: Environment::Local,
            base_domain: BASE_DOMAIN.to_owned(),
            allow_tenant_header: true,
            issuer: ISSUER.to_owned(),
            server_timing: true,
            deadline: Duration::from_secs(20),
            cdn_secret: None,
        };
        change(&mut config);
        Edge::new(config, self.store().clone(), self.vault().clone(), self.ambient().clone())
    }

    /// Returns a published key to sign access tokens with: the stack's own, or a new one where there is none yet.
    pub async fn signing_key(&self) -> &'static SigningKey {
        static KEY: OnceCell<SigningKey> = OnceCell::const_new();
        let found = KEY.get_or_init(|| async {
            loop {
                let now = self.now();
                let known = self.store().signing_keys().await.expect("the keys can be read");
                if let Some(record) =
                    known.iter().rfind(|record| record.signs_from <= now && now < record.verifies_until)
                {
                    let unwrapped = SigningKey::unwrap(self.vault(), &record.wrapped_private).await;
                    return unwrapped.expect("the stack's KMS key wrapped it");
                }
                let key = SigningKey::generate().expect("the system makes keys");
                let record = SigningKeyRecord {
                    number: known.iter().map(|record| record.number).max().unwrap_or(0).saturating_add(1),
                    kid: key.kid().to_owned(),
                    public_jwk: serde_json::to_string(key.jwk()).expect("a key is JSON"),
                    wrapped_private: key.wrap(self.vault()).await.expect("KMS wraps"),
                    created_at: now,
                    signs_from: now,
                    verifies_until: now.plus(Duration::from_secs(90 * 24 * 60 * 60)),
                };
                // Another test may have been first: then its key is the one.
                if self.store().create_signing_key(&record).await.is_ok() {
                    return key;
                }
            }
        });
        found.await
    }
}

impl TestTenant {
    /// Makes a client of a function's router that speaks for this tenant.
    pub fn client(&self, router: Router) -> TestClient {
        TestClient::of_router(router).tenant(&self.tenant.subdomain)
    }

    /// Opens an account with these roles and signs it in. Sellers get the id of a seller profile.
    pub async fn member(&self, roles: &[Role]) -> Member {
        let (user, email) = self.account(roles, None, true).await;
        self.sign_in(user, email).await
    }

    /// Opens the account of a customer who has not proved yet that their e-mail address is theirs, and signs them in.
    pub async fn newcomer(&self) -> Member {
        let (user, email) = self.account(&[Role::Customer], None, false).await;
        self.sign_in(user, email).await
    }

    /// Opens an account with these roles and a password to log in with, and returns its e-mail address.
    pub async fn member_with_password(&self, roles: &[Role], password: &str) -> String {
        let passwords = Passwords::new(8, 1, self.stack.ambient().clone()).expect("the smallest parameters are valid");
        let hash = passwords.hash(Password::typed(password)).await.expect("the password is hashed");
        self.account(roles, Some(hash), true).await.1
    }

    async fn account(&self, roles: &[Role], password_hash: Option<String>, verified: bool) -> (User, String) {
        let stack = &self.stack;
        let operation = self.operation_by(Actor::Anonymous);
        let text = fresh_email(stack.ambient());
        let profile = Profile {
            email: Email::new(&text).expect("an id makes an address"),
            phone: None,
            first_name: PersonName::new("Asha").expect("a name"),
            last_name: PersonName::new("Rao").expect("a name"),
        };
        let opened = people::open_account(stack.vault(), &self.tenant, &operation, &profile, roles.to_vec()).await;
        let mut user = opened.expect("the vault seals");
        user.seller = roles.contains(&Role::Seller).then(|| Seller::id_of(user.id));
        user.email_verified_at = verified.then_some(operation.now);
        let id = user.id;
        let operation = self.operation_by(Actor::User { id, roles: roles.to_vec() });
        stack.store().register(&operation, &user, password_hash).await.expect("the account opens");
        (user, text)
    }

    /// Opens another session of a user.
    pub async fn sign_in(&self, user: User, email: String) -> Member {
        let stack = &self.stack;
        let session: SessionId = stack.ambient().id();
        let opened = Session::open(session, user.id, user.roles.clone(), String::new(), Device::default(), stack.now());
        let operation = self.operation_by(Actor::User { id: user.id, roles: user.roles.clone() });
        stack.store().create_session(&operation, &opened).await.expect("the session is new");
        let claims = AccessClaims::issue(ISSUER, self.id(), user.id, session, user.roles.clone(), stack.ambient());
        let token = stack.signing_key().await.sign(&claims).expect("the key signs");
        Member { user, email, session, token }
    }
}
