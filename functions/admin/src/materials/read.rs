//! `GET /admin/materials/{materialId}`

use axum::extract::State;
use domain::access::Permission;
use domain::id::MaterialId;
use store::table::Consistency;
use web::{Answer, Bearer, Edge, Envelope, Path, Problem, Reply};

use super::SharedMaterialView;

/// Read a shared material
#[utoipa::path(
    get,
    path = "/admin/materials/{materialId}",
    tag = "Materials",
    params(("materialId" = String, Path, description = "The material", example = "mat_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")),
    responses((status = 200, description = "The material", body = Envelope<SharedMaterialView>)),
    extensions(("x-access" = json!("EditProducts")))
)]
pub(crate) async fn read_material(
    State(edge): State<Edge>,
    bearer: Bearer,
    Path(id): Path<MaterialId>,
) -> Answer<SharedMaterialView> {
    let read = |scope| edge.store().shared_material(scope, id, Consistency::Strong);
    let (caller, material) = bearer.with(read).await?;
    caller.require(Permission::EditProducts)?;
    let material = material.ok_or_else(Problem::not_found)?;
    let version = material.version;
    Ok(Reply::ok(SharedMaterialView::from(material)).etag(version))
}
