//! `POST /seller/orders/{orderId}/process`

use axum::extract::State;
use axum::response::Response;
use domain::access::Permission;
use domain::id::OrderId;
use web::openapi::OptionalKeyHeader;
use web::{Bearer, Code, Edge, Envelope, IdempotencyKey, Path, Problem, Reply, idempotent, refusals};

use crate::order::view::OrderSummary;

/// Begin to make or pack an order
///
/// A paid order becomes `PROCESSING`; its buyer sees that. Until something of it is in a parcel it can still be called off.
#[utoipa::path(
    post,
    path = "/seller/orders/{orderId}/process",
    tag = "Orders",
    params(
        ("orderId" = String, Path, description = "The order", example = "ord_01JQZX3N9Q5S0V6T7W8Y9Z0ABC"),
        OptionalKeyHeader
    ),
    responses(
        (status = 200, description = "The order as it is now", body = Envelope<OrderSummary>),
        refusals::Of<(refusals::NotFound, refusals::InvalidTransition)>
    ),
    extensions(("x-access" = json!("SellProducts")))
)]
pub(crate) async fn process_order(
    State(edge): State<Edge>,
    bearer: Bearer,
    Path(order): Path<OrderId>,
    key: Option<IdempotencyKey>,
) -> Result<Response, Problem> {
    let (caller, order) = bearer.with(async |scope| edge.store().order(scope, order).await).await?;
    caller.require(Permission::SellProducts)?;
    let order = order.filter(|order| caller.sells_as(order.seller)).ok_or_else(Problem::not_found)?;
    let work = async {
        let moved = edge.store().process_order(&caller.operation(), &order).await?;
        let order = moved.map_err(|status| {
            Problem::new(Code::InvalidTransition).message(format!("The order is {}", status.as_str()))
        })?;
        Ok(Reply::ok(OrderSummary::from(&order)).etag(order.version))
    };
    idempotent(&edge, caller.tenant(), Some(caller.user), key, work).await
}
