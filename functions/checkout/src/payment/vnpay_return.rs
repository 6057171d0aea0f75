//! `GET /payments/vnpay/return`

use axum::extract::{RawQuery, State};
use domain::id::{OrderGroupId, PaymentId};
use payments::notification::{Meaning, PaymentState};
use payments::vnpay::UnverifiedIpn;
use payments::{Credentials, Provider};
use serde::Serialize;
use utoipa::ToSchema;
use web::{Answer, Code, Edge, Envelope, Problem, Reply, TenantOf, refusals};

use super::credentials;

/// What VNPay told the payer's browser.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReturnedPayment {
    /// The attempt's id.
    #[schema(value_type = String, example = "pay_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    payment_id: PaymentId,
    /// What is paid for.
    #[schema(value_type = String, example = "grp_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    order_group_id: OrderGroupId,
    /// What to show.
    result: ReturnedResult,
    /// Whether VNPay has told us the same already, so that the orders are paid.
    #[schema(example = false)]
    confirmed: bool,
}

/// What came of a payment as the browser brought it back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum ReturnedResult {
    /// VNPay took the money; the orders are paid when it tells us so itself.
    Succeeded,
    /// VNPay looks at the payment first.
    Review,
    /// Nothing was paid.
    Failed,
}

/// Show what the payer brought back from VNPay
///
/// For display only: the signature over the query is verified and nothing is changed. The orders are paid when VNPay tells us
/// so itself.
#[utoipa::path(
    get,
    path = "/payments/vnpay/return",
    tag = "Payments",
    params(("vnp_*" = Option<String>, Query, description = "VNPay's parameters, as it sent the payer back with them")),
    responses(
        (status = 200, description = "What to show", body = Envelope<ReturnedPayment>),
        refusals::Of<(refusals::NotFound, refusals::InvalidSignature, refusals::ProviderUnavailable)>
    ),
    extensions(("x-access" = json!("public")))
)]
pub(crate) async fn show_return(
    State(edge): State<Edge>,
    tenant: TenantOf,
    RawQuery(query): RawQuery,
) -> Answer<ReturnedPayment> {
    let Credentials::Vnpay(own) = credentials(&edge, &tenant, Provider::Vnpay).await? else {
        return Err(Problem::new(Code::ProviderUnavailable));
    };
    let refused = || Problem::new(Code::InvalidSignature);
    let ipn =
        UnverifiedIpn::new(query.as_deref().unwrap_or_default()).verify(&own).map_err(|bad| refused().because(bad))?;
    let told = ipn.notification().map_err(|unusable| refused().because(unusable))?;
    let result = match told.meaning {
        Meaning::Payment(PaymentState::Captured | PaymentState::Authorized, _) => ReturnedResult::Succeeded,
        Meaning::Payment(PaymentState::Review, _) => ReturnedResult::Review,
        _ => ReturnedResult::Failed,
    };
    let reference = ipn.reference().map_err(|unusable| refused().because(unusable))?;
    let found = edge.store().settlement(tenant.scope(), Provider::Vnpay.as_str(), reference).await?;
    let settlement = found.ok_or_else(Problem::not_found)?;
    Ok(Reply::ok(ReturnedPayment {
        payment_id: settlement.payment,
        order_group_id: settlement.group,
        result,
        confirmed: settlement.captured_charge.is_some(),
    }))
}
