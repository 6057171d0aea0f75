//! `POST /admin/payouts`

use axum::extract::State;
use axum::response::Response;
use domain::access::Permission;
use domain::id::SellerId;
use domain::ledger::{Entry, Payout, PayoutStatus};
use domain::money::Money;
use garde::Validate;
use serde::Deserialize;
use utoipa::ToSchema;
use web::openapi::KeyHeader;
use web::{Caller, Edge, Envelope, IdempotencyKey, Json, Problem, Reply, idempotent, refusals, schema};

use super::{PayoutView, is_sum};

/// Whom to pay, and how much.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct OpenPayout {
    /// The seller.
    #[garde(skip)]
    #[schema(value_type = String, example = "sel_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    seller_id: SellerId,
    /// How much: at most the balance.
    #[garde(custom(is_sum))]
    #[schema(value_type = schema::Money)]
    amount: Money,
}

/// Pay a seller out
///
/// Takes the amount from the seller's balance, which must have that much. Send the money, then mark the payout as paid.
#[utoipa::path(
    post,
    path = "/admin/payouts",
    tag = "Payouts",
    params(KeyHeader),
    request_body = OpenPayout,
    responses(
        (status = 201, description = "The payout", body = Envelope<PayoutView>),
        refusals::Of<(refusals::BalanceTooLow,)>
    ),
    extensions(("x-access" = json!("ManageSellers")))
)]
pub(crate) async fn open_payout(
    State(edge): State<Edge>,
    caller: Caller,
    key: IdempotencyKey,
    Json(body): Json<OpenPayout>,
) -> Result<Response, Problem> {
    caller.require(Permission::ManageSellers)?;
    let work = async {
        let operation = caller.operation();
        let payout = Payout {
            id: operation.id(),
            seller: body.seller_id,
            amount: body.amount,
            status: PayoutStatus::Open,
            reference: None,
            created_at: operation.now,
            updated_at: operation.now,
        };
        let entry = Entry::payout(operation.id(), &payout, operation.now)
            .map_err(|error| Problem::invalid("amount", error.to_string()))?;
        edge.store().open_payout(&operation, &payout, &entry).await?.map_err(super::refused)?;
        Ok(Reply::created(PayoutView::from(&payout), "/admin/payouts"))
    };
    idempotent(&edge, caller.tenant(), Some(caller.user), Some(key), work).await
}
