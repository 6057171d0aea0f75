//! `GET /admin/coupons`

use axum::extract::State;
use domain::access::Permission;
use web::{Answer, Bearer, Edge, ListEnvelope, ListQuery, Query};

use super::CouponView;

/// List coupons, newest first
#[utoipa::path(
    get,
    path = "/admin/coupons",
    tag = "Coupons",
    params(ListQuery),
    responses((status = 200, description = "A page of coupons", body = ListEnvelope<CouponView>)),
    extensions(("x-access" = json!("ManageCatalog")))
)]
pub(crate) async fn list_coupons(
    State(edge): State<Edge>,
    bearer: Bearer,
    Query(query): Query<ListQuery>,
) -> Answer<Vec<CouponView>> {
    let cursors = edge.cursors(bearer.tenant(), "GET /admin/coupons", &())?;
    let from = cursors.open(query.cursor.as_deref()).await?;
    let (caller, page) = bearer.with(|scope| edge.store().coupons(scope, query.limit.get(), from)).await?;
    caller.require(Permission::ManageCatalog)?;
    cursors.page(page.map(|coupon| CouponView::from(&coupon)), query.limit).await
}
