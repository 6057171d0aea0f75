//! `POST /orders/{orderId}/cancel`

use axum::extract::State;
use axum::response::Response;
use domain::id::{OrderId, RefundId};
use domain::money::Money;
use domain::order::{CancelReason, CancelRefused, OrderStatus};
use garde::Validate;
use serde::{Deserialize, Serialize};
use store::cancellations::Cancellation;
use utoipa::ToSchema;
use web::openapi::KeyHeader;
use web::{Bearer, Code, Edge, Envelope, IdempotencyKey, Json, Path, Problem, Reply, idempotent, refusals, schema};

/// Why the order is called off.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CancelOrder {
    /// `CHANGED_MIND`, `MISTAKE`, `TOO_SLOW`, `OUT_OF_STOCK`, `UNDELIVERABLE`, `SUSPICIOUS` or `UNSAID`.
    #[serde(default)]
    #[garde(skip)]
    #[schema(value_type = String, default = "UNSAID", example = "CHANGED_MIND")]
    reason: CancelReason,
}

/// What was called off.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CancelledView {
    /// The orders: that one, or all of its checkout when it was unpaid.
    #[schema(value_type = Vec<String>, example = json!(["ord_01JQZX3N9Q5S0V6T7W8Y9Z0ABC"]))]
    order_ids: Vec<OrderId>,
    /// What they are now.
    #[schema(value_type = String, example = "CANCELLED")]
    status: OrderStatus,
    /// What goes back to the buyer; absent where nothing was paid.
    #[serde(skip_serializing_if = "Option::is_none")]
    refund: Option<RefundSummary>,
}

/// Money on its way back.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RefundSummary {
    /// The refund's id.
    #[schema(value_type = String, example = "rfd_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    id: RefundId,
    /// How much.
    #[schema(value_type = schema::Money)]
    amount: Money,
}

impl From<Cancellation> for CancelledView {
    fn from(done: Cancellation) -> Self {
        let refund = done.refund.map(|refund| RefundSummary { id: refund.id, amount: refund.amount });
        Self { order_ids: done.orders, status: OrderStatus::Cancelled, refund }
    }
}

/// Call an order off
///
/// By its buyer, its seller and the tenant's people, until something of it is in a parcel. A paid order is called off alone:
/// its money is set aside at once and goes back within minutes, its stock with it. An unpaid checkout is called off as a whole,
/// since it has one sum to pay; its stock goes back at once, and money that still comes for it is returned. Buyers can't call
/// off what they have downloaded or got licence keys for, and sellers no unpaid checkout that others have a part in. Nobody can
/// while the payer's bank contests the payment.
#[utoipa::path(
    post,
    path = "/orders/{orderId}/cancel",
    tag = "Orders",
    params(
        ("orderId" = String, Path, description = "The order", example = "ord_01JQZX3N9Q5S0V6T7W8Y9Z0ABC"),
        KeyHeader
    ),
    request_body = CancelOrder,
    responses(
        (status = 200, description = "What was called off", body = Envelope<CancelledView>),
        refusals::Of<(
            refusals::NotFound,
            refusals::Forbidden,
            refusals::InvalidTransition,
            refusals::PaymentDisputed,
            refusals::RuleBroken
        )>
    ),
    extensions(("x-access" = json!("caller")))
)]
pub(crate) async fn cancel_order(
    State(edge): State<Edge>,
    bearer: Bearer,
    Path(order): Path<OrderId>,
    key: IdempotencyKey,
    Json(request): Json<CancelOrder>,
) -> Result<Response, Problem> {
    let (caller, order) = bearer.with(async |scope| edge.store().order(scope, order).await).await?;
    let order = order.filter(|order| order.is_visible_to(&caller)).ok_or_else(Problem::not_found)?;
    let by = order.cancelled_as(&caller).ok_or_else(|| Problem::new(Code::Forbidden))?;
    let work = async {
        let done = edge.store().cancel_order(&caller.operation(), &order, by, request.reason).await?;
        let done = done.map_err(refused)?;
        let message = match done.orders.len() {
            1 => "The order was called off",
            _ => "The whole checkout was called off: it was not paid",
        };
        Ok(Reply::ok(CancelledView::from(done)).message(message))
    };
    idempotent(&edge, caller.tenant(), Some(caller.user), Some(key), work).await
}

fn refused(refused: CancelRefused) -> Problem {
    let (code, message) = match refused {
        CancelRefused::Status(status) => (Code::InvalidTransition, format!("The order is {}", status.as_str())),
        CancelRefused::Sent => (Code::InvalidTransition, "Some of the order is in a parcel already".to_owned()),
        CancelRefused::HandedOut => {
            let message = "Files or licence keys of the order were handed out already: ask the seller";
            (Code::RuleBroken, message.to_owned())
        }
        CancelRefused::Disputed => return Problem::new(Code::PaymentDisputed),
        CancelRefused::Shared => {
            (Code::RuleBroken, "The checkout is not paid yet, and other sellers have a part in it".to_owned())
        }
    };
    Problem::new(code).message(message)
}
