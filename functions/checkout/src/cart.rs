//! Carts: what is in them, and what may go in.

pub(crate) mod add;
pub(crate) mod change;
pub(crate) mod empty;
pub(crate) mod remove;
pub(crate) mod show;

use domain::cart::{Cart, CartError, CartLine};
use domain::catalog::Unsellable;
use domain::id::{CartLineId, MaterialId, ProductId, UserId};
use domain::tenant::TenantScope;
use serde::Serialize;
use store::products::Sellable;
use utoipa::ToSchema;
use web::{Code, Edge, Problem};

/// How often a change of a cart is repeated when another change of the same cart comes first.
const TRIES: u32 = 16;

/// A cart after a change, without prices: `GET /cart` shows those.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CartContents {
    /// The lines, oldest first.
    items: Vec<CartItem>,
    /// Counts up with each change; also in `ETag`.
    #[schema(example = 3)]
    version: u64,
}

/// One line of a cart.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CartItem {
    /// The line's id.
    #[schema(value_type = String, example = "cli_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    id: CartLineId,
    /// What is bought.
    #[schema(value_type = String, example = "prd_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    product_id: ProductId,
    /// What it is made of; absent for products without materials.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "mat_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    material_id: Option<MaterialId>,
    /// How many.
    #[schema(example = 2)]
    quantity: u32,
}

impl From<&Cart> for CartContents {
    fn from(cart: &Cart) -> Self {
        Self { items: cart.lines.iter().map(CartItem::from).collect(), version: cart.version }
    }
}

impl From<&CartLine> for CartItem {
    fn from(line: &CartLine) -> Self {
        Self { id: line.id, product_id: line.product, material_id: line.material, quantity: line.quantity.get() }
    }
}

/// Changes the cart that was read, and reads it again when somebody else changed it first.
async fn update<F>(edge: &Edge, scope: TenantScope, user: UserId, mut cart: Cart, change: F) -> Result<Cart, Problem>
where
    F: Fn(Cart) -> Result<Cart, CartError>,
{
    for _ in 0..TRIES {
        let next = change(cart).map_err(refused)?;
        match edge.store().save_cart(scope, user, &next).await {
            Ok(()) => return Ok(next),
            Err(store::Error::Conflict) => cart = edge.store().cart(scope, user, edge.ambient().now()).await?,
            Err(error) => return Err(error.into()),
        }
    }
    Err(Problem::new(Code::Conflict))
}

fn refused(error: CartError) -> Problem {
    match error {
        CartError::Quantity => Problem::invalid("quantity", "must be 1 to 999 together with what is in the cart"),
        CartError::Full => Problem::new(Code::CartFull),
        CartError::NoSuchLine => Problem::not_found(),
    }
}

/// Refuses what can't be bought at all. Whether there is enough stock is decided when it is ordered.
fn require_sellable(sellable: &Sellable, with_material: bool) -> Result<(), Problem> {
    let inactive = |field: &str, message: &str| Err(Problem::new(Code::ProductInactive).field(field, message));
    let Some(product) = &sellable.product else {
        return inactive("productId", "is not for sale");
    };
    if with_material && sellable.material.is_none() {
        return inactive("materialId", "is not for sale with this product");
    }
    match domain::catalog::offer(product, sellable.material.as_ref(), 0) {
        Ok(_) | Err(Unsellable::OutOfStock { .. }) => Ok(()),
        Err(Unsellable::ProductInactive) => inactive("productId", "is not for sale"),
        Err(Unsellable::MaterialRequired) => {
            Err(Problem::invalid("materialId", "is required: the product comes in materials"))
        }
        Err(Unsellable::MaterialForeign | Unsellable::MaterialInactive) => {
            inactive("materialId", "is not for sale with this product")
        }
        Err(Unsellable::Price(error)) => Err(Problem::new(Code::AmountInvalid).because(error)),
    }
}
