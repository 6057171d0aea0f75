//! A shop of one test: the catalog's router on a tenant of its own, with a seller.

use domain::access::Role;
use domain::catalog::{Seller, SellerStatus};
use domain::file::{Digest, File, FilePurpose, FileStatus, Format, object_key};
use domain::id::FileId;
use harness::client::{TestAnswer, TestClient};
use harness::member::Member;
use harness::stack::{Stack, TestTenant};
use serde_json::{Value, json};

use crate::{State, router};

/// The shop.
pub(crate) struct Shop {
    pub(crate) tenant: TestTenant,
    pub(crate) api: TestClient,
    pub(crate) seller: Member,
}

impl Shop {
    pub(crate) async fn open() -> Self {
        let tenant = Stack::connect().await.tenant().await;
        let edge = tenant.stack.edge().answers_sealed_for(domain::pii::Purpose::Cursor);
        let api = tenant.client(router(State { edge }));
        let seller = tenant.member(&[Role::Seller]).await;
        Self { tenant, api, seller }
    }

    /// A valid product with a SKU of its own.
    pub(crate) fn draft(&self) -> Value {
        let number: domain::id::ProductId = self.tenant.stack.ambient().id();
        let sku: String = number.to_string().chars().rev().take(16).collect();
        json!({
            "name": "Spiral vase", "sku": sku, "stockPolicy": "FINITE",
            "basePrice": {"amount": 49_900, "currency": "INR"},
        })
    }

    pub(crate) async fn create(&self, product: Value) -> TestAnswer {
        self.api.post("/products").bearer(&self.seller.token).json(product).send().await
    }

    /// Opens the seller's profile.
    pub(crate) async fn profile(&self, slug: &str) -> Seller {
        self.tenant.profile(&self.seller, slug, SellerStatus::Active).await
    }

    /// A product of the seller, as shown after its creation.
    pub(crate) async fn product(&self, status: &str) -> Value {
        let mut product = self.draft();
        product["status"] = json!(status);
        self.create(product).await.data(http::StatusCode::CREATED).clone()
    }

    /// A verified upload of `owner`.
    pub(crate) async fn file(&self, owner: &Member, purpose: FilePurpose) -> FileId {
        let operation = self.tenant.operation();
        let id: FileId = operation.id();
        let format = if purpose == FilePurpose::ProductModel { Format::Stl } else { Format::Png };
        let file = File {
            id,
            purpose,
            owner: owner.user.id,
            seller: owner.user.seller,
            label: "vase".to_owned(),
            object_key: object_key(self.tenant.scope(), purpose, id),
            size: 84,
            sha256: Digest([7; 32]),
            format,
            status: FileStatus::Uploading,
            created_at: operation.now,
        };
        let store = self.tenant.stack.store();
        store.create_upload(&operation, &file).await.unwrap();
        store.complete_upload(&operation, id).await.unwrap();
        id
    }
}

/// Returns the path of a product.
pub(crate) fn path(product: &Value) -> String {
    format!("/products/{}", product["id"].as_str().unwrap())
}
