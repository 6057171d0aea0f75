//! A shop for tests: the function in process, on a tenant of its own, with things to buy and a Razorpay to pay.

mod guest;
mod offer;
mod payer;
mod providers;

use std::sync::Arc;
use std::time::Duration;

use domain::access::Role;
use domain::address::{Address, AddressBook, PostalAddress};
use domain::ambient::Ambient;
use domain::id::{AddressId, RequestId};
use domain::tenant::Tenant;
use harness::client::{TestAnswer, TestClient, TestRequest};
use harness::member::Member;
use harness::razorpay::{Account, StandIn};
use harness::stack::{Stack, TestTenant};
use http::StatusCode;
use payments::Secret;
use payments::razorpay::Credentials;
use platform::people;
use serde_json::{Value, json};

pub(crate) use self::guest::Guest;
pub(crate) use self::offer::Offer;
pub(crate) use self::providers::HASH_SECRET;
use crate::State;

pub(crate) struct Shop {
    pub(crate) client: TestClient,
    pub(crate) tenant: TestTenant,
    pub(crate) stand_in: Arc<StandIn>,
}

/// Somebody with an address and an open purse.
#[derive(Clone)]
pub(crate) struct Buyer {
    pub(crate) member: Member,
    pub(crate) address: AddressId,
    client: TestClient,
    ambient: Ambient,
}

impl Shop {
    pub(crate) async fn open() -> Self {
        Self::open_with(|_| ()).await
    }

    pub(crate) async fn open_with(change: impl FnOnce(&mut Tenant)) -> Self {
        let stack = Stack::connect().await;
        let mut tenant = stack.tenant_with(change).await;
        let stand_in = StandIn::start(0, None).await.unwrap();
        let id = tenant.id().to_string();
        let account = Account {
            key_id: format!("rzp_test_{id}"),
            key_secret: "key-secret".to_owned(),
            account_id: format!("acc_{id}"),
            webhook_secret: "webhook-secret".to_owned(),
            // Nothing is delivered here: the tests book what the provider would tell.
            webhook_url: Some("http://127.0.0.1:9/".to_owned()),
            tenant: None,
        };
        stand_in.remote().register(&account).await.unwrap();
        let secret = |text: &str| Secret::new(text.to_owned());
        let webhook_secrets = vec![secret(&account.webhook_secret)];
        let credentials =
            Credentials::new(&account.key_id, secret(&account.key_secret), &account.account_id, webhook_secrets)
                .unwrap();
        let sealed = stack.vault().seal_credentials(&tenant.tenant, "razorpay", &credentials).await.unwrap();
        let mut record = (*tenant.tenant).clone();
        record.providers.insert("razorpay".to_owned(), sealed);
        stack.store().update_tenant(&record).await.unwrap();
        tenant.tenant = Arc::new(record);
        let state = State::new(stack.edge(), harness::gateways(&stand_in.url, stack.ambient()));
        Self { client: tenant.client(crate::router(state)), tenant, stand_in: Arc::new(stand_in) }
    }

    /// Signs in a buyer who has an address, and has not proved that their e-mail address is theirs.
    pub(crate) async fn buyer_unverified(&self) -> Buyer {
        let newcomer = self.tenant.newcomer().await;
        self.buyer_of(newcomer).await
    }

    /// Signs in a buyer who has an address.
    pub(crate) async fn buyer(&self) -> Buyer {
        let member = self.tenant.member(&[Role::Customer]).await;
        self.buyer_of(member).await
    }

    async fn buyer_of(&self, member: Member) -> Buyer {
        let stack = &self.tenant.stack;
        let id: AddressId = stack.ambient().id();
        let postal = PostalAddress {
            full_name: "Asha Rao".to_owned(),
            phone: "+919900112233".to_owned(),
            line1: "12 MG Road".to_owned(),
            line2: None,
            city: "Bengaluru".to_owned(),
            state: Some("Karnataka".to_owned()),
            postal_code: "560001".to_owned(),
            country: "IN".to_owned(),
        };
        let item = id.to_string();
        let (vault, tenant) = (stack.vault(), &self.tenant.tenant);
        let sealed = people::seal_address(vault, tenant, &member.user, &item, &postal).await.unwrap();
        let now = stack.now();
        let entry = Address { id, user: member.user.id, address: sealed, created_at: now, updated_at: now, version: 1 };
        let book = AddressBook::default().add(id, true).unwrap();
        stack.store().create_address(&self.tenant.operation(), &member.user, &book, &entry).await.unwrap();
        Buyer { member, address: id, client: self.client.clone(), ambient: stack.ambient().clone() }
    }
}

/// Repeats a request, as clients do, for as long as it is told to come back: it took too long, or its first attempt goes on.
pub(crate) async fn insist<F: Future<Output = TestAnswer>>(send: impl Fn() -> F) -> TestAnswer {
    loop {
        let answer = send().await;
        if answer.status != StatusCode::SERVICE_UNAVAILABLE && answer.body["code"] != "IN_PROGRESS" {
            return answer;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Repeats work, as the janitor and providers do, for as long as too many others are at it.
pub(crate) async fn persist<T, F: Future<Output = Result<T, store::Error>>>(work: impl Fn() -> F) -> T {
    loop {
        match work().await {
            Err(store::Error::Busy(_)) => tokio::time::sleep(Duration::from_millis(200)).await,
            done => return done.unwrap(),
        }
    }
}

impl Buyer {
    /// Speaks to another process of the function from now on.
    pub(crate) fn speak_to(&mut self, client: TestClient) {
        self.client = client;
    }

    pub(crate) fn request(&self, request: TestRequest) -> TestRequest {
        request.bearer(&self.member.token)
    }

    pub(crate) async fn get(&self, path: &str) -> TestAnswer {
        self.request(self.client.get(path)).send().await
    }

    pub(crate) async fn post(&self, path: &str, key: Option<&str>, body: Value) -> TestAnswer {
        let request = self.request(self.client.post(path)).json(body);
        match key {
            Some(key) => request.header("idempotency-key", key),
            None => request,
        }
        .send()
        .await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> TestAnswer {
        self.request(self.client.patch(path)).json(body).send().await
    }

    pub(crate) async fn delete(&self, path: &str) -> TestAnswer {
        self.request(self.client.delete(path)).send().await
    }

    pub(crate) async fn add(&self, offer: &Offer, quantity: impl Into<Value>) -> TestAnswer {
        self.post("/cart/items", None, offer.pieces(quantity)).await
    }

    pub(crate) fn checkout_body(&self) -> Value {
        json!({"addressId": self.address, "shippingMethod": "STANDARD", "paymentProvider": "razorpay"})
    }

    pub(crate) async fn check_out(&self, key: &str) -> TestAnswer {
        self.post("/orders/checkout", Some(key), self.checkout_body()).await
    }

    /// Buys pieces of an offer and returns the checkout.
    pub(crate) async fn buy(&self, offer: &Offer, quantity: u32) -> Value {
        self.add(offer, quantity).await.data(StatusCode::OK);
        let key = self.ambient.id::<RequestId>().to_string();
        self.check_out(&key).await.data(StatusCode::CREATED).clone()
    }
}
