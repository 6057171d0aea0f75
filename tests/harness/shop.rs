//! The deployed stack as people see it: a shop with something to sell, shoppers, the mails that arrive.
//!
//! Everything goes through HTTP, except what has no route: a tenant is opened and its seller let in through the store.
#![allow(clippy::expect_used, clippy::panic, reason = "a step that fails here fails the test that asked for it")]

use std::time::Duration;

use axum::http::StatusCode;
use domain::access::Role;
use payments::Secret;
use payments::razorpay::Credentials;
use platform::config::Env;
use serde_json::{Value, json};

use crate::client::{TestAnswer, TestClient};
use crate::razorpay::{Account, Deliver, Paid, Pay, Remote};
use crate::stack::{Stack, TestTenant};

/// The password of everybody in tests.
pub const PASSWORD: &str = "correct horse battery staple";

/// A tenant of the deployed stack that sells, with its account at the payment stand-in.
pub struct Shop {
    /// The tenant.
    pub tenant: TestTenant,
    /// The API, speaking for the tenant.
    pub api: TestClient,
    /// The payment stand-in.
    pub provider: Remote,
    /// The seller.
    pub seller: Shopper,
    mails_url: String,
    http: reqwest::Client,
}

/// Something to buy.
#[derive(Debug, Clone)]
pub struct Offer {
    /// The product.
    pub product: String,
    /// Its only material.
    pub material: String,
    /// The file of its only model.
    pub file: String,
    /// The bytes of that file.
    pub bytes: Vec<u8>,
}

/// Somebody who is signed in.
#[derive(Clone)]
pub struct Shopper {
    api: TestClient,
    /// The e-mail address.
    pub email: String,
    /// The access token.
    pub token: String,
    /// The refresh token.
    pub refresh_token: String,
}

/// A mail that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// The subject.
    pub subject: String,
    /// The text part.
    pub text: String,
}

impl Shop {
    /// Opens a shop of its own for one test.
    pub async fn open() -> Self {
        Self::open_with(|_| ()).await
    }

    /// Opens a shop after `change` has had its say about the tenant.
    pub async fn open_with(change: impl FnOnce(&mut domain::tenant::Tenant)) -> Self {
        let env = Env::process();
        let required =
            |name: &str| env.optional_text(name).unwrap_or_else(|| panic!("{name} is not set: run `make test`"));
        let stack = Stack::deployed().await;
        let tenant = stack.tenant_with(change).await;
        let provider = Remote::at(&required("HAAT_TEST_STANDIN_URL"));
        accept_payments(&tenant, &provider).await;
        let api = TestClient::of_url(&required("HAAT_TEST_API_URL")).tenant(tenant.id());
        let member = tenant.member_with_password(&[Role::Seller], PASSWORD).await;
        let seller = Shopper::log_in(&api, &member).await;
        let mails_url = format!("{}/_ministack/ses/messages", stack.endpoint);
        Self { tenant, api, provider, seller, mails_url, http: reqwest::Client::new() }
    }

    /// Puts a product with `stock` pieces of one material and one 3D model on sale.
    pub async fn offer(&self, name: &str, stock: u32) -> Offer {
        let seller = &self.seller;
        let number: domain::id::ProductId = self.tenant.stack.ambient().id();
        let sku: String = number.to_string().chars().rev().take(12).collect();
        let currency = self.tenant.tenant.settings.currency.code();
        let product = json!({
            "name": name, "sku": format!("SKU-{sku}"), "description": "<p>Printed to order.</p>",
            "basePrice": {"amount": 49_900, "currency": currency}, "stockPolicy": "FINITE", "status": "ACTIVE",
        });
        let product = id(seller.post("/products", product).await.data(StatusCode::CREATED));
        let material =
            json!({"name": "PLA, white", "surcharge": {"amount": 5_000, "currency": currency}, "stock": stock});
        let answer = seller.post(&format!("/products/{product}/materials"), material).await;
        let material = id(answer.data(StatusCode::CREATED));
        let bytes = triangle();
        let file = seller.upload("vase.stl", &bytes).await;
        let model = json!({"fileId": file, "name": "Vase", "licence": "CC-BY-4.0"});
        seller.post(&format!("/products/{product}/models"), model).await.data(StatusCode::CREATED);
        Offer { product, material, file, bytes }
    }

    /// Opens an account and signs in.
    pub async fn shopper(&self) -> Shopper {
        let number: domain::id::UserId = self.tenant.stack.ambient().id();
        let email = format!("{number}@example.com").to_lowercase();
        let body = json!({"email": email, "password": PASSWORD, "firstName": "Asha", "lastName": "Rao"});
        let answer = self.api.post("/auth/register").json(body).send().await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text());
        Shopper::log_in(&self.api, &email).await
    }

    /// Pays what a payment was opened for.
    pub async fn pay(&self, payment: &Value, deliver: Deliver) -> Paid {
        let order = payment["razorpayOrderId"].as_str().expect("a payment names Razorpay's order");
        let attempt = Pay { deliver, ..Pay::default() };
        self.provider.pay(order, &attempt).await.expect("the stand-in takes the money")
    }

    /// Returns the mails to an address so far, oldest first, without the one by which every registration asks to verify it.
    pub async fn mails(&self, to: &str) -> Vec<Mail> {
        let mut mails = self.all_mails(to).await;
        mails.retain(|mail| !mail.text.contains("/verify-email?token="));
        mails
    }

    /// Waits for the mail to an address that brings a link to a page, such as `verify-email`, and returns its token. Of several
    /// it is the newest one's.
    pub async fn mailed_token(&self, to: &str, page: &str) -> String {
        let start = format!("/{page}?token=");
        eventually("the mail with the link arrives", async || {
            let mails = self.all_mails(to).await;
            let link = mails.iter().rev().find_map(|mail| mail.text.split_once(&start))?;
            link.1.split_whitespace().next().map(str::to_owned)
        })
        .await
    }

    /// Returns all mails to an address so far, oldest first.
    pub async fn all_mails(&self, to: &str) -> Vec<Mail> {
        let answer = self.http.get(&self.mails_url).send().await.expect("the local AWS answers");
        let body: Value = answer.json().await.expect("JSON");
        let mut found = Vec::new();
        collect_mails(&body, to, &mut found);
        found
    }

    /// Returns every mail that anybody got so far, as the local AWS keeps it.
    pub async fn every_mail(&self) -> Vec<Value> {
        let answer = self.http.get(&self.mails_url).send().await.expect("the local AWS answers");
        let body: Value = answer.json().await.expect("JSON");
        let mut found = Vec::new();
        collect_raw(&body, &mut found);
        found
    }

    /// Waits until there are `count` mails to an address, and a moment longer in case there are more.
    pub async fn await_mails(&self, to: &str, count: usize) -> Vec<Mail> {
        eventually("the mails arrive", async || {
            let mails = self.mails(to).await;
            (mails.len() >= count).then_some(())
        })
        .await;
        tokio::time::sleep(Duration::from_secs(2)).await;
        self.mails(to).await
    }
}

/// Finds every mail, wherever the local AWS has put it.
fn collect_raw(value: &Value, found: &mut Vec<Value>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect_raw(item, found)),
        Value::Object(fields) if fields.get("To").is_some_and(Value::is_array) => found.push(value.clone()),
        Value::Object(fields) => fields.values().for_each(|field| collect_raw(field, found)),
        _ => {}
    }
}

/// Finds the mails to an address wherever the local AWS has put them: it groups them by account.
fn collect_mails(value: &Value, to: &str, found: &mut Vec<Mail>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect_mails(item, to, found)),
        Value::Object(fields) => match fields.get("To").and_then(Value::as_array) {
            Some(addresses)
                if addresses.iter().any(|address| address.as_str().is_some_and(|text| text.contains(to))) =>
            {
                let text = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
                found.push(Mail { subject: text("Subject"), text: text("BodyText") });
            }
            Some(_) => {}
            None => fields.values().for_each(|field| collect_mails(field, to, found)),
        },
        _ => {}
    }
}

/// How long a test waits for what happens after an answer: the janitor comes by once a minute, a busy machine's disk may hold
/// everything up for half a minute, and a message that was not taken in time comes again.
const PATIENCE: Duration = Duration::from_secs(150);

/// Asks again until there is an answer, at first five times a second.
///
/// # Panics
/// When there is none after two and a half minutes.
pub async fn eventually<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let asking = async {
        let mut asked = 0_u32;
        loop {
            if let Some(answer) = ask().await {
                return answer;
            }
            asked = asked.saturating_add(1);
            tokio::time::sleep(Duration::from_millis(if asked < 50 { 200 } else { 1000 })).await;
        }
    };
    let answer = tokio::time::timeout(PATIENCE, asking).await;
    answer.unwrap_or_else(|_| panic!("waited {} s in vain: {what}", PATIENCE.as_secs()))
}

async fn accept_payments(tenant: &TestTenant, provider: &Remote) {
    let suffix = tenant.id().to_string();
    let account = Account {
        key_id: format!("rzp_test_{suffix}"),
        key_secret: format!("key-secret-{suffix}"),
        account_id: format!("acc_{suffix}"),
        webhook_secret: format!("webhook-secret-{suffix}"),
        webhook_url: None,
        tenant: Some(suffix),
    };
    provider.register(&account).await.expect("the stand-in takes the account");
    let secret = |text: &str| Secret::new(text.to_owned());
    let webhook_secrets = vec![secret(&account.webhook_secret)];
    let credentials =
        Credentials::new(&account.key_id, secret(&account.key_secret), &account.account_id, webhook_secrets)
            .expect("complete credentials");
    let vault = tenant.stack.vault();
    let sealed = vault.seal_credentials(&tenant.tenant, "razorpay", &credentials).await.expect("the vault seals");
    let mut changed = (*tenant.tenant).clone();
    changed.providers.insert("razorpay".to_owned(), sealed);
    tenant.stack.store().update_tenant(&changed).await.expect("nobody else changes the tenant");
}

impl Shopper {
    /// Takes somebody who has signed in by themselves.
    pub fn with_tokens(api: &TestClient, email: &str, token: &str, refresh_token: &str) -> Self {
        let (email, token, refresh_token) = (email.to_owned(), token.to_owned(), refresh_token.to_owned());
        Self { api: api.clone(), email, token, refresh_token }
    }

    /// Signs in with the password of everybody.
    pub async fn log_in(api: &TestClient, email: &str) -> Self {
        let answer = api.post("/auth/login").json(json!({"email": email, "password": PASSWORD})).send().await;
        let data = answer.data(StatusCode::OK);
        let text = |name: &str| data[name].as_str().unwrap_or_else(|| panic!("login gives no {name}")).to_owned();
        Self {
            api: api.clone(),
            email: email.to_owned(),
            token: text("accessToken"),
            refresh_token: text("refreshToken"),
        }
    }

    /// Reads something.
    pub async fn get(&self, path: &str) -> TestAnswer {
        self.api.get(path).bearer(&self.token).send().await
    }

    /// Sends something.
    pub async fn post(&self, path: &str, body: Value) -> TestAnswer {
        self.api.post(path).bearer(&self.token).json(body).send().await
    }

    /// Sends something under an idempotency key.
    pub async fn post_once(&self, path: &str, key: &str, body: Value) -> TestAnswer {
        self.api.post(path).bearer(&self.token).header("idempotency-key", key).json(body).send().await
    }

    /// Uploads a 3D model and returns its file id.
    pub async fn upload(&self, name: &str, bytes: &[u8]) -> String {
        self.upload_for("product-model", "model/stl", name, bytes).await
    }

    /// Uploads a file for some purpose and returns its file id.
    pub async fn upload_for(&self, purpose: &str, content_type: &str, name: &str, bytes: &[u8]) -> String {
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
        let request = json!({
            "purpose": purpose, "name": name, "size": bytes.len(), "type": content_type,
            "sha256": hex::encode(digest.as_ref()),
        });
        let answer = self.post("/files/uploads", request).await;
        let upload = answer.data(StatusCode::CREATED).clone();
        let file = upload["fileId"].as_str().expect("an upload names its file").to_owned();
        let put = self.put(&upload, bytes).await;
        assert!(put.is_success(), "the upload was answered {put}");
        self.post(&format!("/files/uploads/{file}/complete"), json!({})).await.data(StatusCode::OK);
        file
    }

    /// Sends bytes to a signed upload address.
    pub async fn put(&self, upload: &Value, bytes: &[u8]) -> reqwest::StatusCode {
        let upload = &upload["upload"];
        let url = upload["url"].as_str().expect("an upload has an address");
        let mut request = reqwest::Client::new().put(url).body(bytes.to_vec());
        for (name, value) in upload["headers"].as_object().into_iter().flatten() {
            if name != "content-length" && name != "host" {
                request = request.header(name, value.as_str().expect("a header is text"));
            }
        }
        request.send().await.expect("S3 answers").status()
    }

    /// Puts pieces of an offer into the cart.
    pub async fn add_to_cart(&self, offer: &Offer, quantity: u32) -> TestAnswer {
        let body = json!({"productId": offer.product, "materialId": offer.material, "quantity": quantity});
        self.post("/cart/items", body).await
    }

    /// Keeps an address and returns its id.
    pub async fn address(&self) -> String {
        let body = json!({
            "fullName": "Asha Rao", "phone": "+919812345678", "line1": "12 MG Road", "city": "Bengaluru",
            "state": "Karnataka", "postalCode": "560001", "country": "IN",
        });
        id(self.post("/users/me/addresses", body).await.data(StatusCode::CREATED))
    }

    /// Checks the cart out.
    pub async fn check_out(&self, address: &str, key: &str) -> TestAnswer {
        let body = json!({"addressId": address, "shippingMethod": "STANDARD", "paymentProvider": "razorpay"});
        self.post_once("/orders/checkout", key, body).await
    }

    /// Opens the payment of a checkout.
    pub async fn open_payment(&self, group: &str) -> Value {
        let body = json!({"orderGroupId": group, "provider": "razorpay"});
        let answer = self.post_once("/payments/initiate", &format!("pay-{group}"), body).await;
        answer.data(StatusCode::CREATED).clone()
    }

    /// Reads the status of a checkout.
    pub async fn status(&self, group: &str) -> String {
        let answer = self.get(&format!("/order-groups/{group}")).await;
        answer.data(StatusCode::OK)["status"].as_str().expect("a checkout has a status").to_owned()
    }
}

/// Returns the id of what an answer shows.
pub fn id(data: &Value) -> String {
    data["id"].as_str().unwrap_or_else(|| panic!("no id in {data}")).to_owned()
}

/// A binary STL file of one triangle: 80 bytes of header, the count, 50 bytes per triangle.
fn triangle() -> Vec<u8> {
    let mut bytes = vec![0; 80];
    bytes.extend(1u32.to_le_bytes());
    for ordinate in [0f32, 0., 1., 0., 0., 0., 1., 0., 0., 0., 1., 0.] {
        bytes.extend(ordinate.to_le_bytes());
    }
    bytes.extend(0u16.to_le_bytes());
    bytes
}
