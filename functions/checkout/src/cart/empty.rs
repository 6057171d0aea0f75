//! `DELETE /cart`

use axum::extract::State;
use domain::cart::Cart;
use web::openapi::{CartTokenHeader, IfMatchHeader};
use web::{Answer, Edge, Envelope, IfMatch, Reply};

use super::CartContents;
use super::shopper::Shopper;

/// Empty the cart
#[utoipa::path(
    delete,
    path = "/cart",
    tag = "Cart",
    params(IfMatchHeader, CartTokenHeader),
    responses((status = 200, description = "The empty cart", body = Envelope<CartContents>)),
    extensions(("x-access" = json!("Shop")))
)]
pub(crate) async fn empty_cart(State(edge): State<Edge>, shopper: Shopper, if_match: IfMatch) -> Answer<CartContents> {
    let now = edge.ambient().now();
    let (visitor, cart) = shopper.cart(&edge).await?;
    if_match.check(cart.version)?;
    let cart = super::update(&edge, &visitor, cart, |cart: Cart| Ok(cart.emptied(now))).await?;
    Ok(Reply::ok(CartContents::from(&cart)).etag(cart.version))
}
