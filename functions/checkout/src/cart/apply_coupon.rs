//! `POST /cart/coupon`

use axum::extract::State;
use domain::cart::{Cart, Holder};
use domain::coupon::CouponCode;
use garde::Validate;
use serde::Deserialize;
use utoipa::ToSchema;
use web::openapi::CartTokenHeader;
use web::{Answer, Edge, Envelope, Json, Problem, Reply, refusals};

use super::CartContents;
use super::shopper::Shopper;

/// Which coupon to use.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub(crate) struct ApplyCoupon {
    /// The code: 3 to 32 of `A-Z`, `0-9`, `-` and `_`, in any case.
    #[schema(value_type = String, example = "SPRING-10")]
    coupon: CouponCode,
}

/// Use a coupon
///
/// Takes the place of the coupon before. It counts when the cart is checked out, as it is then. Doing it again changes nothing.
#[utoipa::path(
    post,
    path = "/cart/coupon",
    tag = "Cart",
    params(CartTokenHeader),
    request_body = ApplyCoupon,
    responses(
        (status = 200, description = "The cart as it is now", body = Envelope<CartContents>),
        refusals::Of<(refusals::CouponInvalid, refusals::Conflict)>
    ),
    extensions(("x-access" = json!("Shop")))
)]
pub(crate) async fn apply_coupon(
    State(edge): State<Edge>,
    shopper: Shopper,
    Json(request): Json<ApplyCoupon>,
) -> Answer<CartContents> {
    let (now, store) = (edge.ambient().now(), edge.store());
    let read = async |scope, holder: &Holder| {
        tokio::try_join!(store.cart(scope, holder, now), store.coupon(scope, &request.coupon))
    };
    let (visitor, (cart, coupon)) = shopper.with(read).await?;
    let cart = cart.ok_or_else(Problem::not_found)?;
    let coupon = super::usable(coupon, now).map_err(super::unusable)?;
    let wanted: Vec<_> = cart.lines.iter().map(|line| (line.product, line.material)).collect();
    let unused = async {
        match visitor.user() {
            Some(user) => super::unused_by(&edge, visitor.scope, user, &coupon).await,
            None => Ok(Ok(())),
        }
    };
    let (found, unused) = tokio::try_join!(store.sellable(visitor.scope, &wanted), unused)?;
    unused.map_err(super::unusable)?;
    super::discount(&visitor.tenant.settings, &cart, &found, &coupon).map_err(super::unusable)?;
    let apply = |cart: Cart| Ok(cart.with_coupon(Some(request.coupon.clone()), now));
    let cart = super::update(&edge, &visitor, cart, apply).await?;
    Ok(Reply::ok(CartContents::from(&cart)).etag(cart.version))
}
