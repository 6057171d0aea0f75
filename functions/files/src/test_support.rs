//! A shop of one test: this function's router and buckets, with a seller and a buyer.

use aws_lc_rs::digest;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::access::Role;
use domain::file::Entitlement;
use domain::id::FileId;
use harness::client::{TestAnswer, TestClient};
use harness::member::Member;
use harness::stack::{Stack, TestTenant};
use http::StatusCode;
use platform::objects::Objects;
use serde_json::{Value, json};

use crate::{Buckets, State, router};

/// The shop.
pub(crate) struct Shop {
    pub(crate) tenant: TestTenant,
    pub(crate) api: TestClient,
    pub(crate) seller: Member,
    pub(crate) buyer: Member,
    pub(crate) buckets: Buckets,
}

impl Shop {
    pub(crate) async fn open() -> Self {
        let tenant = Stack::connect().await.tenant().await;
        let stack = &tenant.stack;
        let bucket = |name: &str| Objects::new(stack.s3(), name, stack.ambient().clone());
        let buckets =
            Buckets { files: bucket(&stack.names.files_bucket), invoices: bucket(&stack.names.invoices_bucket) };
        let api = tenant.client(router(State { edge: stack.edge(), buckets: buckets.clone() }));
        let seller = tenant.member(&[Role::Seller]).await;
        let buyer = tenant.member(&[Role::Customer]).await;
        Self { api, seller, buyer, buckets, tenant }
    }

    pub(crate) async fn announce(&self, request: Value) -> TestAnswer {
        self.api.post("/files/uploads").bearer(&self.seller.token).json(request).send().await
    }

    pub(crate) async fn complete(&self, file: &str) -> TestAnswer {
        self.api.post(&format!("/files/uploads/{file}/complete")).bearer(&self.seller.token).send().await
    }

    /// Uploads a model as a seller's browser does.
    pub(crate) async fn model(&self, name: &str) -> FileId {
        let bytes = stl();
        let announced = self.announce(announcement(name, &bytes)).await;
        let announced = announced.data(StatusCode::CREATED);
        assert!(put(announced, &bytes).await.is_success());
        let file = announced["fileId"].as_str().unwrap();
        self.complete(file).await.data(StatusCode::OK);
        file.parse().unwrap()
    }

    /// Gives the buyer the right that a paid order gives.
    pub(crate) async fn entitle(&self, file: FileId) {
        let stack = &self.tenant.stack;
        let user = self.buyer.user.id;
        let right = Entitlement {
            user,
            file,
            orders: [stack.ambient().id()].into(),
            granted_at: stack.now(),
            window_start: None,
            downloads: 0,
        };
        let mut item: std::collections::HashMap<String, AttributeValue> = serde_dynamo::to_item(&right).unwrap();
        let orders = right.orders.iter().map(ToString::to_string).collect();
        item.insert("orders".to_owned(), AttributeValue::Ss(orders));
        let place = [("pk", format!("T#{}#U#{user}", self.tenant.id())), ("sk", format!("ENT#{file}"))];
        item.extend(place.map(|(name, text)| (name.to_owned(), AttributeValue::S(text))));
        let table = &stack.names.table;
        stack.dynamodb().put_item().table_name(table).set_item(Some(item)).send().await.unwrap();
    }

    pub(crate) async fn download(&self, member: &Member, file: FileId) -> TestAnswer {
        self.api.get(&format!("/files/download/{file}")).bearer(&member.token).send().await
    }
}

/// What announces `bytes` as an STL model.
pub(crate) fn announcement(name: &str, bytes: &[u8]) -> Value {
    let sha256 = hex::encode(digest::digest(&digest::SHA256, bytes).as_ref());
    json!({"purpose": "product-model", "name": name, "size": bytes.len(), "type": "model/stl", "sha256": sha256})
}

/// Sends bytes where an announcement says.
pub(crate) async fn put(announced: &Value, bytes: &[u8]) -> reqwest::StatusCode {
    let upload = &announced["upload"];
    let mut request = reqwest::Client::new().put(upload["url"].as_str().unwrap()).body(bytes.to_vec());
    for (name, value) in upload["headers"].as_object().unwrap() {
        if name != "content-length" {
            request = request.header(name, value.as_str().unwrap());
        }
    }
    request.send().await.unwrap().status()
}

/// A binary STL file of one triangle.
pub(crate) fn stl() -> Vec<u8> {
    let mut bytes = vec![b' '; 80];
    bytes.extend(1u32.to_le_bytes());
    bytes.extend([0; 50]);
    bytes
}
