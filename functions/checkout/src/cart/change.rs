//! `PATCH /cart/items/{itemId}`

use axum::extract::State;
use domain::cart::{Cart, Quantity};
use domain::id::CartLineId;
use garde::Validate;
use serde::Deserialize;
use utoipa::ToSchema;
use web::openapi::{CartTokenHeader, IfMatchHeader};
use web::{Answer, Edge, Envelope, IfMatch, Json, Path, Reply};

use super::CartContents;
use super::shopper::Shopper;

/// What to change of a line.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub(crate) struct ChangeItem {
    /// How many from now on, 1 to 999.
    #[schema(value_type = u32, minimum = 1, maximum = 999, example = 3)]
    quantity: Quantity,
}

/// Change how many of something are in the cart
#[utoipa::path(
    patch,
    path = "/cart/items/{itemId}",
    tag = "Cart",
    params(("itemId" = String, Path, description = "The line", example = "cli_01JQZX3N9Q5S0V6T7W8Y9Z0ABC"), IfMatchHeader, CartTokenHeader),
    request_body = ChangeItem,
    responses((status = 200, description = "The cart as it is now", body = Envelope<CartContents>)),
    extensions(("x-access" = json!("Shop")))
)]
pub(crate) async fn change_item(
    State(edge): State<Edge>,
    shopper: Shopper,
    Path(line): Path<CartLineId>,
    if_match: IfMatch,
    Json(change): Json<ChangeItem>,
) -> Answer<CartContents> {
    let now = edge.ambient().now();
    let (visitor, cart) = shopper.cart(&edge).await?;
    if_match.check(cart.version)?;
    let set = |cart: Cart| cart.set_quantity(line, change.quantity, now);
    let cart = super::update(&edge, &visitor, cart, set).await?;
    Ok(Reply::ok(CartContents::from(&cart)).etag(cart.version))
}
