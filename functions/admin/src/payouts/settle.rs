//! `POST /admin/payouts/{payoutId}/settle`

use axum::extract::State;
use axum::response::Response;
use domain::access::Permission;
use domain::id::PayoutId;
use domain::ledger::{Entry, Payout, PayoutStatus};
use garde::Validate;
use serde::Deserialize;
use utoipa::ToSchema;
use web::openapi::KeyHeader;
use web::{Bearer, Edge, Envelope, IdempotencyKey, Json, Path, Problem, Reply, idempotent, refusals};

use super::PayoutView;

/// What became of a payout.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct SettlePayout {
    /// `PAID`, or `CANCELLED`: then the money is the seller's again.
    #[garde(custom(is_final))]
    #[schema(value_type = String, example = "PAID")]
    status: PayoutStatus,
    /// The bank's reference of the transfer.
    #[garde(length(chars, min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100, example = "UTR 512345678901")]
    reference: Option<String>,
}

/// Mark a payout as paid, or call it off
///
/// Only a payout that is open can be marked, and only once.
#[utoipa::path(
    post,
    path = "/admin/payouts/{payoutId}/settle",
    tag = "Payouts",
    params(
        ("payoutId" = String, Path, description = "The payout", example = "pyt_01JQZX3N9Q5S0V6T7W8Y9Z0ABC"),
        KeyHeader
    ),
    request_body = SettlePayout,
    responses(
        (status = 200, description = "The payout", body = Envelope<PayoutView>),
        refusals::Of<(refusals::NotFound, refusals::InvalidTransition)>
    ),
    extensions(("x-access" = json!("ManageSellers")))
)]
pub(crate) async fn settle_payout(
    State(edge): State<Edge>,
    bearer: Bearer,
    Path(payout): Path<PayoutId>,
    key: IdempotencyKey,
    Json(body): Json<SettlePayout>,
) -> Result<Response, Problem> {
    let (caller, payout) = bearer.with(async |scope| edge.store().payout(scope, payout).await).await?;
    caller.require(Permission::ManageSellers)?;
    let payout = payout.ok_or_else(Problem::not_found)?;
    let work = async {
        let operation = caller.operation();
        let (status, reference) = (body.status, body.reference);
        let after = Payout { status, reference, updated_at: operation.now, ..payout };
        let entry = Entry::payout(operation.id(), &after, operation.now).map_err(Problem::internal)?;
        edge.store().settle_payout(&operation, &after, &entry).await?.map_err(super::refused)?;
        Ok(Reply::ok(PayoutView::from(&after)))
    };
    idempotent(&edge, caller.tenant(), Some(caller.user), Some(key), work).await
}

fn is_final(status: &PayoutStatus, (): &()) -> garde::Result {
    if *status == PayoutStatus::Open { Err(garde::Error::new("must be PAID or CANCELLED")) } else { Ok(()) }
}
