//! `POST /seller/orders/{orderId}/refunds`

use axum::extract::State;
use axum::response::Response;
use domain::access::Permission;
use domain::clock::Timestamp;
use domain::id::{OrderId, RefundId};
use domain::money::Money;
use domain::refund::{Portion, Refund, RefundLine, RefundStatus};
use garde::Validate;
use serde::{Deserialize, Serialize};
use store::refunds::{RefundRefused, RefundRequest};
use utoipa::ToSchema;
use web::openapi::KeyHeader;
use web::{
    Bearer, Code, Edge, Envelope, IdempotencyKey, Json, Path, Pieces, Problem, Reply, idempotent, refusals, schema,
};

/// What to give back of an order of one's own: an amount, or pieces at what was paid for them, or, with neither, all that is left.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct GiveBack {
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

/// Money of an order on its way back.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SellerRefundView {
    /// The refund's id.
    #[schema(value_type = String, example = "rfd_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    id: RefundId,
    /// How much.
    #[schema(value_type = schema::Money)]
    amount: Money,
    /// The pieces that it is for.
    lines: Vec<Pieces>,
    /// How far it has come: `REQUESTED`, `PROCESSING`, `SUCCEEDED` or `FAILED`.
    #[schema(value_type = String, example = "REQUESTED")]
    status: RefundStatus,
    /// When it was asked for.
    #[schema(value_type = String, format = DateTime, example = "2026-01-31T08:15:30.123Z")]
    created_at: Timestamp,
}

impl From<&Refund> for SellerRefundView {
    fn from(refund: &Refund) -> Self {
        Self {
            id: refund.id,
            amount: refund.amount,
            lines: refund.lines.iter().map(Pieces::from).collect(),
            status: refund.status,
            created_at: refund.created_at,
        }
    }
}

/// Give money of an order of one's own back
///
/// Where the marketplace lets its sellers do so (`sellerRefunds` in its settings); otherwise its people do. All refunds of an
/// order together never come to more than its total. The money is set aside at once and goes back within minutes; what the
/// seller is owed becomes less by it.
#[utoipa::path(
    post,
    path = "/seller/orders/{orderId}/refunds",
    tag = "Refunds",
    params(
        ("orderId" = String, Path, description = "The order", example = "ord_01JQZX3N9Q5S0V6T7W8Y9Z0ABC"),
        KeyHeader
    ),
    request_body = GiveBack,
    responses(
        (status = 201, description = "The refund", body = Envelope<SellerRefundView>),
        refusals::Of<(
            refusals::NotFound,
            refusals::InvalidTransition,
            refusals::PaymentDisputed,
            refusals::RefundTooLarge
        )>
    ),
    extensions(("x-access" = json!("SellProducts")))
)]
pub(crate) async fn refund_order(
    State(edge): State<Edge>,
    bearer: Bearer,
    Path(order): Path<OrderId>,
    key: IdempotencyKey,
    Json(body): Json<GiveBack>,
) -> Result<Response, Problem> {
    let (caller, order) = bearer.with(async |scope| edge.store().order(scope, order).await).await?;
    caller.require(Permission::SellProducts)?;
    let order = order.filter(|order| caller.sells_as(order.seller)).ok_or_else(Problem::not_found)?;
    if !caller.tenant().settings.seller_refunds {
        return Err(Problem::new(Code::Forbidden).message("The marketplace's own people give money back"));
    }
    let lines = body.lines.map(|lines| lines.into_iter().map(RefundLine::from).collect());
    let portion = Portion::asked(body.amount, lines)
        .ok_or_else(|| Problem::invalid("lines", "must not be given beside amount"))?;
    let (restock, reason) = (body.restock, body.reason);
    let work = async {
        let paid = edge.store().order_group_with_payments(caller.scope, order.group).await?;
        let paid =
            paid.and_then(|(group, payments)| payments.into_iter().find(|known| Some(known.id) == group.paid_by));
        let payment = paid.ok_or(RefundRefused::NotCaptured)?;
        let request = RefundRequest { payment: payment.id, order: order.id, portion, restock, reason };
        let refund = edge.store().request_refund(&caller.operation(), &payment, &request).await??;
        Ok(Reply::created(SellerRefundView::from(&refund), format!("/seller/orders/{}", order.id)))
    };
    idempotent(&edge, caller.tenant(), Some(caller.user), Some(key), work).await
}
