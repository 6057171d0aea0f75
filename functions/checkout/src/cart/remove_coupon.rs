//! `DELETE /cart/coupon`

use axum::extract::State;
use domain::access::Permission;
use domain::cart::Cart;
use web::openapi::IfMatchHeader;
use web::{Answer, Bearer, Edge, Envelope, IfMatch, Reply};

use super::CartContents;

/// Use no coupon
#[utoipa::path(
    delete,
    path = "/cart/coupon",
    tag = "Cart",
    params(IfMatchHeader),
    responses((status = 200, description = "The cart as it is now", body = Envelope<CartContents>)),
    extensions(("x-access" = json!("Shop")))
)]
pub(crate) async fn remove_coupon(State(edge): State<Edge>, bearer: Bearer, if_match: IfMatch) -> Answer<CartContents> {
    let (user, now) = (bearer.user(), edge.ambient().now());
    let (caller, cart) = bearer.with(async |scope| edge.store().cart(scope, user, now).await).await?;
    caller.require(Permission::Shop)?;
    if_match.check(cart.version)?;
    let cart = super::update(&edge, &caller, cart, |cart: Cart| Ok(cart.with_coupon(None, now))).await?;
    Ok(Reply::ok(CartContents::from(&cart)).etag(cart.version))
}
