//! `PUT /admin/coupons/{couponCode}`

use axum::extract::State;
use domain::access::Permission;
use domain::coupon::{Coupon, CouponCode, Terms};
use garde::Validate;
use serde::Deserialize;
use utoipa::ToSchema;
use web::openapi::IfMatchHeader;
use web::{Answer, Bearer, Edge, Envelope, IfMatch, Json, Path, Problem, Reply, refusals};

use super::{CouponView, TermsView};

/// The terms from now on.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub(crate) struct ChangeCoupon {
    /// What it takes off, of what, when, and how often.
    #[schema(value_type = TermsView)]
    terms: Terms,
}

/// Give a coupon other terms
///
/// Replaces them as a whole. Uses so far go on counting; checkouts that have used it keep their discount.
#[utoipa::path(
    put,
    path = "/admin/coupons/{couponCode}",
    tag = "Coupons",
    params(
        ("couponCode" = String, Path, description = "The coupon's code", example = "SPRING-10"),
        IfMatchHeader
    ),
    request_body = ChangeCoupon,
    responses(
        (status = 200, description = "The coupon as it is now", body = Envelope<CouponView>),
        refusals::Of<(refusals::Conflict,)>
    ),
    extensions(("x-access" = json!("ManageCatalog")))
)]
pub(crate) async fn change_coupon(
    State(edge): State<Edge>,
    bearer: Bearer,
    Path(code): Path<CouponCode>,
    if_match: IfMatch,
    Json(request): Json<ChangeCoupon>,
) -> Answer<CouponView> {
    let (caller, before) = bearer.with(|scope| edge.store().coupon(scope, &code)).await?;
    caller.require(Permission::ManageCatalog)?;
    let before = before.ok_or_else(Problem::not_found)?;
    if_match.check(before.version)?;
    super::require_sound(&request.terms, caller.tenant().settings.currency)?;
    let operation = caller.operation();
    edge.store().change_coupon(&operation, &before, &request.terms).await?;
    let version = before.version.saturating_add(1);
    let after = Coupon { terms: request.terms, updated_at: operation.now, version, ..before };
    Ok(Reply::ok(CouponView::from(&after)).etag(after.version))
}
