//! `GET /admin/coupons/{couponCode}`

use axum::extract::State;
use domain::access::Permission;
use domain::coupon::CouponCode;
use web::{Answer, Bearer, Edge, Envelope, Path, Problem, Reply};

use super::CouponView;

/// Read a coupon
#[utoipa::path(
    get,
    path = "/admin/coupons/{couponCode}",
    tag = "Coupons",
    params(("couponCode" = String, Path, description = "The coupon's code", example = "SPRING-10")),
    responses((status = 200, description = "The coupon", body = Envelope<CouponView>)),
    extensions(("x-access" = json!("ManageCatalog")))
)]
pub(crate) async fn read_coupon(
    State(edge): State<Edge>,
    bearer: Bearer,
    Path(code): Path<CouponCode>,
) -> Answer<CouponView> {
    let (caller, coupon) = bearer.with(|scope| edge.store().coupon(scope, &code)).await?;
    caller.require(Permission::ManageCatalog)?;
    let coupon = coupon.ok_or_else(Problem::not_found)?;
    Ok(Reply::ok(CouponView::from(&coupon)).etag(coupon.version))
}
