//! `POST /payments/initiate`

use axum::extract::State;
use axum::response::Response;
use domain::access::Permission;
use domain::clock::Timestamp;
use domain::id::{OrderGroupId, PaymentId};
use domain::order::OrderGroup;
use domain::payment::{Payment, PaymentStatus};
use garde::Validate;
use payments::api::{ApiError, Handover, NewOrder, Visit};
use payments::notification::{PAYMENT_NOTE, TENANT_NOTE};
use payments::{Gateways, Provider};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::openapi::KeyHeader;
use web::{
    BASE_PATH, Bearer, Caller, Code, Edge, Envelope, IdempotencyKey, Json, Problem, Reply, RequestInfo, idempotent,
    refusals,
};

use super::credentials;

/// What to pay, and through whom.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub(crate) struct InitiatePayment {
    /// Your checkout.
    #[schema(value_type = String, example = "grp_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    order_group_id: OrderGroupId,
    /// Through whom: `razorpay`, `vnpay`, `stripe` or `manual`, where the tenant has set it up.
    #[schema(value_type = String, example = "razorpay")]
    provider: Provider,
}

/// What the browser goes on with. Which fields there are follows from the provider.
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
    /// What is to be paid, in minor units: `amount` of Razorpay's checkout.
    #[schema(example = 129_900)]
    amount: i64,
    /// The ISO 4217 code: `currency` of Razorpay's checkout.
    #[schema(example = "INR")]
    currency: &'static str,
    /// Razorpay's id of the order: `order_id` of its checkout.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "order_IEIaMR65cu6nz3")]
    razorpay_order_id: Option<String>,
    /// The tenant's public key: `key` of Razorpay's checkout, the publishable key of Stripe's elements.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "rzp_test_1DP5mmOlF5G5ag")]
    key: Option<String>,
    /// VNPay's page to send the payer to.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "https://pay.vnpay.vn/vpcpay.html?vnp_Amount=1000000&vnp_SecureHash=d8e4")]
    redirect_url: Option<String>,
    /// What Stripe's elements confirm the payment with. Show it to nobody else.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "pi_3PqL_secret_7Hk")]
    client_secret: Option<String>,
    /// Where to transfer the money.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "State Bank, account 0012345678")]
    instructions: Option<String>,
    /// What to write as the transfer's purpose.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "pay_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    purpose: Option<String>,
}

impl OpenedPayment {
    fn new(payment: &Payment, handover: Handover) -> Self {
        let bare = Self {
            payment_id: payment.id,
            order_group_id: payment.group,
            provider: payment.provider.clone(),
            status: payment.status,
            amount: payment.amount.amount,
            currency: payment.amount.currency.code(),
            razorpay_order_id: None,
            key: None,
            redirect_url: None,
            client_secret: None,
            instructions: None,
            purpose: None,
        };
        match handover {
            Handover::Razorpay { key } => {
                Self { razorpay_order_id: Some(payment.reference.clone()), key: Some(key), ..bare }
            }
            Handover::Redirect { url } => Self { redirect_url: Some(url), ..bare },
            Handover::Stripe { client_secret, publishable_key } => {
                Self { client_secret: Some(client_secret), key: Some(publishable_key), ..bare }
            }
            Handover::Transfer { instructions, purpose } => {
                Self { instructions: Some(instructions), purpose: Some(purpose), ..bare }
            }
        }
    }
}

/// Open a payment for a checkout
///
/// A payment that is open already is returned again, whichever provider was asked for. A checkout that is paid, or whose stock went back, can't be paid.
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
            refusals::AmountInvalid,
            refusals::Conflict
        )>
    ),
    extensions(("x-access" = json!("Shop")))
)]
pub(crate) async fn initiate(
    State(edge): State<Edge>,
    State(gateways): State<Gateways>,
    bearer: Bearer,
    info: RequestInfo,
    key: IdempotencyKey,
    Json(request): Json<InitiatePayment>,
) -> Result<Response, Problem> {
    let id = request.order_group_id;
    let read = async |scope| edge.store().order_group_with_payments(scope, id).await;
    let (caller, found) = bearer.with(read).await?;
    caller.require(Permission::Shop)?;
    let found = found.filter(|(group, _)| caller.owns(group.user)).ok_or_else(Problem::not_found)?;
    let (ip, closes_at) = (info.ip().unwrap_or("127.0.0.1"), found.0.hold_until);
    let payer = Payer { edge: &edge, gateways: &gateways, caller: &caller, ip, closes_at };
    let work = payer.open(found, request.provider);
    idempotent(&edge, caller.tenant(), Some(caller.user), Some(key), work).await
}

/// Somebody at the till.
struct Payer<'a> {
    edge: &'a Edge,
    gateways: &'a Gateways,
    caller: &'a Caller,
    ip: &'a str,
    closes_at: Timestamp,
}

impl Payer<'_> {
    async fn open(
        &self,
        (group, payments): (OrderGroup, Vec<Payment>),
        provider: Provider,
    ) -> Result<Reply<OpenedPayment>, Problem> {
        if let Some(payment) = opened(&group, &payments) {
            return self.resume(payment).await;
        }
        let operation = self.caller.operation();
        if !group.accepts_payment(operation.now) {
            return Err(
                Problem::new(Code::InvalidTransition).message(format!("The checkout is {}", group.status.as_str()))
            );
        }
        let credentials = credentials(self.edge, self.caller.tenant(), provider).await?;
        let payment = Payment {
            id: operation.id(),
            group: group.id,
            user: group.user,
            provider: provider.as_str().to_owned(),
            reference: String::new(),
            charge: None,
            amount: group.totals.total,
            status: PaymentStatus::Initiated,
            created_at: operation.now,
            updated_at: operation.now,
            version: 1,
        };
        let (order, visit) = (self.order(&payment), self.visit(&payment));
        let (order, handover) = self.gateways.open(&credentials, &order, &visit).await.map_err(failed)?;
        let payment = Payment { reference: order.id, ..payment };
        match self.edge.store().open_payment(&operation, &group, &payment).await {
            Ok(()) => {
                let location = format!("/payments/{}", payment.id);
                Ok(Reply::created(OpenedPayment::new(&payment, handover), location))
            }
            // Somebody else was first: theirs is the open payment. Nobody learns the id of ours, so it is never paid.
            Err(store::Error::Conflict) => {
                let found = self.edge.store().order_group_with_payments(self.caller.scope, group.id).await?;
                match found.as_ref().and_then(|(group, payments)| opened(group, payments)) {
                    Some(payment) => self.resume(payment).await,
                    None => Err(Problem::new(Code::Conflict)),
                }
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn resume(&self, payment: &Payment) -> Result<Reply<OpenedPayment>, Problem> {
        let provider = payment.provider.parse().map_err(|unknown| Problem::new(Code::Internal).because(unknown))?;
        let credentials = credentials(self.edge, self.caller.tenant(), provider).await?;
        let (order, visit) = (self.order(payment), self.visit(payment));
        let handover = self.gateways.resume(&credentials, &order, &payment.reference, &visit).await.map_err(failed)?;
        Ok(Reply::ok(OpenedPayment::new(payment, handover)))
    }

    fn order(&self, payment: &Payment) -> NewOrder {
        let notes = [
            (TENANT_NOTE, self.caller.tenant().id.to_string()),
            ("orderGroup", payment.group.to_string()),
            (PAYMENT_NOTE, payment.id.to_string()),
        ];
        NewOrder {
            amount: payment.amount,
            receipt: payment.id.to_string(),
            notes: notes.map(|(name, value)| (name.to_owned(), value)).into(),
        }
    }

    fn visit(&self, payment: &Payment) -> Visit {
        let host = format!("{}.{}", self.caller.tenant().subdomain, self.edge.config().base_domain);
        let return_url = format!("https://{host}{BASE_PATH}/payments/vnpay/return");
        let (opened_at, closes_at) = (payment.created_at, self.closes_at);
        Visit { opened_at, closes_at, ip: self.ip.to_owned(), return_url }
    }
}

fn opened<'a>(group: &OrderGroup, payments: &'a [Payment]) -> Option<&'a Payment> {
    let open = group.open_payment?;
    payments.iter().find(|payment| payment.id == open && payment.status.is_open())
}

fn failed(error: ApiError) -> Problem {
    let code = match error {
        ApiError::Unreachable(_) | ApiError::Busy { .. } => Code::Unavailable,
        ApiError::Unsupported(words) => return Problem::new(Code::AmountInvalid).message(words),
        ApiError::Refused { .. } | ApiError::Unreadable(_) => Code::ProviderFailed,
    };
    Problem::new(code).because(error)
}
