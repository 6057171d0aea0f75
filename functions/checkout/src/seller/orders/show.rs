//! `GET /seller/orders/{orderId}`

use axum::extract::State;
use domain::access::Permission;
use domain::id::OrderId;
use web::{Answer, Bearer, Edge, Envelope, Path, Problem};

use crate::order::show::shown;
use crate::order::view::OrderView;

/// Read an order that you deliver
#[utoipa::path(
    get,
    path = "/seller/orders/{orderId}",
    tag = "Orders",
    params(("orderId" = String, Path, description = "The order", example = "ord_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")),
    responses((status = 200, description = "The order", body = Envelope<OrderView>)),
    extensions(("x-access" = json!("SellProducts")))
)]
pub(crate) async fn show_sold_order(
    State(edge): State<Edge>,
    bearer: Bearer,
    Path(order): Path<OrderId>,
) -> Answer<OrderView> {
    let (caller, found) = bearer.with(async |scope| edge.store().dossier(scope, order).await).await?;
    caller.require(Permission::SellProducts)?;
    let found = found.filter(|found| caller.sells_as(found.order.seller)).ok_or_else(Problem::not_found)?;
    shown(&edge, &caller, found).await
}
