//! `GET /payments/{paymentId}`

use axum::extract::State;
use domain::access::Permission;
use domain::id::PaymentId;
use web::{Answer, Bearer, Edge, Envelope, Path, Problem, Reply};

use super::PaymentView;

/// Read a payment
///
/// Seen by who pays and by the tenant's people; for everybody else it does not exist.
#[utoipa::path(
    get,
    path = "/payments/{paymentId}",
    tag = "Payments",
    params(("paymentId" = String, Path, description = "The payment", example = "pay_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")),
    responses((status = 200, description = "The payment", body = Envelope<PaymentView>)),
    extensions(("x-access" = json!("caller")))
)]
pub(crate) async fn show_payment(
    State(edge): State<Edge>,
    bearer: Bearer,
    Path(payment): Path<PaymentId>,
) -> Answer<PaymentView> {
    let (caller, payment) = bearer.with(async |scope| edge.store().payment(scope, payment).await).await?;
    let payment = payment
        .filter(|payment| caller.owns(payment.user) || caller.may(Permission::ReadAllOrders))
        .ok_or_else(Problem::not_found)?;
    Ok(Reply::ok(PaymentView::from(&payment)).etag(payment.version))
}
