//! `POST /cart/coupon`

use axum::extract::State;
use domain::access::Permission;
use domain::cart::Cart;
use domain::coupon::CouponCode;
use garde::Validate;
use serde::Deserialize;
use utoipa::ToSchema;
use web::{Answer, Bearer, Edge, Envelope, Json, Reply, refusals};

use super::CartContents;

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
    request_body = ApplyCoupon,
    responses(
        (status = 200, description = "The cart as it is now", body = Envelope<CartContents>),
        refusals::Of<(refusals::CouponInvalid, refusals::Conflict)>
    ),
    extensions(("x-access" = json!("Shop")))
)]
pub(crate) async fn apply_coupon(
    State(edge): State<Edge>,
    bearer: Bearer,
    Json(request): Json<ApplyCoupon>,
) -> Answer<CartContents> {
    let (user, now, store) = (bearer.user(), edge.ambient().now(), edge.store());
    let read = async |scope| tokio::try_join!(store.cart(scope, user, now), store.coupon(scope, &request.coupon));
    let (caller, (cart, coupon)) = bearer.with(read).await?;
    caller.require(Permission::Shop)?;
    let coupon = super::usable(coupon, now).map_err(super::unusable)?;
    let wanted: Vec<_> = cart.lines.iter().map(|line| (line.product, line.material)).collect();
    let found = store.sellable(caller.scope, &wanted).await?;
    super::discount(&caller.tenant().settings, &cart, &found, &coupon).map_err(super::unusable)?;
    let apply = |cart: Cart| Ok(cart.with_coupon(Some(request.coupon.clone()), now));
    let cart = super::update(&edge, &caller, cart, apply).await?;
    Ok(Reply::ok(CartContents::from(&cart)).etag(cart.version))
}
