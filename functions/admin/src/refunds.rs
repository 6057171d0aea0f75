//! Money given back, as the tenant's people ask for it and see it.

pub(crate) mod by_hand;
pub(crate) mod list;
pub(crate) mod request;
pub(crate) mod settle;
#[cfg(test)]
mod tests;

use domain::clock::Timestamp;
use domain::id::{OrderId, PaymentId, RefundId};
use domain::money::Money;
use domain::refund::{Refund, RefundStatus};
use serde::Serialize;
use utoipa::ToSchema;
use web::{Pieces, schema};

/// Money that is given back.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RefundView {
    /// The refund's id.
    #[schema(value_type = String, example = "rfd_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    id: RefundId,
    /// The payment that it is taken from.
    #[schema(value_type = String, example = "pay_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    payment_id: PaymentId,
    /// The order that it is for; null where the money was captured in vain.
    #[schema(value_type = Option<String>, example = "ord_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    order_id: Option<OrderId>,
    /// What goes back.
    #[schema(value_type = schema::Money)]
    amount: Money,
    /// The pieces that it is for.
    lines: Vec<Pieces>,
    /// Whether the pieces go back into stock.
    #[schema(example = true)]
    restock: bool,
    /// Why.
    #[schema(example = "Arrived broken")]
    reason: String,
    /// How far it has come: `REQUESTED`, `PROCESSING`, `SUCCEEDED` or `FAILED`.
    #[schema(value_type = String, example = "REQUESTED")]
    status: RefundStatus,
    /// The provider's id of it, as soon as it has one.
    #[schema(example = "rfnd_FP8R8EGjGbPkVb")]
    provider_refund_id: Option<String>,
    /// How often the provider was asked.
    #[schema(example = 1)]
    tries: u32,
    /// When it was asked for.
    #[schema(value_type = String, format = DateTime, example = "2026-01-31T08:15:30.123Z")]
    created_at: Timestamp,
    /// When it last changed.
    #[schema(value_type = String, format = DateTime, example = "2026-01-31T08:15:30.123Z")]
    updated_at: Timestamp,
}

impl From<&Refund> for RefundView {
    fn from(refund: &Refund) -> Self {
        Self {
            id: refund.id,
            payment_id: refund.payment,
            order_id: refund.order,
            amount: refund.amount,
            lines: refund.lines.iter().map(Pieces::from).collect(),
            restock: refund.restock,
            reason: refund.reason.clone(),
            status: refund.status,
            provider_refund_id: refund.provider_refund.clone(),
            tries: refund.tries,
            created_at: refund.created_at,
            updated_at: refund.updated_at,
        }
    }
}
