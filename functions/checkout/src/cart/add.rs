//! `POST /cart/items`

use axum::extract::State;
use axum::response::Response;
use domain::access::Permission;
use domain::cart::Quantity;
use domain::id::{MaterialId, ProductId};
use garde::Validate;
use serde::Deserialize;
use utoipa::ToSchema;
use web::openapi::OptionalKeyHeader;
use web::{Bearer, Edge, Envelope, IdempotencyKey, Json, Problem, Reply, idempotent, refusals};

use super::CartContents;

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
#[utoipa::path(
    post,
    path = "/cart/items",
    tag = "Cart",
    params(OptionalKeyHeader),
    request_body = AddItem,
    responses(
        (status = 200, description = "The cart as it is now", body = Envelope<CartContents>),
        refusals::Of<(refusals::ProductInactive, refusals::CartFull, refusals::Conflict)>
    ),
    extensions(("x-access" = json!("Shop")))
)]
pub(crate) async fn add_item(
    State(edge): State<Edge>,
    bearer: Bearer,
    key: Option<IdempotencyKey>,
    Json(item): Json<AddItem>,
) -> Result<Response, Problem> {
    let (user, now) = (bearer.user(), edge.ambient().now());
    let read = async |scope| edge.store().cart_and_sellable(scope, user, item.product_id, item.material_id, now).await;
    let (caller, (cart, sellable)) = bearer.with(read).await?;
    caller.require(Permission::Shop)?;
    idempotent(&edge, caller.tenant(), Some(user), key, async {
        super::require_sellable(&sellable, item.material_id.is_some())?;
        let price = |product| domain::catalog::item_price(product, sellable.material.as_ref()).ok();
        let seen = sellable.product.as_ref().and_then(price);
        let id = edge.ambient().id();
        let add = |cart: domain::cart::Cart| cart.add(id, item.product_id, item.material_id, item.quantity, seen, now);
        let cart = super::update(&edge, &caller, cart, add).await?;
        Ok(Reply::ok(CartContents::from(&cart)).etag(cart.version))
    })
    .await
}
