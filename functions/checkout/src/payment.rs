//! Payments: opening them at a provider, and looking at them.

pub(crate) mod confirm;
pub(crate) mod initiate;
pub(crate) mod show;
pub(crate) mod vnpay_return;

use domain::clock::Timestamp;
use domain::id::{OrderGroupId, PaymentId};
use domain::money::Money;
use domain::payment::{Payment, PaymentStatus};
use domain::tenant::Tenant;
use payments::razorpay;
use payments::{Credentials, Provider};
use serde::Serialize;
use utoipa::ToSchema;
use web::{Code, Edge, Problem, schema};

/// One attempt to pay.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PaymentView {
    /// The attempt's id.
    #[schema(value_type = String, example = "pay_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    id: PaymentId,
    /// What is paid for.
    #[schema(value_type = String, example = "grp_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    order_group_id: OrderGroupId,
    /// Through whom.
    #[schema(example = "razorpay")]
    provider: String,
    /// How far it has come.
    #[schema(value_type = String, example = "CAPTURED")]
    status: PaymentStatus,
    /// What is to be paid.
    #[schema(value_type = schema::Money)]
    amount: Money,
    /// When it was opened.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it last changed.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl From<&Payment> for PaymentView {
    fn from(payment: &Payment) -> Self {
        Self {
            id: payment.id,
            order_group_id: payment.group,
            provider: payment.provider.clone(),
            status: payment.status,
            amount: payment.amount,
            created_at: payment.created_at,
            updated_at: payment.updated_at,
        }
    }
}

/// Opens the tenant's credentials for a provider.
async fn credentials(edge: &Edge, tenant: &Tenant, provider: Provider) -> Result<Credentials, Problem> {
    let found: Option<Credentials> = edge.vault().open_credentials(tenant, provider.as_str()).await?;
    found.filter(|found| found.provider() == provider).ok_or_else(|| Problem::new(Code::ProviderUnavailable))
}

/// Opens the tenant's Razorpay credentials.
async fn razorpay_credentials(edge: &Edge, tenant: &Tenant) -> Result<razorpay::Credentials, Problem> {
    match credentials(edge, tenant, Provider::Razorpay).await? {
        Credentials::Razorpay(own) => Ok(own),
        _ => Err(Problem::new(Code::ProviderUnavailable)),
    }
}
