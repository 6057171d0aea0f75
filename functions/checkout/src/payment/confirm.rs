//! `POST /payments/razorpay/confirm`

use axum::extract::State;
use domain::access::Permission;
use domain::id::{OrderGroupId, PaymentId};
use domain::payment::PaymentStatus;
use garde::Validate;
use payments::Provider;
use payments::razorpay::signature::verify_checkout;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::{Answer, Bearer, Code, Edge, Envelope, Json, Problem, Reply, refusals};

use super::razorpay_credentials;

/// What Razorpay's checkout handed to the browser.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ConfirmPayment {
    /// `razorpay_order_id`
    #[garde(length(bytes, min = 1, max = 64), ascii)]
    #[schema(example = "order_IEIaMR65cu6nz3")]
    razorpay_order_id: String,
    /// `razorpay_payment_id`
    #[garde(length(bytes, min = 1, max = 64), ascii)]
    #[schema(example = "pay_IH4NVgf4Dreq1l")]
    razorpay_payment_id: String,
    /// `razorpay_signature`
    #[garde(length(bytes, min = 1, max = 128), ascii)]
    #[schema(example = "0d4e745a1838664ad6c9c9902212a32d627d68e917290b0ad5f08ff4561bc50f")]
    razorpay_signature: String,
}

/// How far a payment has come.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ConfirmedPayment {
    /// The attempt's id.
    #[schema(value_type = String, example = "pay_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    payment_id: PaymentId,
    /// What is paid for.
    #[schema(value_type = String, example = "grp_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    order_group_id: OrderGroupId,
    /// How far it has come: `AUTHORIZED`, or further when Razorpay's own word came first.
    #[schema(value_type = String, example = "AUTHORIZED")]
    status: PaymentStatus,
}

/// Confirm what the browser brought back from Razorpay
///
/// The signature proves that the payer went through with it, not that the money was taken: the payment becomes
/// `AUTHORIZED` at most. It is `CAPTURED`, and its orders are paid, when Razorpay says so itself.
#[utoipa::path(
    post,
    path = "/payments/razorpay/confirm",
    tag = "Payments",
    request_body = ConfirmPayment,
    responses(
        (status = 200, description = "How far the payment has come", body = Envelope<ConfirmedPayment>),
        refusals::Of<(refusals::NotFound, refusals::InvalidSignature, refusals::ProviderUnavailable)>
    ),
    extensions(("x-access" = json!("Shop")))
)]
pub(crate) async fn confirm(
    State(edge): State<Edge>,
    bearer: Bearer,
    Json(body): Json<ConfirmPayment>,
) -> Answer<ConfirmedPayment> {
    let provider = Provider::Razorpay.as_str();
    let read = async |scope| edge.store().settlement(scope, provider, &body.razorpay_order_id).await;
    let (caller, settlement) = bearer.with(read).await?;
    caller.require(Permission::Shop)?;
    let settlement = settlement.filter(|found| caller.owns(found.user)).ok_or_else(Problem::not_found)?;
    let credentials = razorpay_credentials(&edge, caller.tenant()).await?;
    // The order id that we stored, not the one in the body: Razorpay's rule for this signature.
    let (order, charge) = (&settlement.reference, &body.razorpay_payment_id);
    if !verify_checkout(credentials.key_secret(), order, charge, &body.razorpay_signature) {
        return Err(Problem::new(Code::InvalidSignature).field("razorpaySignature", "does not match"));
    }
    let status = edge.store().authorize_payment(&caller.operation(), &settlement, charge).await?;
    Ok(Reply::ok(ConfirmedPayment { payment_id: settlement.payment, order_group_id: settlement.group, status }))
}
