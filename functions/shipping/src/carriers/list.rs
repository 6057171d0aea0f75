//! `GET /admin/carriers`

use axum::extract::State;
use domain::access::Permission;
use web::{Answer, Bearer, Edge, ListEnvelope, ListQuery, Query};

use super::CarrierView;

/// List carriers, newest first
#[utoipa::path(
    get,
    path = "/admin/carriers",
    tag = "Carriers",
    params(ListQuery),
    responses((status = 200, description = "A page of carriers", body = ListEnvelope<CarrierView>)),
    extensions(("x-access" = json!("ManageOrders")))
)]
pub(crate) async fn list_carriers(
    State(edge): State<Edge>,
    bearer: Bearer,
    Query(query): Query<ListQuery>,
) -> Answer<Vec<CarrierView>> {
    let cursors = edge.cursors(bearer.tenant(), "GET /admin/carriers", &())?;
    let from = cursors.open(query.cursor.as_deref()).await?;
    let (caller, page) = bearer.with(|scope| edge.store().carriers(scope, query.limit.get(), from)).await?;
    caller.require(Permission::ManageOrders)?;
    cursors.page(page.map(CarrierView::from), query.limit).await
}
