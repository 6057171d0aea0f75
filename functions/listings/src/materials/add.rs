//! `POST /products/{productId}/materials`

use axum::extract::State as Shared;
use axum::response::Response;
use domain::catalog::rules::{MAX_LEAD_TIME_DAYS, MAX_STOCK};
use domain::catalog::{MAX_MATERIALS, Material, Product};
use domain::id::ProductId;
use domain::money::Money;
use garde::Validate;
use serde::Deserialize;
use store::table::Consistency;
use utoipa::ToSchema;
use web::openapi::OptionalKeyHeader;
use web::{Bearer, Caller, Code, Edge, Envelope, IdempotencyKey, Json, Path, Problem, Reply, idempotent, refusals};

use crate::products::view::MaterialView;
use crate::{access, rules};

/// A material to choose.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AddMaterial {
    /// The name shown to people.
    #[garde(custom(rules::material_name))]
    #[schema(example = "PETG, black", min_length = 2, max_length = 100)]
    pub name: String,
    /// What it adds to the product's base price, in the same currency.
    #[garde(custom(rules::surcharge))]
    #[schema(value_type = web::schema::Money)]
    pub surcharge: Money,
    /// How many pieces there are: only for products with finite stock, 0 when not given.
    #[serde(default)]
    #[garde(range(max = MAX_STOCK))]
    #[schema(example = 25, maximum = 1_000_000)]
    pub stock: Option<u32>,
    /// How many days it takes until a piece is ready to ship.
    #[serde(default)]
    #[garde(range(max = MAX_LEAD_TIME_DAYS))]
    #[schema(example = 2, maximum = 365)]
    pub lead_time_days: u32,
}

/// Add a material to a product
///
/// A product with materials is only sold in one of them.
#[utoipa::path(
    post,
    path = "/products/{productId}/materials",
    tag = "Products",
    params(
        ("productId" = String, Path, description = "The product", example = "prd_01JQZX3N9Q5S0V6T7W8Y9Z0ABC"),
        OptionalKeyHeader,
    ),
    request_body = AddMaterial,
    responses(
        (status = 201, description = "The material was added", body = Envelope<MaterialView>),
        refusals::Of<(refusals::InvalidTransition, refusals::RuleBroken)>,
    ),
    extensions(("x-access" = json!("EditProducts"))),
)]
pub async fn add_material(
    Shared(edge): Shared<Edge>,
    bearer: Bearer,
    Path(product): Path<ProductId>,
    key: Option<IdempotencyKey>,
    Json(request): Json<AddMaterial>,
) -> Result<Response, Problem> {
    let read = async |scope| edge.store().product(scope, product, Consistency::Strong).await;
    let (caller, found) = bearer.with(read).await?;
    let product = found.ok_or_else(Problem::not_found)?.product;
    access::require_editor(&caller, &product)?;
    idempotent(&edge, caller.tenant(), Some(caller.user), key, add(&edge, &caller, product, request)).await
}

async fn add(
    edge: &Edge,
    caller: &Caller,
    product: Product,
    request: AddMaterial,
) -> Result<Reply<MaterialView>, Problem> {
    rules::currency("surcharge", request.surcharge, product.base_price.currency)?;
    if product.material_count >= MAX_MATERIALS {
        return Err(Problem::new(Code::RuleBroken).message("A product has at most 50 materials"));
    }
    let operation = caller.operation();
    let stock = product.stock_policy.opening_stock(request.stock);
    let stock = stock.map_err(|wrong| Problem::invalid("stock", wrong.to_string()))?;
    let material = Material {
        id: operation.id(),
        product: product.id,
        name: request.name,
        surcharge: request.surcharge,
        stock,
        lead_time_days: request.lead_time_days,
        active: true,
        version: 1,
        created_at: operation.now,
    };
    edge.store().add_material(&operation, &material).await?.map_err(super::refused)?;
    let place = format!("/products/{}", product.id);
    Ok(Reply::created(MaterialView::of(&product, material), place).etag(1))
}
