//! `GET /orders/{orderId}`

use axum::extract::State;
use domain::address::{self, PostalAddress};
use domain::id::OrderId;
use domain::pii::Purpose;
use platform::vault::Place;
use web::{Answer, Bearer, Edge, Envelope, Path, Problem, Reply};

use super::view::OrderView;

/// Read an order
///
/// Seen by its buyer, by its seller, and by the tenant's people; for everybody else it does not exist.
#[utoipa::path(
    get,
    path = "/orders/{orderId}",
    tag = "Orders",
    params(("orderId" = String, Path, description = "The order", example = "ord_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")),
    responses((status = 200, description = "The order", body = Envelope<OrderView>)),
    extensions(("x-access" = json!("caller")))
)]
pub(crate) async fn show_order(
    State(edge): State<Edge>,
    bearer: Bearer,
    Path(order): Path<OrderId>,
) -> Answer<OrderView> {
    let read = async |scope| edge.store().order_and_invoice(scope, order).await;
    let (caller, (order, invoice)) = bearer.with(read).await?;
    let order = order.filter(|order| order.is_visible_to(&caller)).ok_or_else(Problem::not_found)?;
    let item = order.id.to_string();
    let place = Place::new(&item, address::FIELD);
    let address: PostalAddress = edge.vault().open_json(caller.tenant(), Purpose::Pii, place, &order.address).await?;
    Ok(Reply::ok(OrderView::new(&order, address, invoice)).etag(order.version))
}
