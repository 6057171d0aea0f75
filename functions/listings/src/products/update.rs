//! `PATCH /products/{productId}`

use std::collections::BTreeMap;

use axum::extract::State as Shared;
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
use web::openapi::IfMatchHeader;
use web::{Answer, Bearer, Edge, Envelope, IfMatch, Json, Path, Problem, Reply, refusals};

use super::view::{ProductView, SizeSchema};
use crate::{access, rules};

/// What to change; what is not given stays.
#[derive(Debug, Default, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct UpdateProduct {
    /// The name shown to people, 3 to 255 characters.
    #[garde(inner(custom(rules::text::<ProductName>)))]
    #[schema(example = "Spiral vase, tall")]
    pub name: Option<String>,
    /// The name in URLs, unique.
    #[garde(inner(custom(rules::text::<Slug>)))]
    #[schema(example = "spiral-vase-tall")]
    pub slug: Option<String>,
    /// The stock-keeping unit, unique.
    #[garde(inner(custom(rules::text::<Sku>)))]
    #[schema(example = "VASE-SPIRAL-02")]
    pub sku: Option<String>,
    /// Rich text; all but a few harmless tags are dropped.
    #[garde(length(chars, max = MAX_DESCRIPTION))]
    #[schema(example = "<p>A tall vase with a twist.</p>")]
    pub description: Option<String>,
    /// The price of one piece, in the tenant's currency.
    #[garde(inner(custom(rules::price)))]
    #[schema(value_type = Option<web::schema::Money>)]
    pub base_price: Option<Money>,
    /// Which tax rate applies.
    #[garde(skip)]
    #[schema(value_type = Option<String>, example = "STANDARD")]
    pub tax_class: Option<TaxClass>,
    /// The weight of one piece in grams.
    #[garde(range(max = MAX_WEIGHT_GRAMS))]
    #[schema(example = 220)]
    pub weight_grams: Option<u32>,
    /// The extent of one piece.
    #[garde(inner(custom(rules::size)))]
    #[schema(value_type = Option<SizeSchema>)]
    pub size: Option<Size>,
    /// `FINITE`, `MADE_TO_ORDER` or `DIGITAL`.
    #[garde(skip)]
    #[schema(value_type = Option<String>, example = "FINITE")]
    pub stock_policy: Option<StockPolicy>,
    /// All pictures, the first one leading.
    #[garde(length(max = MAX_IMAGES), inner(custom(unique_files)))]
    #[schema(value_type = Option<Vec<String>>, example = json!([]))]
    pub images: Option<Vec<FileId>>,
    /// All categories that it stands in.
    #[garde(length(max = MAX_CATEGORIES), inner(custom(unique_categories)))]
    #[schema(value_type = Option<Vec<String>>, max_items = 5, example = json!(["cat_01JQZX3N9Q5S0V6T7W8Y9Z0ABC"]))]
    pub categories: Option<Vec<CategoryId>>,
    /// All of the marketplace's shared materials that it comes in, at most 20.
    #[garde(length(max = MAX_SHARED_MATERIALS), inner(custom(unique_materials)))]
    #[schema(value_type = Option<Vec<String>>, max_items = 20, example = json!([]))]
    pub shared_materials: Option<Vec<MaterialId>>,
    /// All further properties by name.
    #[garde(inner(custom(rules::attributes)))]
    #[schema(example = json!({"colour": "white"}))]
    pub attributes: Option<BTreeMap<String, String>>,
    /// Whether each piece that is sold from now on comes with a licence key of its own.
    #[garde(skip)]
    #[schema(example = true)]
    pub licence_keys: Option<bool>,
    /// `DRAFT` or `ACTIVE`; use DELETE to archive.
    #[garde(skip)]
    #[schema(value_type = Option<String>, example = "ACTIVE")]
    pub status: Option<ProductStatus>,
}

fn unique_files(files: &[FileId], context: &()) -> garde::Result {
    rules::unique(files, context)
}

fn unique_materials(materials: &[MaterialId], context: &()) -> garde::Result {
    rules::unique(materials, context)
}

fn unique_categories(categories: &[CategoryId], context: &()) -> garde::Result {
    rules::unique(categories, context)
}

/// Change a product
///
/// Sellers change their own products, the tenant's people every one. Orders keep what was bought as it was.
#[utoipa::path(
    patch,
    path = "/products/{productId}",
    tag = "Products",
    params(
        ("productId" = String, Path, description = "The product", example = "prd_01JQZX3N9Q5S0V6T7W8Y9Z0ABC"),
        IfMatchHeader,
    ),
    request_body = UpdateProduct,
    responses(
        (status = 200, description = "The product as it is now", body = Envelope<ProductView>),
        refusals::Of<(refusals::SkuTaken, refusals::SlugTaken, refusals::InvalidTransition)>,
    ),
    extensions(("x-access" = json!("EditProducts"))),
)]
pub async fn update_product(
    Shared(edge): Shared<Edge>,
    bearer: Bearer,
    Path(product): Path<ProductId>,
    if_match: IfMatch,
    Json(request): Json<UpdateProduct>,
) -> Answer<ProductView> {
    let read = async |scope| edge.store().product(scope, product, Consistency::Strong).await;
    let (caller, found) = bearer.with(read).await?;
    let found = found.ok_or_else(Problem::not_found)?;
    access::require_editor(&caller, &found.product)?;
    if_match.check(found.product.version)?;
    if let Some(price) = request.base_price {
        rules::currency("basePrice", price, caller.tenant().settings.currency)?;
    }
    // A class that was retired since stays with what has it.
    if let Some(class) = request.tax_class.filter(|class| *class != found.product.tax_class) {
        rules::tax_class(class, &caller.tenant().settings.tax)?;
    }
    let after = request.apply(found.product.clone())?;
    super::require_images(edge.store(), &caller, &after, &found.product.images).await?;
    let after = edge.store().update_product(&caller.operation(), &found.product, &after).await?;
    let product = after.map_err(super::refused)?;
    let (version, store) = (product.version, edge.store());
    let shared = if product.shared_materials == found.product.shared_materials {
        found.shared
    } else {
        store.shared_of(caller.scope, &product, Consistency::Eventual).await?
    };
    Ok(Reply::ok(ProductView::of(ProductDetail { product, shared, ..found }, true)).etag(version))
}

impl UpdateProduct {
    fn apply(self, product: Product) -> Result<Product, Problem> {
        let edit = ProductEdit {
            name: self.name.map(|name| rules::read("name", &name)).transpose()?,
            slug: self.slug.map(|slug| rules::read("slug", &slug)).transpose()?,
            sku: self.sku.map(|sku| rules::read("sku", &sku)).transpose()?,
            description: self.description,
            base_price: self.base_price,
            tax_class: self.tax_class,
            weight_grams: self.weight_grams,
            size: self.size,
            stock_policy: self.stock_policy,
            images: self.images,
            categories: self.categories,
            shared_materials: self.shared_materials,
            attributes: self.attributes,
            licence_keys: self.licence_keys,
            status: self.status,
        };
        edit.apply(product).map_err(rules::not_a_product)
    }
}

#[cfg(test)]
mod tests {
    use domain::access::Role;
    use http::StatusCode;
    use serde_json::json;

    use crate::test_support::{Shop, path};

    #[tokio::test]
    async fn a_change_counts_the_version_up_and_if_match_guards_it() {
        let shop = Shop::open().await;
        let product = path(&shop.product("DRAFT").await);
        let patch = |version: &str, name: &str| {
            let request = shop.api.patch(&product).bearer(&shop.seller.token).header("if-match", version);
            request.json(json!({"name": name, "status": "ACTIVE"})).send()
        };
        let changed = patch("\"1\"", "Tall vase").await;
        assert_eq!((changed.data(StatusCode::OK)["version"].as_u64(), changed.header("etag")), (Some(2), "\"2\""));
        assert_eq!(changed.round_trips(), 2);
        patch("\"1\"", "Wide vase").await.refused(StatusCode::PRECONDITION_FAILED, "VERSION_MISMATCH");
        assert_eq!(shop.api.get(&product).send().await.data(StatusCode::OK)["name"], "Tall vase");
    }

    #[tokio::test]
    async fn twenty_changes_of_one_version_at_once_make_one() {
        let shop = Shop::open().await;
        let product = path(&shop.product("DRAFT").await);
        let tasks = (0..20).map(|number| {
            let request = shop.api.patch(&product).bearer(&shop.seller.token).header("if-match", "\"1\"");
            tokio::spawn(request.json(json!({"name": format!("Vase {number}")})).send())
        });
        let mut done = 0;
        for task in tasks.collect::<Vec<_>>() {
            let status = task.await.unwrap().status;
            assert!(
                [StatusCode::OK, StatusCode::CONFLICT, StatusCode::PRECONDITION_FAILED].contains(&status),
                "{status}"
            );
            done += usize::from(status == StatusCode::OK);
        }
        assert_eq!(done, 1);
    }

    #[tokio::test]
    async fn a_freed_sku_can_be_used_again_and_a_taken_one_cannot() {
        let shop = Shop::open().await;
        let (first, second) = (shop.product("DRAFT").await, shop.product("DRAFT").await);
        let patch = async |product: &serde_json::Value, sku: &serde_json::Value| {
            let request = shop.api.patch(&path(product)).bearer(&shop.seller.token).json(json!({"sku": sku}));
            request.send().await
        };
        patch(&second, &first["sku"]).await.refused(StatusCode::CONFLICT, "SKU_TAKEN");
        patch(&first, &json!("NEW-SKU-1")).await.data(StatusCode::OK);
        patch(&second, &first["sku"]).await.data(StatusCode::OK);
    }

    #[tokio::test]
    async fn strangers_change_nothing_and_staff_change_everything() {
        let shop = Shop::open().await;
        let (draft, active) = (path(&shop.product("DRAFT").await), path(&shop.product("ACTIVE").await));
        let patch = async |product: &str, token: &str| {
            shop.api.patch(product).bearer(token).json(json!({"name": "Mine now"})).send().await
        };
        let rival = shop.tenant.member(&[Role::Seller]).await;
        patch(&draft, &rival.token).await.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
        patch(&active, &rival.token).await.refused(StatusCode::FORBIDDEN, "FORBIDDEN");
        let buyer = shop.tenant.member(&[Role::Customer]).await;
        patch(&active, &buyer.token).await.refused(StatusCode::FORBIDDEN, "FORBIDDEN");
        let staff = shop.tenant.member(&[Role::Staff]).await;
        patch(&draft, &staff.token).await.data(StatusCode::OK);
        let other = Shop::open().await;
        let foreign = other.api.patch(&active).bearer(&other.seller.token).json(json!({"name": "Mine now"}));
        foreign.send().await.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
    }

    #[tokio::test]
    async fn a_product_comes_in_shared_materials_that_can_be_chosen() {
        let shop = Shop::open().await;
        let shared = shop.shared_material(Some(12)).await;
        let mut draft = shop.draft();
        (draft["sharedMaterials"], draft["status"]) = (json!([shared]), json!("ACTIVE"));
        let created = shop.create(draft).await;
        let material = &created.data(StatusCode::CREATED)["materials"][0];
        assert_eq!(
            (&material["id"], &material["shared"], &material["stock"]),
            (&json!(shared), &json!(true), &json!(12))
        );
        let product = path(created.data(StatusCode::CREATED));
        let shown = shop.api.get(&product).send().await;
        assert_eq!(&shown.data(StatusCode::OK)["materials"][0], material);
        // Product, then its materials; the sellers' standings are read beside both, and can hide the step between them.
        assert!(shown.round_trips() <= 2);
        assert_eq!(material["itemPrice"], json!({"amount": 49_950, "currency": "INR"}));
        // It is the tenant's: the product's own materials are changed by another path.
        let own = format!("{product}/materials/{shared}");
        let patch = shop.api.patch(&own).bearer(&shop.seller.token).json(json!({"stock": 99}));
        patch.send().await.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
        let patch = |materials| {
            let request = shop.api.patch(&product).bearer(&shop.seller.token);
            request.json(json!({"sharedMaterials": materials})).send()
        };
        let foreign = "mat_01JQZX3N9Q5S0V6T7W8Y9Z0ABC";
        assert_eq!(patch(json!([shared, foreign])).await.fields(), ["sharedMaterials"]);
        assert_eq!(patch(json!([shared, shared])).await.fields(), ["sharedMaterials"]);
        assert_eq!(patch(json!([])).await.data(StatusCode::OK)["materials"], json!([]));
        assert_eq!(patch(json!([shared])).await.data(StatusCode::OK)["materials"][0]["id"], json!(shared));
    }
}
