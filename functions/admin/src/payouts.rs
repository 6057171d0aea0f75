//! What sellers are owed and paid, as those who run the tenant see and change it.

pub(crate) mod adjust;
pub(crate) mod export;
pub(crate) mod list;
pub(crate) mod open;
pub(crate) mod settle;
#[cfg(test)]
mod tests;

use domain::clock::Timestamp;
use domain::id::{PayoutId, SellerId};
use domain::ledger::{Payout, PayoutStatus};
use domain::money::Money;
use serde::Serialize;
use store::ledger::PayoutRefused;
use utoipa::ToSchema;
use web::{Code, Problem, schema};

/// Money that is paid out to a seller.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PayoutView {
    /// The payout's id.
    #[schema(value_type = String, example = "pyt_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    id: PayoutId,
    /// Who is paid.
    #[schema(value_type = String, example = "sel_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    seller_id: SellerId,
    /// How much.
    #[schema(value_type = schema::Money)]
    amount: Money,
    /// How far it has come: `OPEN`, `PAID` or `CANCELLED`.
    #[schema(value_type = String, example = "OPEN")]
    status: PayoutStatus,
    /// The bank's reference, once it was sent.
    #[schema(example = "UTR 512345678901")]
    reference: Option<String>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime, example = "2026-01-31T08:15:30.123Z")]
    created_at: Timestamp,
    /// When it last changed.
    #[schema(value_type = String, format = DateTime, example = "2026-01-31T08:15:30.123Z")]
    updated_at: Timestamp,
}

impl From<&Payout> for PayoutView {
    fn from(payout: &Payout) -> Self {
        Self {
            id: payout.id,
            seller_id: payout.seller,
            amount: payout.amount,
            status: payout.status,
            reference: payout.reference.clone(),
            created_at: payout.created_at,
            updated_at: payout.updated_at,
        }
    }
}

fn refused(refused: PayoutRefused) -> Problem {
    match refused {
        PayoutRefused::BalanceTooLow => Problem::new(Code::BalanceTooLow),
        PayoutRefused::NotFound => Problem::not_found(),
        PayoutRefused::Settled(status) => {
            Problem::new(Code::InvalidTransition).message(format!("The payout is {}", status.as_str()))
        }
    }
}

fn is_sum(money: &Money, (): &()) -> garde::Result {
    if money.amount > 0 { Ok(()) } else { Err(garde::Error::new("must be more than nothing")) }
}
