//! `POST /products`

use std::collections::BTreeMap;

use axum::extract::State as Shared;
use axum::response::Response;
use domain::access::Permission;
use domain::catalog::rules::{MAX_DESCRIPTION, MAX_WEIGHT_GRAMS};
use domain::catalog::{
    MAX_CATEGORIES, MAX_IMAGES, MAX_SHARED_MATERIALS, Product, ProductEdit, ProductName, ProductStatus, Size, Sku,
    Slug, StockPolicy, TaxClass,
};
use domain::id::{CategoryId, FileId, MaterialId, ProductId};
use domain::money::Money;
use garde::Validate;
use serde::Deserialize;
use store::products::ProductDetail;
use store::table::Consistency;
use utoipa::ToSchema;
use web::openapi::OptionalKeyHeader;
use web::{Caller, Code, Edge, Envelope, IdempotencyKey, Json, Problem, Reply, idempotent, refusals};

use super::view::{ProductView, SizeSchema};
use crate::rules;

/// A new product. Its seller is the caller.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateProduct {
    /// The name shown to people, 3 to 255 characters.
    #[garde(custom(rules::text::<ProductName>))]
    #[schema(example = "Spiral vase", min_length = 3, max_length = 255)]
    pub name: String,
    /// The name in URLs, unique; made of the name when not given.
    #[serde(default)]
    #[garde(inner(custom(rules::text::<Slug>)))]
    #[schema(example = "spiral-vase")]
    pub slug: Option<String>,
    /// The stock-keeping unit, unique.
    #[garde(custom(rules::text::<Sku>))]
    #[schema(example = "VASE-SPIRAL-01", min_length = 5, max_length = 50)]
    pub sku: String,
    /// Rich text; all but a few harmless tags are dropped.
    #[serde(default)]
    #[garde(length(chars, max = MAX_DESCRIPTION))]
    #[schema(example = "<p>A vase with a twist.</p>", max_length = 20_000)]
    pub description: String,
    /// The price of one piece, in the tenant's currency.
    #[garde(custom(rules::price))]
    #[schema(value_type = web::schema::Money)]
    pub base_price: Money,
    /// Which tax rate applies.
    #[serde(default)]
    #[garde(skip)]
    #[schema(value_type = Option<String>, example = "STANDARD")]
    pub tax_class: TaxClass,
    /// The weight of one piece in grams.
    #[serde(default)]
    #[garde(range(max = MAX_WEIGHT_GRAMS))]
    #[schema(example = 180, maximum = 1_000_000)]
    pub weight_grams: u32,
    /// The extent of one piece.
    #[serde(default)]
    #[garde(inner(custom(rules::size)))]
    #[schema(value_type = Option<SizeSchema>)]
    pub size: Option<Size>,
    /// `FINITE`, `MADE_TO_ORDER` or `DIGITAL`.
    #[garde(skip)]
    #[schema(value_type = String, example = "FINITE")]
    pub stock_policy: StockPolicy,
    /// Uploaded pictures, the first one leading.
    #[serde(default)]
    #[garde(length(max = MAX_IMAGES), custom(rules::unique))]
    #[schema(value_type = Vec<String>, example = json!([]))]
    pub images: Vec<FileId>,
    /// The categories that it stands in, at most 5.
    #[serde(default)]
    #[garde(length(max = MAX_CATEGORIES), custom(rules::unique))]
    #[schema(value_type = Vec<String>, max_items = 5, example = json!(["cat_01JQZX3N9Q5S0V6T7W8Y9Z0ABC"]))]
    pub categories: Vec<CategoryId>,
    /// The marketplace's shared materials that it comes in, at most 20, besides those of its own.
    #[serde(default)]
    #[garde(length(max = MAX_SHARED_MATERIALS), custom(rules::unique))]
    #[schema(value_type = Vec<String>, max_items = 20, example = json!([]))]
    pub shared_materials: Vec<MaterialId>,
    /// Further properties by name.
    #[serde(default)]
    #[garde(custom(rules::attributes))]
    #[schema(example = json!({"colour": "white"}))]
    pub attributes: BTreeMap<String, String>,
    /// Whether each piece that is sold comes with a licence key of its own.
    #[serde(default)]
    #[garde(skip)]
    #[schema(example = false)]
    pub licence_keys: bool,
    /// `DRAFT` (the default) or `ACTIVE`.
    #[serde(default)]
    #[garde(skip)]
    #[schema(value_type = Option<String>, example = "DRAFT")]
    pub status: Option<ProductStatus>,
}

/// Create a product of one's own
///
/// It starts as a draft unless `status` says otherwise. Materials and models are added afterwards.
#[utoipa::path(
    post,
    path = "/products",
    tag = "Products",
    params(OptionalKeyHeader),
    request_body = CreateProduct,
    responses(
        (status = 201, description = "The product was created", body = Envelope<ProductView>),
        refusals::Of<(refusals::SkuTaken, refusals::SlugTaken)>,
    ),
    extensions(("x-access" = json!("SellProducts"))),
)]
pub async fn create_product(
    Shared(edge): Shared<Edge>,
    caller: Caller,
    key: Option<IdempotencyKey>,
    Json(request): Json<CreateProduct>,
) -> Result<Response, Problem> {
    caller.require(Permission::SellProducts)?;
    idempotent(&edge, caller.tenant(), Some(caller.user), key, create(&edge, &caller, request)).await
}

async fn create(edge: &Edge, caller: &Caller, request: CreateProduct) -> Result<Reply<ProductView>, Problem> {
    let operation = caller.operation();
    let product = request.into_product(caller, operation.id(), &operation)?;
    super::require_images(edge.store(), caller, &product, &[]).await?;
    edge.store().create_product(&operation, &product).await?.map_err(super::refused)?;
    let (id, version) = (product.id, product.version);
    let shared = edge.store().shared_of(caller.scope, &product, Consistency::Eventual).await?;
    let detail = ProductDetail { product, materials: Vec::new(), shared, models: Vec::new() };
    Ok(Reply::created(ProductView::of(detail, true), format!("/products/{id}")).etag(version))
}

impl CreateProduct {
    fn into_product(
        self,
        caller: &Caller,
        id: ProductId,
        operation: &domain::operation::Operation,
    ) -> Result<Product, Problem> {
        let seller = caller
            .seller
            .ok_or_else(|| Problem::new(Code::Forbidden).message("Open a seller's profile before selling"))?;
        rules::currency("basePrice", self.base_price, caller.tenant().settings.currency)?;
        rules::tax_class(self.tax_class, &caller.tenant().settings.tax)?;
        let edit = ProductEdit {
            name: Some(rules::read("name", &self.name)?),
            slug: self.slug.map(|slug| rules::read("slug", &slug)).transpose()?,
            sku: Some(rules::read("sku", &self.sku)?),
            description: Some(self.description),
            base_price: Some(self.base_price),
            tax_class: Some(self.tax_class),
            weight_grams: Some(self.weight_grams),
            size: self.size,
            stock_policy: Some(self.stock_policy),
            images: Some(self.images),
            categories: Some(self.categories),
            shared_materials: Some(self.shared_materials),
            attributes: Some(self.attributes),
            licence_keys: Some(self.licence_keys),
            status: self.status,
        };
        edit.open(id, seller, operation.now).map_err(rules::not_a_product)
    }
}

#[cfg(test)]
mod tests {
    use domain::access::Role;
    use domain::file::FilePurpose;
    use http::StatusCode;
    use serde_json::{Value, json};

    use crate::test_support::{Shop, path};

    #[tokio::test]
    async fn a_seller_creates_a_product_of_their_own_in_two_round_trips() {
        let shop = Shop::open().await;
        // Reads the tenant and the signing keys into memory.
        shop.product("DRAFT").await;
        let mut draft = shop.draft();
        draft["description"] = json!("<p>Twisted</p><script>alert(1)</script>");
        let created = shop.create(draft).await;
        let product = created.data(StatusCode::CREATED);
        assert_eq!(product["sellerId"], shop.seller.user.seller.unwrap().to_string());
        assert_eq!((&product["status"], &product["description"]), (&json!("DRAFT"), &json!("<p>Twisted</p>")));
        assert_eq!(created.header("location"), format!("/api/v1{}", path(product)));
        assert_eq!((created.header("etag"), created.round_trips()), ("\"1\"", 2));
    }

    #[tokio::test]
    async fn sku_and_slug_are_unique_within_the_tenant_only() {
        let (shop, other) = (Shop::open().await, Shop::open().await);
        let mut draft = shop.draft();
        draft["slug"] = json!("spiral-vase");
        shop.create(draft.clone()).await.data(StatusCode::CREATED);
        shop.create(draft.clone()).await.refused(StatusCode::CONFLICT, "SKU_TAKEN");
        let mut same_slug = shop.draft();
        same_slug["slug"] = json!("spiral-vase");
        shop.create(same_slug).await.refused(StatusCode::CONFLICT, "SLUG_TAKEN");
        other.create(draft).await.data(StatusCode::CREATED);
    }

    #[tokio::test]
    async fn every_wrong_field_is_named_and_nothing_is_stored() {
        let shop = Shop::open().await;
        let wrong = json!({
            "name": " ab ", "sku": "no", "stockPolicy": "FINITE", "slug": "No Slug",
            "basePrice": {"amount": 0, "currency": "INR"}, "weightGrams": 2_000_000,
            "size": {"width": 0, "depth": 1, "height": 1}, "categories": ["cat_01JQZX3N9Q5S0V6T7W8Y9Z0ABC", "cat_01JQZX3N9Q5S0V6T7W8Y9Z0ABC"],
        });
        let refused = shop.create(wrong).await;
        refused.refused(StatusCode::BAD_REQUEST, "VALIDATION_FAILED");
        let mut fields = refused.fields();
        fields.sort_unstable();
        assert_eq!(fields, ["basePrice", "categories", "name", "size", "sku", "slug", "weightGrams"]);
        let refuse = async |name: &str, value: Value, field: &str| {
            let mut product = shop.draft();
            product[name] = value;
            let refused = shop.create(product).await;
            refused.refused(StatusCode::BAD_REQUEST, "VALIDATION_FAILED");
            assert_eq!(refused.fields(), [field], "{}", refused.text());
        };
        refuse("seller", json!("sel_01JQZX3N9Q5S0V6T7W8Y9Z0ABC"), "seller").await;
        refuse("basePrice", json!({"amount": 1.5, "currency": "INR"}), "basePrice.amount").await;
        refuse("basePrice", json!({"amount": 9_223_372_036_854_775_808_u64, "currency": "INR"}), "basePrice.amount")
            .await;
        refuse("basePrice", json!({"amount": 100, "currency": "USD"}), "basePrice.currency").await;
        refuse("status", json!("ARCHIVED"), "status").await;
        refuse("stockPolicy", json!("MANY"), "stockPolicy").await;
        refuse("taxClass", json!("LUXURY"), "taxClass").await;
        refuse("taxClass", json!("some"), "taxClass").await;
        let mine = shop.api.get("/products/mine").bearer(&shop.seller.token).send().await;
        assert!(mine.data(StatusCode::OK).as_array().unwrap().is_empty());
    }

    #[tokio::test]
    async fn pictures_must_be_uploads_of_the_seller() {
        let shop = Shop::open().await;
        let stranger = shop.tenant.member(&[Role::Seller]).await;
        let own = shop.file(&shop.seller, FilePurpose::ProductImage).await;
        let foreign = shop.file(&stranger, FilePurpose::ProductImage).await;
        let model = shop.file(&shop.seller, FilePurpose::ProductModel).await;
        let mut product = shop.draft();
        product["images"] = json!([own, foreign, model]);
        let refused = shop.create(product.clone()).await;
        assert_eq!(refused.fields(), ["images[1]", "images[2]"]);
        product["images"] = json!([own]);
        assert_eq!(shop.create(product).await.data(StatusCode::CREATED)["images"], json!([own]));
    }

    #[tokio::test]
    async fn only_sellers_create_and_a_key_makes_one_product_of_two_requests() {
        let shop = Shop::open().await;
        for role in [Role::Customer, Role::Admin] {
            let member = shop.tenant.member(&[role]).await;
            let request = shop.api.post("/products").bearer(&member.token).json(shop.draft());
            request.send().await.refused(StatusCode::FORBIDDEN, "FORBIDDEN");
        }
        shop.api.post("/products").json(shop.draft()).send().await.refused(StatusCode::UNAUTHORIZED, "UNAUTHENTICATED");
        let draft = shop.draft();
        let send = || {
            let request = shop.api.post("/products").bearer(&shop.seller.token).header("idempotency-key", "once");
            request.json(draft.clone()).send()
        };
        let (first, second) = (send().await, send().await);
        assert_eq!(first.data(StatusCode::CREATED), second.data(StatusCode::CREATED));
        assert_eq!(second.header("idempotent-replayed"), "true");
    }
}
