//! `POST /payments/initiate`

use axum::extract::State;
use axum::response::Response;
use domain::access::Permission;
use domain::id::{OrderGroupId, PaymentId};
use domain::order::OrderGroup;
use domain::payment::{Payment, PaymentStatus};
use garde::Validate;
use payments::Provider;
use payments::api::{ApiError, NewOrder};
use payments::razorpay::Razorpay;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::openapi::KeyHeader;
use web::{Bearer, Caller, Code, Edge, Envelope, IdempotencyKey, Json, Problem, Reply, idempotent, refusals};

use super::razorpay_credentials;

/// What to pay, and through whom.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub(crate) struct InitiatePayment {
    /// Your checkout.
    #[schema(value_type = String, example = "grp_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    order_group_id: OrderGroupId,
    /// Through whom: `razorpay`.
    #[schema(value_type = String, example = "razorpay")]
    provider: Provider,
}

/// What Razorpay's checkout in the browser needs.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OpenedPayment {
    /// Our id of the attempt.
    #[schema(value_type = String, example = "pay_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    payment_id: PaymentId,
    /// What is paid for.
    #[schema(value_type = String, example = "grp_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    order_group_id: OrderGroupId,
    /// Through whom.
    #[schema(example = "razorpay")]
    provider: String,
    /// How far it has come.
    #[schema(value_type = String, example = "INITIATED")]
    status: PaymentStatus,
    /// Razorpay's id of the order: `order_id` of its checkout.
    #[schema(example = "order_IEIaMR65cu6nz3")]
    razorpay_order_id: String,
    /// What is to be paid, in minor units: `amount` of Razorpay's checkout.
    #[schema(example = 129_900)]
    amount: i64,
    /// The ISO 4217 code: `currency` of Razorpay's checkout.
    #[schema(example = "INR")]
    currency: &'static str,
    /// The tenant's public key id: `key` of Razorpay's checkout.
    #[schema(example = "rzp_test_1DP5mmOlF5G5ag")]
    key: String,
}

/// Open a payment for a checkout
///
/// A payment that is open already is returned again. A checkout that is paid, or whose stock went back, can't be paid.
#[utoipa::path(
    post,
    path = "/payments/initiate",
    tag = "Payments",
    params(KeyHeader),
    request_body = InitiatePayment,
    responses(
        (status = 200, description = "The payment that was open already", body = Envelope<OpenedPayment>),
        (status = 201, description = "The payment that is open now", body = Envelope<OpenedPayment>),
        refusals::Of<(
            refusals::NotFound,
            refusals::InvalidTransition,
            refusals::ProviderUnavailable,
            refusals::ProviderFailed,
            refusals::Conflict
        )>
    ),
    extensions(("x-access" = json!("Shop")))
)]
pub(crate) async fn initiate(
    State(edge): State<Edge>,
    State(razorpay): State<Razorpay>,
    bearer: Bearer,
    key: IdempotencyKey,
    Json(request): Json<InitiatePayment>,
) -> Result<Response, Problem> {
    let id = request.order_group_id;
    let read = async |scope| edge.store().order_group_with_payments(scope, id).await;
    let (caller, found) = bearer.with(read).await?;
    caller.require(Permission::Shop)?;
    let found = found.filter(|(group, _)| caller.owns(group.user)).ok_or_else(Problem::not_found)?;
    let work = open(&edge, &razorpay, &caller, found, request.provider);
    idempotent(&edge, caller.tenant(), Some(caller.user), Some(key), work).await
}

async fn open(
    edge: &Edge,
    razorpay: &Razorpay,
    caller: &Caller,
    (group, payments): (OrderGroup, Vec<Payment>),
    provider: Provider,
) -> Result<Reply<OpenedPayment>, Problem> {
    let credentials = razorpay_credentials(edge, caller.tenant()).await?;
    let view = |payment: &Payment| OpenedPayment {
        payment_id: payment.id,
        order_group_id: payment.group,
        provider: payment.provider.clone(),
        status: payment.status,
        razorpay_order_id: payment.reference.clone(),
        amount: payment.amount.amount,
        currency: payment.amount.currency.code(),
        key: credentials.key_id().to_owned(),
    };
    if let Some(payment) = opened(&group, &payments) {
        return Ok(Reply::ok(view(payment)));
    }
    let operation = caller.operation();
    if !group.accepts_payment(operation.now) {
        return Err(Problem::new(Code::InvalidTransition).message(format!("The checkout is {}", group.status.as_str())));
    }
    let id: PaymentId = operation.id();
    let notes =
        [("tenant", caller.tenant().id.to_string()), ("orderGroup", group.id.to_string()), ("payment", id.to_string())];
    let order = NewOrder {
        amount: group.totals.total,
        receipt: id.to_string(),
        notes: notes.map(|(name, value)| (name.to_owned(), value)).into(),
    };
    let order = razorpay.create_order(&credentials, &order).await.map_err(failed)?;
    let payment = Payment {
        id,
        group: group.id,
        user: group.user,
        provider: provider.as_str().to_owned(),
        reference: order.id,
        charge: None,
        amount: group.totals.total,
        status: PaymentStatus::Initiated,
        created_at: operation.now,
        updated_at: operation.now,
        version: 1,
    };
    match edge.store().open_payment(&operation, &group, &payment).await {
        Ok(()) => Ok(Reply::created(view(&payment), format!("/payments/{id}"))),
        // Somebody else was first: theirs is the open payment. Nobody learns the id of ours, so it is never paid.
        Err(store::Error::Conflict) => {
            let found = edge.store().order_group_with_payments(caller.scope, group.id).await?;
            let winner = found.as_ref().and_then(|(group, payments)| opened(group, payments));
            winner.map(|payment| Reply::ok(view(payment))).ok_or_else(|| Problem::new(Code::Conflict))
        }
        Err(error) => Err(error.into()),
    }
}

fn opened<'a>(group: &OrderGroup, payments: &'a [Payment]) -> Option<&'a Payment> {
    let open = group.open_payment?;
    payments.iter().find(|payment| payment.id == open && payment.status.is_open())
}

fn failed(error: ApiError) -> Problem {
    let code = match error {
        ApiError::Unreachable(_) | ApiError::Busy { .. } => Code::Unavailable,
        ApiError::Refused { .. } | ApiError::Unreadable(_) => Code::ProviderFailed,
    };
    Problem::new(code).because(error)
}
