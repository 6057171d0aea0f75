//! `DELETE /products/{productId}/models/{modelId}`

use axum::extract::State as Shared;
use domain::id::{ModelId, ProductId};
use serde::Deserialize;
use store::table::Consistency;
use web::{Answer, Bearer, Edge, Envelope, Nothing, Path, Problem, Reply, refusals};

use crate::{access, products};

/// The parameters of a path below one model.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ModelPath {
    product_id: ProductId,
    model_id: ModelId,
}

/// Stop offering a 3D file with a product
///
/// Whoever bought it keeps the right to download it.
#[utoipa::path(
    delete,
    path = "/products/{productId}/models/{modelId}",
    tag = "Products",
    params(
        ("productId" = String, Path, description = "The product", example = "prd_01JQZX3N9Q5S0V6T7W8Y9Z0ABC"),
        ("modelId" = String, Path, description = "The model", example = "mdl_01JQZX3N9Q5S0V6T7W8Y9Z0ABC"),
    ),
    responses(
        (status = 200, description = "The model is gone", body = Envelope<Nothing>),
        refusals::Of<(refusals::Conflict, refusals::InvalidTransition)>,
    ),
    extensions(("x-access" = json!("EditProducts"))),
)]
pub async fn remove_model(Shared(edge): Shared<Edge>, bearer: Bearer, Path(path): Path<ModelPath>) -> Answer<Nothing> {
    let read = async |scope| edge.store().product(scope, path.product_id, Consistency::Strong).await;
    let (caller, found) = bearer.with(read).await?;
    let found = found.ok_or_else(Problem::not_found)?;
    access::require_editor(&caller, &found.product)?;
    let model = found.models.iter().find(|model| model.id == path.model_id).ok_or_else(Problem::not_found)?;
    edge.store().remove_model(&caller.operation(), &found.product, model).await?.map_err(products::refused)?;
    Ok(Reply::done())
}
