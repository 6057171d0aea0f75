//! A shop of one test: the catalog's router on a tenant of its own, with a seller.

use domain::access::Role;
use domain::catalog::{Category, Seller, SellerStatus, SharedMaterial, TreeStep};
use domain::file::{Digest, File, FilePurpose, FileStatus, Format, object_key};
use domain::id::{CategoryId, FileId, MaterialId};
use domain::money::{Currency, Money};
use harness::client::{TestAnswer, TestClient};
use harness::member::Member;
use harness::stack::{Stack, TestTenant};
use platform::objects::Objects;
use serde_json::{Value, json};
use store::table::Consistency;

use crate::{JobFiles, State, router};

/// The shop.
pub(crate) struct Shop {
    pub(crate) tenant: TestTenant,
    pub(crate) api: TestClient,
    pub(crate) seller: Member,
    pub(crate) files: Objects,
}

impl Shop {
    pub(crate) async fn open() -> Self {
        let tenant = Stack::connect().await.tenant().await;
        let edge = tenant.stack.edge().answers_sealed_for(domain::pii::Purpose::Cursor);
        let stack = &tenant.stack;
        let files = Objects::new(stack.s3(), &stack.names.files_bucket, stack.ambient().clone());
        let api = tenant.client(router(State { edge, files: JobFiles(files.clone()) }));
        let seller = tenant.member(&[Role::Seller]).await;
        Self { tenant, api, seller, files }
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

    /// Puts a material into the tenant's library.
    pub(crate) async fn shared_material(&self, stock: Option<u32>) -> MaterialId {
        let operation = self.tenant.operation();
        let material = SharedMaterial {
            id: operation.id(),
            name: "PETG, black".to_owned(),
            surcharge: Money::new(50, Currency::Inr),
            stock,
            lead_time_days: 1,
            active: true,
            version: 1,
            created_at: operation.now,
        };
        self.tenant.stack.store().create_shared_material(&operation, &material).await.unwrap();
        material.id
    }

    /// Puts a category into the tree.
    pub(crate) async fn category(&self, slug: &str, parent: Option<CategoryId>) -> CategoryId {
        let (operation, store) = (self.tenant.operation(), self.tenant.stack.store());
        let tree = store.categories(self.tenant.scope(), Consistency::Strong).await.unwrap();
        let (name, id) = (slug.parse().unwrap(), operation.id());
        let category = Category { id, name, slug: slug.parse().unwrap(), parent, position: 0 };
        let tree = tree.add(category, operation.now).unwrap();
        store.change_categories(&operation, &tree, TreeStep::Add(id)).await.unwrap().unwrap();
        id
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
        let format = match purpose {
            FilePurpose::ProductModel => Format::Stl,
            FilePurpose::ProductImage => Format::Png,
            FilePurpose::Import => Format::Csv,
        };
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
        store.complete_upload(&operation, &file).await.unwrap();
        id
    }
}

/// Returns the path of a product.
pub(crate) fn path(product: &Value) -> String {
    format!("/products/{}", product["id"].as_str().unwrap())
}
