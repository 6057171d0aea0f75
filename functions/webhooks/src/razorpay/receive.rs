//! `POST /webhooks/razorpay/{tenant}`: Razorpay tells what became of a payment.

use axum::extract::State;
use domain::id::TenantId;
use http::HeaderMap;
use payments::Provider;
use payments::razorpay::{Credentials, UnverifiedWebhook};
use web::{Answer, Code, Edge, Envelope, Path, Problem, RawBody, Reply, RequestInfo, TenantOf, refusals};

use crate::books::{Books, ReceiptView};

const PROVIDER: Provider = Provider::Razorpay;

/// Receives a webhook of Razorpay
///
/// The signature over the raw body is verified first, against both secrets that are live while one replaces the other.
/// The same message may come any number of times and in any order: the state that follows is the same.
#[utoipa::path(
    post,
    path = "/webhooks/razorpay/{tenant}",
    tag = "Webhooks",
    params(
        ("tenant" = String, Path, description = "The tenant whose account it is", example = "ten_01JQZX3N9Q5S0V6T7W8Y9Z0ABC"),
        ("X-Razorpay-Signature" = String, Header, description = "HMAC-SHA256 of the raw body in lower-case hex"),
        ("x-razorpay-event-id" = Option<String>, Header, description = "The event's id, the same on every redelivery"),
    ),
    request_body(content = Object, description = "An event as Razorpay documents it", example = json!({
        "entity": "event", "account_id": "acc_1", "event": "payment.captured", "contains": ["payment"], "payload": {},
    })),
    responses(
        (status = 200, description = "Received", body = Envelope<ReceiptView>),
        refusals::Of<(refusals::InvalidSignature, refusals::TenantNotFound)>,
    ),
    extensions(("x-access" = json!("anyone"))),
)]
pub async fn receive(
    State(edge): State<Edge>,
    info: RequestInfo,
    Path(tenant): Path<TenantId>,
    headers: HeaderMap,
    RawBody(body): RawBody,
) -> Answer<ReceiptView> {
    let tenant = TenantOf::named(&edge, &info, tenant).await?;
    let credentials: Credentials =
        edge.vault().open_credentials(&tenant, PROVIDER.as_str()).await?.ok_or_else(|| Problem::new(Code::NotFound))?;
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let signature = header(UnverifiedWebhook::SIGNATURE_HEADER).unwrap_or_default();
    let webhook = UnverifiedWebhook::new(&body, signature, header(UnverifiedWebhook::EVENT_ID_HEADER))
        .verify(&credentials)
        .map_err(|bad| Problem::new(Code::InvalidSignature).because(bad))?;

    let operation = Books::operation(&edge, &info, tenant.scope(), PROVIDER);
    let books = Books::of(&edge, &operation, PROVIDER, credentials.account_id());
    let taken = books.take(webhook.event_id(), webhook.notification()).await?;
    Ok(Reply::ok(taken.into()))
}

#[cfg(test)]
mod tests;
