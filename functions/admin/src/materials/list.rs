//! `GET /admin/materials`

use axum::extract::State;
use domain::access::Permission;
use web::{Answer, Bearer, Edge, ListEnvelope, ListQuery, Query};

use super::SharedMaterialView;

/// List the shared materials, newest first
///
/// Retired ones too.
#[utoipa::path(
    get,
    path = "/admin/materials",
    tag = "Materials",
    params(ListQuery),
    responses((status = 200, description = "A page of materials", body = ListEnvelope<SharedMaterialView>)),
    extensions(("x-access" = json!("EditProducts")))
)]
pub(crate) async fn list_materials(
    State(edge): State<Edge>,
    bearer: Bearer,
    Query(query): Query<ListQuery>,
) -> Answer<Vec<SharedMaterialView>> {
    let cursors = edge.cursors(bearer.tenant(), "GET /admin/materials", &())?;
    let from = cursors.open(query.cursor.as_deref()).await?;
    let (caller, page) = bearer.with(|scope| edge.store().shared_materials(scope, query.limit.get(), from)).await?;
    caller.require(Permission::EditProducts)?;
    cursors.page(page.map(SharedMaterialView::from), query.limit).await
}
