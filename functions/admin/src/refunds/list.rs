//! `GET /admin/payments/{paymentId}/refunds`

use axum::extract::State;
use domain::access::Permission;
use domain::id::PaymentId;
use web::{Answer, Bearer, Edge, Envelope, Path, Problem, Reply};

use super::RefundView;

/// List what was given back of a payment, oldest first
///
/// A payment that cannot be found any more, or belongs to another tenant, is not there.
#[utoipa::path(
    get,
    path = "/admin/payments/{paymentId}/refunds",
    tag = "Refunds",
    params(("paymentId" = String, Path, description = "The payment", example = "pay_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")),
    responses((status = 200, description = "The refunds, at most 100", body = Envelope<Vec<RefundView>>)),
    extensions(("x-access" = json!("ReadAllOrders")))
)]
pub(crate) async fn list_refunds(
    State(edge): State<Edge>,
    bearer: Bearer,
    Path(payment): Path<PaymentId>,
) -> Answer<Vec<RefundView>> {
    let (caller, payment) = bearer.with(async |scope| edge.store().payment(scope, payment).await).await?;
    caller.require(Permission::ReadAllOrders)?;
    let payment = payment.ok_or_else(Problem::not_found)?;
    let refunds = edge.store().refunds_of(caller.scope, payment.id).await?;
    Ok(Reply::ok(refunds.iter().map(RefundView::from).collect()))
}
