//! `GET /admin/payments/{paymentId}/disputes`

use axum::extract::State;
use domain::access::Permission;
use domain::dispute::Disputes;
use domain::id::PaymentId;
use web::{Answer, Bearer, Edge, Envelope, Path, Problem, Reply, refusals};

use super::DisputedPaymentView;

/// Read the disputes about a payment
///
/// A payment that nobody has contested has none.
#[utoipa::path(
    get,
    path = "/admin/payments/{paymentId}/disputes",
    tag = "Payments",
    params(("paymentId" = String, Path, description = "The payment", example = "pay_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")),
    responses(
        (status = 200, description = "The disputes", body = Envelope<DisputedPaymentView>),
        refusals::Of<(refusals::NotFound,)>
    ),
    extensions(("x-access" = json!("ReadAllOrders")))
)]
pub(crate) async fn show_disputes(
    State(edge): State<Edge>,
    bearer: Bearer,
    Path(payment): Path<PaymentId>,
) -> Answer<DisputedPaymentView> {
    let (caller, payment) = bearer.with(async |scope| edge.store().payment(scope, payment).await).await?;
    caller.require(Permission::ReadAllOrders)?;
    let payment = payment.ok_or_else(Problem::not_found)?;
    let known = edge.store().disputes(caller.scope, &payment.provider, &payment.reference).await?;
    let disputes = known.unwrap_or(Disputes {
        payment: payment.id,
        group: payment.group,
        provider: payment.provider,
        reference: payment.reference,
        disputes: Vec::new(),
        held: None,
        version: 0,
    });
    Ok(Reply::ok(disputes.into()))
}
