//! `POST /admin/payments/{paymentId}/refunds`

use axum::extract::State;
use axum::response::Response;
use domain::access::Permission;
use domain::id::{OrderId, PaymentId};
use domain::money::Money;
use domain::refund::{Portion, RefundLine};
use garde::Validate;
use serde::Deserialize;
use store::refunds::RefundRequest;
use utoipa::ToSchema;
use web::openapi::KeyHeader;
use web::{Bearer, Edge, Envelope, IdempotencyKey, Json, Path, Pieces, Problem, Reply, idempotent, refusals, schema};

use super::RefundView;

/// What to give back: an amount, or pieces at what was paid for them, or, with neither, all that is left of the order.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct RequestRefund {
    /// The order that the payment paid.
    #[garde(skip)]
    #[schema(value_type = String, example = "ord_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    order_id: OrderId,
    /// How much.
    #[garde(skip)]
    #[schema(value_type = Option<schema::Money>)]
    amount: Option<Money>,
    /// Which pieces.
    #[garde(length(min = 1, max = 40), dive)]
    lines: Option<Vec<Pieces>>,
    /// Whether the pieces go back into stock.
    #[serde(default)]
    #[garde(skip)]
    #[schema(example = true)]
    restock: bool,
    /// Why, as the buyer reads it.
    #[garde(length(chars, min = 1, max = 200))]
    #[schema(min_length = 1, max_length = 200, example = "Arrived broken")]
    reason: String,
}

/// Give money back
///
/// Sets the money aside at once; the provider is asked within a minute. All refunds of a payment together never come to more
/// than was captured, however many are asked for at once. While the payer's bank contests the payment nothing is given back.
#[utoipa::path(
    post,
    path = "/admin/payments/{paymentId}/refunds",
    tag = "Refunds",
    params(
        ("paymentId" = String, Path, description = "The payment", example = "pay_01JQZX3N9Q5S0V6T7W8Y9Z0ABC"),
        KeyHeader
    ),
    request_body = RequestRefund,
    responses(
        (status = 201, description = "The refund", body = Envelope<RefundView>),
        refusals::Of<(
            refusals::NotFound,
            refusals::InvalidTransition,
            refusals::PaymentDisputed,
            refusals::RefundTooLarge
        )>
    ),
    extensions(("x-access" = json!("ManagePayments")))
)]
pub(crate) async fn request_refund(
    State(edge): State<Edge>,
    bearer: Bearer,
    Path(payment): Path<PaymentId>,
    key: IdempotencyKey,
    Json(body): Json<RequestRefund>,
) -> Result<Response, Problem> {
    let (caller, payment) = bearer.with(async |scope| edge.store().payment(scope, payment).await).await?;
    caller.require(Permission::ManagePayments)?;
    let payment = payment.ok_or_else(Problem::not_found)?;
    let lines = body.lines.map(|lines| lines.into_iter().map(RefundLine::from).collect());
    let portion = Portion::asked(body.amount, lines)
        .ok_or_else(|| Problem::invalid("lines", "must not be given beside amount"))?;
    let request = RefundRequest {
        payment: payment.id,
        order: body.order_id,
        portion,
        restock: body.restock,
        reason: body.reason,
    };
    let work = async {
        let refund = edge.store().request_refund(&caller.operation(), &payment, &request).await??;
        let location = format!("/admin/payments/{}/refunds", payment.id);
        Ok(Reply::created(RefundView::from(&refund), location))
    };
    idempotent(&edge, caller.tenant(), Some(caller.user), Some(key), work).await
}
