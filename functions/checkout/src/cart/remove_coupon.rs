//! `DELETE /cart/coupon`

use axum::extract::State;
use domain::cart::Cart;
use web::openapi::{CartTokenHeader, IfMatchHeader};
use web::{Answer, Edge, Envelope, IfMatch, Reply};

use super::CartContents;
use super::shopper::Shopper;

/// Use no coupon
#[utoipa::path(
    delete,
    path = "/cart/coupon",
    tag = "Cart",
    params(IfMatchHeader, CartTokenHeader),
    responses((status = 200, description = "The cart as it is now", body = Envelope<CartContents>)),
    extensions(("x-access" = json!("Shop")))
)]
pub(crate) async fn remove_coupon(
    State(edge): State<Edge>,
    shopper: Shopper,
    if_match: IfMatch,
) -> Answer<CartContents> {
    let now = edge.ambient().now();
    let (visitor, cart) = shopper.cart(&edge).await?;
    if_match.check(cart.version)?;
    let cart = super::update(&edge, &visitor, cart, |cart: Cart| Ok(cart.with_coupon(None, now))).await?;
    Ok(Reply::ok(CartContents::from(&cart)).etag(cart.version))
}
