//! `GET /orders/{orderId}`

use axum::extract::State;
use domain::id::OrderId;
use platform::people;
use store::dossiers::Dossier;
use store::table::Consistency;
use web::{Answer, Bearer, Caller, Edge, Envelope, Path, Problem, Reply};

use super::view::OrderView;

/// Read an order
///
/// Seen by its buyer, by its seller, and by the tenant's people; for everybody else it does not exist. The address is blank
/// once the buyer has erased their account, and the seller sees it while the order is paid.
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
    let (caller, found) = bearer.with(async |scope| edge.store().dossier(scope, order).await).await?;
    let found = found.filter(|found| found.order.is_visible_to(&caller)).ok_or_else(Problem::not_found)?;
    shown(&edge, &caller, found).await
}

/// Shows an order to somebody who may see it.
pub(crate) async fn shown(edge: &Edge, caller: &Caller, found: Dossier) -> Answer<OrderView> {
    let order = &found.order;
    if !order.shows_address_to(caller) {
        let version = order.version;
        return Ok(Reply::ok(OrderView::new(found, None)).etag(version));
    }
    // The buyer's part of the key is with the buyer, whom only others than the buyer have to read.
    let buyer = match caller.owns(order.user) {
        true => Some(caller.account().clone()),
        false => edge.store().user(caller.scope, order.user, Consistency::Strong).await?,
    };
    let (vault, tenant, item) = (edge.vault(), caller.tenant(), order.id.to_string());
    let address = people::open_address(vault, tenant, buyer.as_ref(), &item, &order.address).await?;
    let version = order.version;
    Ok(Reply::ok(OrderView::new(found, Some(address))).etag(version))
}
