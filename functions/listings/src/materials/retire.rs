//! `DELETE /products/{productId}/materials/{materialId}`

use axum::extract::State as Shared;
use domain::catalog::Material;
use store::products::StockChange;
use store::table::Consistency;
use web::openapi::IfMatchHeader;
use web::{Answer, Bearer, Edge, Envelope, IfMatch, Path, Problem, Reply, refusals};

use super::MaterialPath;
use crate::access;
use crate::products::view::MaterialView;

/// Withdraw a material
///
/// It can't be chosen any more. It stays with the product, because unpaid orders may still give their stock back to it,
/// and can be made active again.
#[utoipa::path(
    delete,
    path = "/products/{productId}/materials/{materialId}",
    tag = "Products",
    params(
        ("productId" = String, Path, description = "The product", example = "prd_01JQZX3N9Q5S0V6T7W8Y9Z0ABC"),
        ("materialId" = String, Path, description = "The material", example = "mat_01JQZX3N9Q5S0V6T7W8Y9Z0ABC"),
        IfMatchHeader,
    ),
    responses(
        (status = 200, description = "The material, withdrawn", body = Envelope<MaterialView>),
        refusals::Of<(refusals::InvalidTransition,)>,
    ),
    extensions(("x-access" = json!("EditProducts"))),
)]
pub async fn retire_material(
    Shared(edge): Shared<Edge>,
    bearer: Bearer,
    Path(path): Path<MaterialPath>,
    if_match: IfMatch,
) -> Answer<MaterialView> {
    let read = async |scope| edge.store().product(scope, path.product_id, Consistency::Strong).await;
    let (caller, found) = bearer.with(read).await?;
    let found = found.ok_or_else(Problem::not_found)?;
    access::require_editor(&caller, &found.product)?;
    let before = super::find(&found, path.material_id)?;
    if_match.check(before.version)?;
    let after = Material { active: false, ..before.clone() };
    let changed = edge.store().update_material(&caller.operation(), &before, &after, StockChange::None).await?;
    let after = changed.map_err(super::refused)?;
    let version = after.version;
    Ok(Reply::ok(MaterialView::of(&found.product, after)).etag(version))
}
