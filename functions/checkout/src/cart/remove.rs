//! `DELETE /cart/items/{itemId}`

use axum::extract::State;
use domain::access::Permission;
use domain::cart::Cart;
use domain::id::CartLineId;
use web::openapi::IfMatchHeader;
use web::{Answer, Bearer, Edge, Envelope, IfMatch, Path, Reply};

use super::CartContents;

/// Take something out of the cart
#[utoipa::path(
    delete,
    path = "/cart/items/{itemId}",
    tag = "Cart",
    params(("itemId" = String, Path, description = "The line", example = "cli_01JQZX3N9Q5S0V6T7W8Y9Z0ABC"), IfMatchHeader),
    responses((status = 200, description = "The cart as it is now", body = Envelope<CartContents>)),
    extensions(("x-access" = json!("Shop")))
)]
pub(crate) async fn remove_item(
    State(edge): State<Edge>,
    bearer: Bearer,
    Path(line): Path<CartLineId>,
    if_match: IfMatch,
) -> Answer<CartContents> {
    let (user, now) = (bearer.user(), edge.ambient().now());
    let (caller, cart) = bearer.with(async |scope| edge.store().cart(scope, user, now).await).await?;
    caller.require(Permission::Shop)?;
    if_match.check(cart.version)?;
    let cart = super::update(&edge, &caller, cart, |cart: Cart| cart.remove(line, now)).await?;
    Ok(Reply::ok(CartContents::from(&cart)).etag(cart.version))
}
