//! `POST /orders/{orderId}/reorder`

use axum::extract::State;
use axum::response::Response;
use domain::access::Permission;
use domain::cart::CartLine;
use domain::catalog::Sellable;
use domain::id::{MaterialId, OrderId, ProductId};
use domain::order::Order;
use domain::pricing::OrderLine;
use serde::Serialize;
use utoipa::ToSchema;
use web::openapi::OptionalKeyHeader;
use web::{Bearer, Edge, Envelope, IdempotencyKey, Path, Problem, Reply, idempotent, refusals};

use crate::cart::CartContents;

/// What became of the lines.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Reordered {
    /// The cart as it is now.
    cart: CartContents,
    /// What was not put in.
    left_out: Vec<LeftOutView>,
}

/// Pieces that were not put into the cart.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LeftOutView {
    /// The product.
    #[schema(value_type = String, example = "prd_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    product_id: ProductId,
    /// The material.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "mat_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    material_id: Option<MaterialId>,
    /// The product's name when it was bought.
    #[schema(example = "Planetary gear set")]
    name: String,
    /// How many pieces.
    #[schema(example = 2)]
    quantity: u32,
    /// Why.
    #[schema(example = "only 1 left")]
    problem: String,
}

impl LeftOutView {
    fn new(line: &OrderLine, quantity: u32, problem: String) -> Self {
        Self { product_id: line.product, material_id: line.material, name: line.name.clone(), quantity, problem }
    }
}

/// Put what you bought before into the cart again
///
/// At today's prices. What is not for sale any more, or not in that number, is left out and named, and so is what the cart has no
/// room for.
#[utoipa::path(
    post,
    path = "/orders/{orderId}/reorder",
    tag = "Orders",
    params(
        ("orderId" = String, Path, description = "One of your orders", example = "ord_01JQZX3N9Q5S0V6T7W8Y9Z0ABC"),
        OptionalKeyHeader
    ),
    responses(
        (status = 200, description = "The cart, and what is not in it", body = Envelope<Reordered>),
        refusals::Of<(refusals::NotFound, refusals::Conflict)>
    ),
    extensions(("x-access" = json!("Shop")))
)]
pub(crate) async fn reorder(
    State(edge): State<Edge>,
    bearer: Bearer,
    Path(order): Path<OrderId>,
    key: Option<IdempotencyKey>,
) -> Result<Response, Problem> {
    let (caller, order) = bearer.with(async |scope| edge.store().order(scope, order).await).await?;
    caller.require(Permission::Shop)?;
    let order = order.filter(|order| caller.owns(order.user)).ok_or_else(Problem::not_found)?;
    let work = async {
        let wanted: Vec<_> = order.lines.iter().map(|line| (line.product, line.material)).collect();
        let found = edge.store().sellable(caller.scope, &wanted).await?;
        let (again, mut left_out) = sellable_lines(&edge, &order, found);
        let (cart, no_room) = crate::cart::refill(&edge, &caller, again).await?;
        for over in no_room {
            let of_line = |line: &&OrderLine| (line.product, line.material) == (over.product, over.material);
            if let Some(line) = order.lines.iter().find(of_line) {
                left_out.push(LeftOutView::new(line, over.quantity, "the cart has no room for it".to_owned()));
            }
        }
        let version = cart.version;
        Ok(Reply::ok(Reordered { cart: CartContents::from(&cart), left_out }).etag(version))
    };
    idempotent(&edge, caller.tenant(), Some(caller.user), key, work).await
}

/// Turns lines of an order into lines of a cart, as far as they can be bought now.
fn sellable_lines(edge: &Edge, order: &Order, found: Vec<Sellable>) -> (Vec<CartLine>, Vec<LeftOutView>) {
    let (mut again, mut left_out) = (Vec::new(), Vec::new());
    for (line, sellable) in order.lines.iter().zip(found) {
        let quantity = line.quantity;
        match sellable.offer(line.material, quantity.get()) {
            Ok(offer) => {
                let seen = Some(offer.item_price);
                let id = edge.ambient().id();
                again.push(CartLine { id, product: line.product, material: line.material, quantity, seen });
            }
            Err(error) => left_out.push(LeftOutView::new(line, quantity.get(), error.to_string())),
        }
    }
    (again, left_out)
}
