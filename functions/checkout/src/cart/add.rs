//! `POST /cart/items`

use axum::extract::State;
use axum::response::Response;
use domain::cart::{Cart, Holder, Quantity};
use domain::id::{MaterialId, ProductId};
use garde::Validate;
use serde::Deserialize;
use utoipa::ToSchema;
use web::openapi::{CartTokenHeader, OptionalKeyHeader};
use web::{Edge, Envelope, IdempotencyKey, Json, Problem, Reply, idempotent, refusals};

use super::CartContents;
use super::shopper::Shopper;

/// What to put into the cart.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub(crate) struct AddItem {
    /// The product.
    #[schema(value_type = String, example = "prd_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    product_id: ProductId,
    /// The material, required where the product comes in materials.
    #[schema(value_type = Option<String>, example = "mat_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    material_id: Option<MaterialId>,
    /// How many, 1 to 999.
    #[schema(value_type = u32, minimum = 1, maximum = 999, example = 2)]
    quantity: Quantity,
}

/// Put something into the cart
///
/// A product in one material is one line: adding it again adds to its quantity. A cart holds at most 40 lines.
/// Without a session and a token, an anonymous cart is opened, and its token told; an `Idempotency-Key` counts from then on.
#[utoipa::path(
    post,
    path = "/cart/items",
    tag = "Cart",
    params(OptionalKeyHeader, CartTokenHeader),
    request_body = AddItem,
    responses(
        (status = 200, description = "The cart as it is now", body = Envelope<CartContents>),
        refusals::Of<(
            refusals::ProductInactive,
            refusals::CartFull,
            refusals::Conflict,
            refusals::NotFound,
            refusals::InvalidToken,
            refusals::TokenExpired,
            refusals::SessionEnded,
            refusals::Forbidden,
            refusals::MfaEnrolmentRequired,
            refusals::TenantMismatch
        )>
    ),
    extensions(("x-access" = json!("public")))
)]
pub(crate) async fn add_item(
    State(edge): State<Edge>,
    shopper: Shopper,
    key: Option<IdempotencyKey>,
    Json(item): Json<AddItem>,
) -> Result<Response, Problem> {
    let now = edge.ambient().now();
    let (shopper, opened) = shopper.or_new(edge.ambient());
    let (product, material) = (item.product_id, item.material_id);
    let read =
        async |scope, holder: &Holder| edge.store().cart_and_sellable(scope, holder, product, material, now).await;
    let (visitor, (cart, sellable)) = shopper.with(read).await?;
    let cart = cart.or_else(|| opened.as_ref().map(|_| Cart::empty(now))).ok_or_else(Problem::not_found)?;
    // Who has no token yet has nothing by which a repeat could be told from somebody else's request.
    let key = key.filter(|_| opened.is_none()).map(|key| visitor.own(key));
    idempotent(&edge, &visitor.tenant, visitor.user(), key, async {
        super::require_sellable(&sellable, material)?;
        let price = |product| domain::catalog::item_price(product, sellable.material.as_ref()).ok();
        let seen = sellable.product.as_ref().and_then(price);
        let id = edge.ambient().id();
        let add = |cart: Cart| cart.add(id, product, material, item.quantity, seen, now);
        let cart = super::update(&edge, &visitor, cart, add).await?;
        let contents = CartContents::from(&cart);
        let contents = opened.iter().fold(contents, CartContents::with_token);
        Ok(Reply::ok(contents).etag(cart.version))
    })
    .await
}
