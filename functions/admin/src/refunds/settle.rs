//! `POST /admin/payments/{paymentId}/refunds/{refundId}/settle`

use std::time::Duration;

use axum::extract::State;
use axum::response::Response;
use domain::access::Permission;
use domain::id::{PaymentId, RefundId};
use garde::Validate;
use payments::Provider;
use serde::Deserialize;
use store::refunds::RefundOutcome;
use utoipa::ToSchema;
use web::openapi::KeyHeader;
use web::{Bearer, Code, Edge, Envelope, IdempotencyKey, Json, Path, Problem, Reply, idempotent, refusals};

use super::RefundView;

/// How long the provider is asked before somebody's word counts instead.
const ASKED_FIRST: Duration = Duration::from_secs(60 * 60);

/// What became of a refund, as somebody has seen at the provider or at the bank.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(tag = "outcome", rename_all = "SCREAMING_SNAKE_CASE", rename_all_fields = "camelCase", deny_unknown_fields)]
pub(crate) enum SettleRefund {
    /// The money went back.
    Succeeded {
        /// The provider's or the bank's id of it: letters, digits, `-`, `_` and `.`.
        #[garde(length(bytes, min = 1, max = 64), pattern("^[A-Za-z0-9._-]+$"))]
        #[schema(example = "rfnd_FP8R8EGjGbPkVb")]
        reference: String,
    },
    /// It did not, and will not: the money can be given back by another refund.
    Failed {},
}

/// Say what became of a refund
///
/// For a refund of a transfer, which the tenant's people send themselves: say when it was sent. And for a refund of which the provider
/// gives no clear answer: look it up there first; that is possible from an hour after it was asked for. Once, and recorded with who did
/// it. What follows is what follows on a provider's own word: credit note, stock, rights and books.
#[utoipa::path(
    post,
    path = "/admin/payments/{paymentId}/refunds/{refundId}/settle",
    tag = "Refunds",
    params(
        ("paymentId" = String, Path, description = "The payment", example = "pay_01JQZX3N9Q5S0V6T7W8Y9Z0ABC"),
        ("refundId" = String, Path, description = "The refund", example = "rfd_01JQZX3N9Q5S0V6T7W8Y9Z0ABC"),
        KeyHeader
    ),
    request_body = SettleRefund,
    responses(
        (status = 200, description = "The refund as it is now", body = Envelope<RefundView>),
        refusals::Of<(refusals::NotFound, refusals::InvalidTransition, refusals::RuleBroken)>
    ),
    extensions(("x-access" = json!("ManagePayments")))
)]
pub(crate) async fn settle_refund(
    State(edge): State<Edge>,
    bearer: Bearer,
    Path((payment, id)): Path<(PaymentId, RefundId)>,
    key: IdempotencyKey,
    Json(body): Json<SettleRefund>,
) -> Result<Response, Problem> {
    let (caller, refund) = bearer.with(async |scope| edge.store().refund(scope, payment, id).await).await?;
    caller.require(Permission::ManagePayments)?;
    let refund = refund.ok_or_else(Problem::not_found)?;
    let work = async {
        let is_asked = refund.provider != Provider::Manual.as_str();
        if is_asked && edge.ambient().now() < refund.created_at.plus(ASKED_FIRST) {
            return Err(Problem::new(Code::RuleBroken).message("The provider is asked for an hour first"));
        }
        let outcome = match body {
            SettleRefund::Succeeded { reference } => RefundOutcome::Succeeded(reference),
            SettleRefund::Failed {} => RefundOutcome::Failed,
        };
        if !edge.store().settle_refund(&caller.operation(), &refund, &outcome).await? {
            return Err(Problem::new(Code::InvalidTransition).message("The refund is settled"));
        }
        let settled = edge.store().refund(caller.scope, payment, id).await?.ok_or_else(Problem::not_found)?;
        Ok(Reply::ok(RefundView::from(&settled)))
    };
    idempotent(&edge, caller.tenant(), Some(caller.user), Some(key), work).await
}
