//! `POST /admin/coupons`

use axum::extract::State;
use axum::response::Response;
use domain::access::Permission;
use domain::coupon::{Coupon, CouponCode, Terms};
use garde::Validate;
use serde::Deserialize;
use utoipa::ToSchema;
use web::openapi::OptionalKeyHeader;
use web::{Caller, Code, Edge, Envelope, IdempotencyKey, Json, Problem, Reply, idempotent, refusals};

use super::{CouponView, TermsView};

/// The coupon to make.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub(crate) struct CreateCoupon {
    /// What buyers type in: 3 to 32 of `A-Z`, `0-9`, `-` and `_`; small letters become capital ones. It stays.
    #[schema(value_type = String, example = "SPRING-10")]
    code: CouponCode,
    /// What it takes off, of what, when, and how often.
    #[schema(value_type = TermsView)]
    terms: Terms,
}

/// Make a coupon
#[utoipa::path(
    post,
    path = "/admin/coupons",
    tag = "Coupons",
    params(OptionalKeyHeader),
    request_body = CreateCoupon,
    responses(
        (status = 201, description = "The coupon", body = Envelope<CouponView>),
        refusals::Of<(refusals::CouponCodeTaken,)>
    ),
    extensions(("x-access" = json!("ManageCatalog")))
)]
pub(crate) async fn create_coupon(
    State(edge): State<Edge>,
    caller: Caller,
    key: Option<IdempotencyKey>,
    Json(request): Json<CreateCoupon>,
) -> Result<Response, Problem> {
    caller.require(Permission::ManageCatalog)?;
    super::require_sound(&request.terms, caller.tenant().settings.currency)?;
    let work = async {
        let operation = caller.operation();
        let coupon = Coupon {
            id: operation.id(),
            code: request.code,
            terms: request.terms,
            used: 0,
            created_at: operation.now,
            updated_at: operation.now,
            version: 1,
        };
        let made = edge.store().create_coupon(&operation, &coupon).await?;
        made.map_err(|_| Problem::new(Code::CouponCodeTaken).field("code", "is in use"))?;
        let location = format!("/admin/coupons/{}", coupon.code);
        Ok(Reply::created(CouponView::from(&coupon), location).etag(coupon.version))
    };
    idempotent(&edge, caller.tenant(), Some(caller.user), key, work).await
}
