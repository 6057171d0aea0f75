//! `POST /webhooks/stripe/{tenant}`: Stripe tells what became of a payment.

use axum::extract::State;
use domain::id::TenantId;
use http::HeaderMap;
use payments::Provider;
use payments::stripe::{Credentials, UnverifiedWebhook};
use web::{Answer, Code, Edge, Envelope, Path, Problem, RawBody, Reply, RequestInfo, TenantOf, refusals};

use crate::books::{Books, ReceiptView};

const PROVIDER: Provider = Provider::Stripe;

/// Receives a webhook of Stripe
///
/// The signature over time and raw body is verified first, against both secrets that are live while one replaces the other;
/// it may be five minutes old. The same message may come any number of times and in any order: the state that follows is
/// the same.
#[utoipa::path(
    post,
    path = "/webhooks/stripe/{tenant}",
    tag = "Webhooks",
    operation_id = "receive_stripe",
    params(
        ("tenant" = String, Path, description = "The tenant whose account it is", example = "ten_01JQZX3N9Q5S0V6T7W8Y9Z0ABC"),
        ("Stripe-Signature" = String, Header, description = "`t=` the time in seconds and `v1=` HMAC-SHA256 of time and raw body in lower-case hex"),
    ),
    request_body(content = Object, description = "An event as Stripe documents it", example = json!({
        "id": "evt_1", "object": "event", "type": "payment_intent.succeeded", "livemode": false, "data": {"object": {}},
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
    let signature = headers.get(UnverifiedWebhook::SIGNATURE_HEADER).and_then(|value| value.to_str().ok());
    let webhook = UnverifiedWebhook::new(&body, signature.unwrap_or_default())
        .verify(&credentials, edge.ambient().now())
        .map_err(|bad| Problem::new(Code::InvalidSignature).because(bad))?;

    let operation = Books::operation(&edge, &info, tenant.scope(), PROVIDER);
    let books = Books::of(&edge, &operation, PROVIDER, credentials.account_id());
    let taken = books.take(webhook.body_id(), webhook.notification()).await?;
    Ok(Reply::ok(taken.into()))
}

#[cfg(test)]
mod tests;
