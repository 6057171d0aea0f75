//! `DELETE /admin/coupons/{couponCode}`

use axum::extract::State;
use domain::access::Permission;
use domain::coupon::CouponCode;
use web::openapi::IfMatchHeader;
use web::{Answer, Bearer, Edge, Envelope, IfMatch, Nothing, Path, Problem, Reply, refusals};

/// Delete a coupon
///
/// Checkouts that have used it keep their discount. Another coupon of the same code starts counting anew.
#[utoipa::path(
    delete,
    path = "/admin/coupons/{couponCode}",
    tag = "Coupons",
    params(
        ("couponCode" = String, Path, description = "The coupon's code", example = "SPRING-10"),
        IfMatchHeader
    ),
    responses(
        (status = 200, description = "The coupon is gone", body = Envelope<Nothing>),
        refusals::Of<(refusals::Conflict,)>
    ),
    extensions(("x-access" = json!("ManageCatalog")))
)]
pub(crate) async fn delete_coupon(
    State(edge): State<Edge>,
    bearer: Bearer,
    Path(code): Path<CouponCode>,
    if_match: IfMatch,
) -> Answer<Nothing> {
    let (caller, before) = bearer.with(|scope| edge.store().coupon(scope, &code)).await?;
    caller.require(Permission::ManageCatalog)?;
    let before = before.ok_or_else(Problem::not_found)?;
    if_match.check(before.version)?;
    edge.store().delete_coupon(&caller.operation(), &before).await?;
    Ok(Reply::done())
}
