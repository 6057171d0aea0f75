//! `POST /admin/ledger/adjustments`

use axum::extract::State;
use axum::response::Response;
use domain::access::Permission;
use domain::id::{EntryId, SellerId};
use domain::ledger::Entry;
use domain::money::Money;
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::openapi::KeyHeader;
use web::{Caller, Edge, Envelope, IdempotencyKey, Json, Problem, Reply, idempotent, refusals, schema};

/// By how much to correct a seller's balance, and why.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AdjustLedger {
    /// The seller, who must have a profile.
    #[garde(skip)]
    #[schema(value_type = String, example = "sel_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    seller_id: SellerId,
    /// By how much: more when positive, less when negative.
    #[garde(custom(is_change))]
    #[schema(value_type = schema::Money)]
    amount: Money,
    /// Why, as the seller reads it.
    #[garde(length(chars, min = 1, max = 200))]
    #[schema(min_length = 1, max_length = 200, example = "Fee of May waived")]
    note: String,
}

/// A correction.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AdjustmentView {
    /// The entry in the seller's books.
    #[schema(value_type = String, example = "ent_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    entry_id: EntryId,
}

/// Correct a seller's balance
#[utoipa::path(
    post,
    path = "/admin/ledger/adjustments",
    tag = "Payouts",
    params(KeyHeader),
    request_body = AdjustLedger,
    responses(
        (status = 201, description = "The correction", body = Envelope<AdjustmentView>),
        refusals::Of<(refusals::NotFound,)>
    ),
    extensions(("x-access" = json!("ManageSellers")))
)]
pub(crate) async fn adjust_ledger(
    State(edge): State<Edge>,
    caller: Caller,
    key: IdempotencyKey,
    Json(body): Json<AdjustLedger>,
) -> Result<Response, Problem> {
    caller.require(Permission::ManageSellers)?;
    let seller = edge.store().seller(caller.scope, body.seller_id, store::table::Consistency::Eventual).await?;
    let seller = seller.ok_or_else(Problem::not_found)?;
    let work = async {
        let operation = caller.operation();
        let entry = Entry::adjustment(operation.id(), seller.id, body.amount, body.note, operation.now)
            .map_err(|error| Problem::invalid("amount", error.to_string()))?;
        edge.store().adjust_ledger(&operation, &entry).await?;
        Ok(Reply::created(AdjustmentView { entry_id: entry.id }, "/admin/payouts"))
    };
    idempotent(&edge, caller.tenant(), Some(caller.user), Some(key), work).await
}

fn is_change(money: &Money, (): &()) -> garde::Result {
    if money.amount == 0 { Err(garde::Error::new("must not be nothing")) } else { Ok(()) }
}
