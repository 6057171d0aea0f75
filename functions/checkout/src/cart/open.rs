//! `POST /cart`

use axum::extract::State;
use domain::cart::Cart;
use platform::tokens::CartToken;
use web::{Answer, Edge, Envelope, Reply, TenantOf};

use super::CartContents;
use super::shopper::guest;

/// Open an anonymous cart
///
/// For somebody who has not signed in. The answer brings the cart's token, once: send it as `X-Cart-Token` with all
/// requests about the cart, and to `POST /cart/merge` after signing in. Who adds something without a token or a
/// session gets such a cart as well.
#[utoipa::path(
    post,
    path = "/cart",
    tag = "Cart",
    responses((status = 201, description = "The new cart with its token", body = Envelope<CartContents>)),
    extensions(("x-access" = json!("public")))
)]
pub(crate) async fn open_cart(State(edge): State<Edge>, tenant: TenantOf) -> Answer<CartContents> {
    let now = edge.ambient().now();
    let token = CartToken::generate(edge.ambient().id(), edge.ambient());
    let cart = Cart::empty(now).emptied(now).kept_until(now.plus(super::kept(&tenant)));
    edge.store().save_cart(tenant.scope(), &guest(&token), &cart).await?;
    Ok(Reply::created(CartContents::from(&cart).with_token(&token), "/cart").etag(cart.version))
}
