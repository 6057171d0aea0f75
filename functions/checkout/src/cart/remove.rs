//! `DELETE /cart/items/{itemId}`

use axum::extract::State;
use domain::cart::Cart;
use domain::id::CartLineId;
use web::openapi::{CartTokenHeader, IfMatchHeader};
use web::{Answer, Edge, Envelope, IfMatch, Path, Reply};

use super::CartContents;
use super::shopper::Shopper;

/// Take something out of the cart
#[utoipa::path(
    delete,
    path = "/cart/items/{itemId}",
    tag = "Cart",
    params(("itemId" = String, Path, description = "The line", example = "cli_01JQZX3N9Q5S0V6T7W8Y9Z0ABC"), IfMatchHeader, CartTokenHeader),
    responses((status = 200, description = "The cart as it is now", body = Envelope<CartContents>)),
    extensions(("x-access" = json!("Shop")))
)]
pub(crate) async fn remove_item(
    State(edge): State<Edge>,
    shopper: Shopper,
    Path(line): Path<CartLineId>,
    if_match: IfMatch,
) -> Answer<CartContents> {
    let now = edge.ambient().now();
    let (visitor, cart) = shopper.cart(&edge).await?;
    if_match.check(cart.version)?;
    let cart = super::update(&edge, &visitor, cart, |cart: Cart| cart.remove(line, now)).await?;
    Ok(Reply::ok(CartContents::from(&cart)).etag(cart.version))
}
