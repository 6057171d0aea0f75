//! Payments whose payers ask their banks for the money back, as the tenant's people see them. They are answered at the provider.

pub(crate) mod list;
pub(crate) mod show;
#[cfg(test)]
mod tests;

use domain::clock::Timestamp;
use domain::dispute::{Dispute, DisputeStatus, Disputes};
use domain::id::{OrderGroupId, PaymentId};
use domain::money::Money;
use serde::Serialize;
use utoipa::ToSchema;
use web::schema;

/// A payment that is or was contested.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DisputedPaymentView {
    /// The payment.
    #[schema(value_type = String, example = "pay_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    payment_id: PaymentId,
    /// What it pays for.
    #[schema(value_type = String, example = "grp_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    order_group_id: OrderGroupId,
    /// Through whom it was paid.
    #[schema(example = "stripe")]
    provider: String,
    /// Whether one of the disputes is open: until it is decided nothing of the payment is given back.
    #[schema(example = true)]
    open: bool,
    /// The disputes, in the order in which the provider told of them.
    disputes: Vec<DisputeView>,
}

/// One dispute about a payment.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DisputeView {
    /// The provider's id of it.
    #[schema(example = "dp_1MtJUT2eZvKYlo2CNaw2HvEv")]
    id: String,
    /// How much is contested.
    #[schema(value_type = schema::Money)]
    amount: Money,
    /// The provider's word for the reason; `unknown` when it gave none.
    #[schema(example = "fraudulent")]
    reason: String,
    /// Until when the provider takes an answer; null where it did not say.
    #[schema(value_type = Option<String>, format = DateTime, example = "2026-02-07T23:59:59.000Z")]
    respond_by: Option<Timestamp>,
    /// How far it has come: `OPEN`, `WON`, `LOST`, or `CLOSED` without a decision about money.
    #[schema(value_type = String, example = "OPEN")]
    status: DisputeStatus,
    /// When we heard of it first.
    #[schema(value_type = String, format = DateTime, example = "2026-01-31T08:15:30.123Z")]
    opened_at: Timestamp,
    /// When it last changed.
    #[schema(value_type = String, format = DateTime, example = "2026-01-31T08:15:30.123Z")]
    updated_at: Timestamp,
}

impl From<Dispute> for DisputeView {
    fn from(dispute: Dispute) -> Self {
        Self {
            id: dispute.id,
            amount: dispute.amount,
            reason: dispute.reason,
            respond_by: dispute.respond_by,
            status: dispute.status,
            opened_at: dispute.opened_at,
            updated_at: dispute.updated_at,
        }
    }
}

impl From<Disputes> for DisputedPaymentView {
    fn from(disputes: Disputes) -> Self {
        Self {
            payment_id: disputes.payment,
            order_group_id: disputes.group,
            open: disputes.is_open(),
            provider: disputes.provider,
            disputes: disputes.disputes.into_iter().map(DisputeView::from).collect(),
        }
    }
}
