//! `GET /seller/balance`

use axum::extract::State;
use domain::access::Permission;
use domain::money::Money;
use serde::Serialize;
use utoipa::ToSchema;
use web::{Answer, Bearer, Edge, Envelope, Reply, schema};

/// What a seller is owed.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BalanceView {
    /// One amount for each currency that anything was sold in; below zero what the seller owes.
    #[schema(value_type = Vec<schema::Money>)]
    balances: Vec<Money>,
}

/// Read what you are owed
///
/// Money of paid orders, less the marketplace's share, what was given back, and what was paid out.
#[utoipa::path(
    get,
    path = "/seller/balance",
    tag = "Payouts",
    responses((status = 200, description = "What you are owed", body = Envelope<BalanceView>)),
    extensions(("x-access" = json!("SellProducts")))
)]
pub(crate) async fn show_balance(State(edge): State<Edge>, bearer: Bearer) -> Answer<BalanceView> {
    let caller = bearer.check().await?;
    caller.require(Permission::SellProducts)?;
    let balances = match caller.seller {
        Some(seller) => edge.store().balances(caller.scope, seller).await?,
        None => Vec::new(),
    };
    Ok(Reply::ok(BalanceView { balances }))
}
