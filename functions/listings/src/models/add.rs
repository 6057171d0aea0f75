//! `POST /products/{productId}/models`

use axum::extract::State as Shared;
use axum::response::Response;
use domain::catalog::{MAX_MODELS, Model, Product, Size};
use domain::file::{File, FilePurpose};
use domain::id::{FileId, ProductId};
use garde::Validate;
use serde::Deserialize;
use store::table::Consistency;
use utoipa::ToSchema;
use web::openapi::OptionalKeyHeader;
use web::{Bearer, Caller, Code, Edge, Envelope, IdempotencyKey, Json, Path, Problem, Reply, idempotent, refusals};

use crate::products::view::{ModelView, SizeSchema};
use crate::{access, products, rules};

/// A 3D file to offer with a product.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AddModel {
    /// A completed upload of purpose `product-model`.
    #[garde(skip)]
    #[schema(value_type = String, example = "fil_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    pub file_id: FileId,
    /// The name shown to people.
    #[garde(length(chars, min = 1, max = 100))]
    #[schema(example = "Vase, whole", min_length = 1, max_length = 100)]
    pub name: String,
    /// The extent of what it shows.
    #[serde(default)]
    #[garde(inner(custom(rules::size)))]
    #[schema(value_type = Option<SizeSchema>)]
    pub dimensions: Option<Size>,
    /// What a buyer may do with it: an SPDX id or a short text.
    #[garde(length(chars, min = 2, max = 100))]
    #[schema(example = "CC-BY-4.0", min_length = 2, max_length = 100)]
    pub licence: String,
}

/// Offer a 3D file with a product
///
/// Whoever pays for the product from now on may download the file.
#[utoipa::path(
    post,
    path = "/products/{productId}/models",
    tag = "Products",
    params(
        ("productId" = String, Path, description = "The product", example = "prd_01JQZX3N9Q5S0V6T7W8Y9Z0ABC"),
        OptionalKeyHeader,
    ),
    request_body = AddModel,
    responses(
        (status = 201, description = "The model was added", body = Envelope<ModelView>),
        refusals::Of<(refusals::Conflict, refusals::InvalidTransition, refusals::RuleBroken)>,
    ),
    extensions(("x-access" = json!("EditProducts"))),
)]
pub async fn add_model(
    Shared(edge): Shared<Edge>,
    bearer: Bearer,
    Path(product): Path<ProductId>,
    key: Option<IdempotencyKey>,
    Json(request): Json<AddModel>,
) -> Result<Response, Problem> {
    let read = async |scope| {
        tokio::try_join!(
            edge.store().product(scope, product, Consistency::Strong),
            edge.store().file(scope, request.file_id, Consistency::Strong),
        )
    };
    let (caller, (found, file)) = bearer.with(read).await?;
    let product = found.ok_or_else(Problem::not_found)?.product;
    access::require_editor(&caller, &product)?;
    idempotent(&edge, caller.tenant(), Some(caller.user), key, add(&edge, &caller, product, file, request)).await
}

async fn add(
    edge: &Edge,
    caller: &Caller,
    product: Product,
    file: Option<File>,
    request: AddModel,
) -> Result<Reply<ModelView>, Problem> {
    let usable = |file: &File| {
        file.is_ready()
            && file.purpose == FilePurpose::ProductModel
            && (file.seller == Some(product.seller) || caller.owns(file.owner))
    };
    let file = file
        .filter(usable)
        .ok_or_else(|| Problem::invalid("fileId", "must be a completed product-model upload of this seller"))?;
    if product.model_files.contains(&file.id) {
        return Err(Problem::invalid("fileId", "is a model of this product already"));
    }
    if product.model_files.len() >= MAX_MODELS {
        return Err(Problem::new(Code::RuleBroken).message("A product has at most 10 models"));
    }
    let operation = caller.operation();
    let model = Model {
        id: operation.id(),
        product: product.id,
        file: file.id,
        name: request.name,
        format: file.format,
        size: file.size,
        sha256: file.sha256,
        dimensions: request.dimensions,
        licence: request.licence,
        created_at: operation.now,
    };
    edge.store().add_model(&operation, &product, &model).await?.map_err(products::refused)?;
    Ok(Reply::created(ModelView::from(model), format!("/products/{}", product.id)))
}

#[cfg(test)]
mod tests {
    use domain::access::Role;
    use domain::file::FilePurpose;
    use http::StatusCode;
    use serde_json::json;

    use crate::test_support::{Shop, path};

    #[tokio::test]
    async fn a_verified_upload_of_the_seller_becomes_a_model_once() {
        let shop = Shop::open().await;
        let product = path(&shop.product("ACTIVE").await);
        let add = async |file: domain::id::FileId| {
            let model = json!({"fileId": file, "name": "Vase", "licence": "CC-BY-4.0"});
            shop.api.post(&format!("{product}/models")).bearer(&shop.seller.token).json(model).send().await
        };
        let file = shop.file(&shop.seller, FilePurpose::ProductModel).await;
        let added = add(file).await;
        assert_eq!((&added.data(StatusCode::CREATED)["format"], added.round_trips()), (&json!("STL"), 2));
        assert_eq!(add(file).await.fields(), ["fileId"]);
        let rival = shop.tenant.member(&[Role::Seller]).await;
        for wrong in [
            shop.file(&rival, FilePurpose::ProductModel).await,
            shop.file(&shop.seller, FilePurpose::ProductImage).await,
            shop.tenant.stack.ambient().id(),
        ] {
            assert_eq!(add(wrong).await.fields(), ["fileId"]);
        }
        let model = added.data(StatusCode::CREATED)["id"].as_str().unwrap();
        let gone = shop.api.delete(&format!("{product}/models/{model}")).bearer(&shop.seller.token).send().await;
        gone.data(StatusCode::OK);
        assert!(shop.api.get(&product).send().await.data(StatusCode::OK)["models"].as_array().unwrap().is_empty());
        let store = shop.tenant.stack.store();
        let id = product.trim_start_matches("/products/").parse().unwrap();
        let stored = store.product(shop.tenant.scope(), id, store::table::Consistency::Strong).await.unwrap().unwrap();
        assert!(stored.product.model_files.is_empty());
    }
}
