//! `POST /admin/payments/{paymentId}/mark-paid`

use axum::extract::State;
use axum::response::Response;
use domain::access::Permission;
use domain::id::{OrderGroupId, PaymentId};
use domain::money::Money;
use domain::payment::{Payment, PaymentStatus, Signal};
use garde::Validate;
use payments::Provider;
use platform::metrics;
use serde::{Deserialize, Serialize};
use store::settlements::{Message, Settled};
use utoipa::ToSchema;
use web::openapi::KeyHeader;
use web::{
    Bearer, Caller, Code, Edge, Envelope, IdempotencyKey, Json, Path, Problem, Reply, idempotent, refusals, schema,
};

const MANUAL: &str = Provider::Manual.as_str();

/// What the bank statement says.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct MarkPaid {
    /// What came in: exactly what was to be paid.
    #[garde(skip)]
    #[schema(value_type = schema::Money)]
    amount: Money,
    /// The bank's reference of the transfer: letters, digits, `-`, `_` and `.`.
    #[garde(length(bytes, min = 1, max = 64), pattern("^[A-Za-z0-9._-]+$"))]
    #[schema(example = "UTR-402918273645")]
    reference: String,
}

/// A payment that was marked as received.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MarkedPayment {
    /// The payment.
    #[schema(value_type = String, example = "pay_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    payment_id: PaymentId,
    /// What is paid for.
    #[schema(value_type = String, example = "grp_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")]
    order_group_id: OrderGroupId,
    /// How far it is.
    #[schema(value_type = String, example = "CAPTURED")]
    status: PaymentStatus,
    /// Whether the money has to go back, since the checkout is paid otherwise or its stock is sold.
    #[schema(example = false)]
    needs_refund: bool,
}

/// Mark a transfer as received
///
/// Does what a provider's word does for other payments: the orders are paid, files may be downloaded, the invoice is made. Only
/// for payments by transfer, once for each, and recorded with who did it.
#[utoipa::path(
    post,
    path = "/admin/payments/{paymentId}/mark-paid",
    tag = "Payments",
    params(
        ("paymentId" = String, Path, description = "The payment", example = "pay_01JQZX3N9Q5S0V6T7W8Y9Z0ABC"),
        KeyHeader
    ),
    request_body = MarkPaid,
    responses(
        (status = 200, description = "The payment as it is now", body = Envelope<MarkedPayment>),
        refusals::Of<(refusals::NotFound, refusals::InvalidTransition, refusals::RuleBroken, refusals::AmountInvalid)>
    ),
    extensions(("x-access" = json!("ManagePayments")))
)]
pub(crate) async fn mark_paid(
    State(edge): State<Edge>,
    bearer: Bearer,
    Path(id): Path<PaymentId>,
    key: IdempotencyKey,
    Json(request): Json<MarkPaid>,
) -> Result<Response, Problem> {
    let (caller, payment) = bearer.with(async |scope| edge.store().payment(scope, id).await).await?;
    caller.require(Permission::ManagePayments)?;
    let payment = payment.ok_or_else(Problem::not_found)?;
    let work = received(&edge, &caller, &payment, request);
    idempotent(&edge, caller.tenant(), Some(caller.user), Some(key), work).await
}

async fn received(
    edge: &Edge,
    caller: &Caller,
    payment: &Payment,
    request: MarkPaid,
) -> Result<Reply<MarkedPayment>, Problem> {
    if payment.provider != MANUAL {
        let words = "Only a payment by transfer can be marked: for others their provider speaks";
        return Err(Problem::new(Code::RuleBroken).message(words));
    }
    if request.amount != payment.amount {
        return Err(Problem::new(Code::AmountInvalid).field("amount", "must be what was to be paid"));
    }
    let message = Message {
        provider: MANUAL.to_owned(),
        event: payment.id.to_string(),
        name: "transfer.received".to_owned(),
        charge: Some(request.reference),
    };
    let taken = || Problem::new(Code::InvalidTransition).message("The payment was marked before");
    let found = edge.store().look_up_message(caller.scope, &message, Some(&payment.reference)).await?;
    let settlement = found.settlement.ok_or_else(Problem::not_found)?;
    if found.seen || settlement.captured_charge.is_some() {
        return Err(taken());
    }
    let charge = message.charge.as_deref().unwrap_or_default();
    let settled = edge.store().settle(&caller.operation(), &message, &settlement, Signal::Captured, charge).await?;
    let needs_refund = match settled {
        Settled::Applied(_) => false,
        Settled::NeedsRefund => {
            metrics::count("payment.needs_refund", 1, &[("provider", MANUAL)]);
            true
        }
        Settled::Duplicate | Settled::Quarantined(_) => return Err(taken()),
    };
    Ok(Reply::ok(MarkedPayment {
        payment_id: payment.id,
        order_group_id: payment.group,
        status: PaymentStatus::Captured,
        needs_refund,
    }))
}

#[cfg(test)]
mod tests {
    use domain::access::Role;
    use domain::operation::Action;
    use domain::order::GroupStatus;
    use http::StatusCode;
    use serde_json::json;

    use super::*;
    use crate::test_support::Shop;

    async fn sale(shop: &Shop, provider: &str) -> Payment {
        let tenant = shop.tenant();
        let buyer = shop.sign_in(Role::Customer).await;
        let placed = tenant.sale(buyer.user.id, &["Vase"]).await;
        let operation = tenant.operation();
        let id: PaymentId = operation.id();
        let payment = Payment {
            id,
            group: placed.group.id,
            user: buyer.user.id,
            provider: provider.to_owned(),
            reference: id.to_string(),
            charge: None,
            amount: placed.group.totals.total,
            status: PaymentStatus::Initiated,
            created_at: operation.now,
            updated_at: operation.now,
            version: 1,
        };
        tenant.stack.store().open_payment(&operation, &placed.group, &payment).await.unwrap();
        payment
    }

    async fn group(shop: &Shop, payment: &Payment) -> GroupStatus {
        let (tenant, store) = (shop.tenant(), shop.tenant().stack.store());
        store.order_group(tenant.scope(), payment.group).await.unwrap().unwrap().status
    }

    #[tokio::test]
    async fn staff_mark_a_transfer_once_and_its_orders_are_paid() {
        let shop = Shop::open().await;
        let (staff, payment) = (shop.sign_in(Role::Staff).await, sale(&shop, "manual").await);
        let path = format!("/admin/payments/{}/mark-paid", payment.id);
        let body = |amount: i64, reference: &str| json!({"amount": {"amount": amount, "currency": "INR"}, "reference": reference});
        let send = |key: &str, body| {
            shop.client.post(&path).bearer(&staff.token).header("idempotency-key", key).json(body).send()
        };
        let right = payment.amount.amount;
        send("1", body(right + 1, "UTR-1")).await.refused(StatusCode::UNPROCESSABLE_ENTITY, "AMOUNT_INVALID");
        send("2", body(right, "a#b")).await.refused(StatusCode::BAD_REQUEST, "VALIDATION_FAILED");
        assert_eq!(group(&shop, &payment).await, GroupStatus::PaymentPending);
        let keyless = shop.client.post(&path).bearer(&staff.token).json(body(right, "UTR-1")).send().await;
        keyless.refused(StatusCode::BAD_REQUEST, "IDEMPOTENCY_KEY_REQUIRED");

        let mut under_way = tokio::task::JoinSet::new();
        for n in 0..8 {
            let request = shop.client.post(&path).bearer(&staff.token).header("idempotency-key", format!("k{n}"));
            under_way.spawn(request.json(body(right, &format!("UTR-{n}"))).send());
        }
        let statuses: Vec<_> = under_way.join_all().await.into_iter().map(|answer| answer.status).collect();
        assert_eq!(statuses.iter().filter(|status| **status == StatusCode::OK).count(), 1, "{statuses:?}");
        assert_eq!(group(&shop, &payment).await, GroupStatus::Paid);
        send("9", body(right, "UTR-9")).await.refused(StatusCode::CONFLICT, "INVALID_TRANSITION");
        let rows = shop.tenant().stored("AUD#").await;
        let marked = serde_json::to_value(Action::PaymentMarkedPaid).unwrap();
        let marks: Vec<_> = rows.iter().filter(|row| row["action"] == marked).collect();
        assert_eq!((marks.len(), &marks[0]["actor"]["id"]), (1, &json!(staff.user.id)));
    }

    #[tokio::test]
    async fn a_providers_payment_is_marked_by_nobody_and_a_customer_marks_none() {
        let shop = Shop::open().await;
        let (staff, customer) = (shop.sign_in(Role::Staff).await, shop.sign_in(Role::Customer).await);
        let payment = sale(&shop, "razorpay").await;
        let path = format!("/admin/payments/{}/mark-paid", payment.id);
        let body = json!({"amount": payment.amount, "reference": "UTR-1"});
        let send = |token: &str| {
            shop.client.post(&path).bearer(token).header("idempotency-key", "k").json(body.clone()).send()
        };
        send(&customer.token).await.refused(StatusCode::FORBIDDEN, "FORBIDDEN");
        send(&staff.token).await.refused(StatusCode::UNPROCESSABLE_ENTITY, "RULE_BROKEN");
        assert_eq!(group(&shop, &payment).await, GroupStatus::PaymentPending);
    }
}
