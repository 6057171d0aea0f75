//! `POST /webhooks/razorpay/{tenant}`: Razorpay tells what became of a payment.

use axum::extract::State;
use domain::id::TenantId;
use domain::operation::{Actor, Operation};
use domain::payment::{Settlement, Signal};
use domain::tenant::TenantScope;
use http::HeaderMap;
use payments::Provider;
use payments::notification::{Charge, Meaning, Notification, PAYMENT_NOTE, PaymentState, TENANT_NOTE};
use payments::razorpay::{Credentials, UnverifiedWebhook, VerifiedWebhook};
use platform::metrics;
use serde::Serialize;
use store::Store;
use store::settlements::{Aside, Message, Settled};
use utoipa::ToSchema;
use web::{Answer, Code, Edge, Envelope, Path, Problem, RawBody, Reply, RequestInfo, TenantOf, refusals};

const PROVIDER: &str = Provider::Razorpay.as_str();

/// What was done with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReceiptView {
    /// What came of it.
    outcome: Outcome,
}

/// What came of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Outcome {
    /// The payment moved on.
    Applied,
    /// The payment is as far or further: nothing was changed.
    Duplicate,
    /// Nothing that we act on.
    Ignored,
    /// The money was taken for a checkout that can't be honoured any more, and has to go back.
    NeedsRefund,
    /// It does not fit our books: nothing was changed, and somebody is told.
    Quarantined,
}

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
        edge.vault().open_credentials(&tenant, PROVIDER).await?.ok_or_else(|| Problem::new(Code::NotFound))?;
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let signature = header(UnverifiedWebhook::SIGNATURE_HEADER).unwrap_or_default();
    let webhook = UnverifiedWebhook::new(&body, signature, header(UnverifiedWebhook::EVENT_ID_HEADER))
        .verify(&credentials)
        .map_err(|bad| Problem::new(Code::InvalidSignature).because(bad))?;

    let actor = Actor::Provider { name: PROVIDER.to_owned() };
    let operation = info.operation(tenant.scope(), actor, edge.ambient());
    let books = Books { store: edge.store(), operation: &operation, account: credentials.account_id() };
    let outcome = books.take(&webhook).await?;
    Ok(Reply::ok(ReceiptView { outcome }))
}

/// The books of one tenant, open for one message.
struct Books<'a> {
    store: &'a Store,
    operation: &'a Operation,
    /// The account that messages must be about.
    account: &'a str,
}

impl Books<'_> {
    async fn take(&self, webhook: &VerifiedWebhook<'_>) -> Result<Outcome, store::Error> {
        let message = |name: &str, charge: Option<&Charge>| Message {
            provider: PROVIDER.to_owned(),
            event: webhook.event_id(),
            name: name.to_owned(),
            charge: charge.map(|charge| charge.payment_id.clone()),
        };
        let Notification { event, account, meaning, .. } = match webhook.notification() {
            Ok(notification) => notification,
            Err(unusable) => return self.quarantine(&message("unusable", None), &unusable.to_string()).await,
        };
        if account != self.account {
            return self.quarantine(&message(&event, None), "the event is of another account").await;
        }
        match meaning {
            Meaning::Payment(state, charge) => self.book(&message(&event, Some(&charge)), state, &charge).await,
            // Refunds are not booked yet: the message is kept for the day when they are.
            Meaning::Refunded(refund) => self.ignore(&message(&event, Some(&refund.charge))).await,
            Meaning::Ignored => self.ignore(&message(&event, None)).await,
        }
    }

    async fn book(&self, message: &Message, state: PaymentState, charge: &Charge) -> Result<Outcome, store::Error> {
        let scope = self.operation.scope;
        let found = self.store.look_up_message(scope, message, charge.order_id.as_deref()).await?;
        if found.seen {
            return Ok(Outcome::Duplicate);
        }
        let Some(settlement) = found.settlement else {
            return self.quarantine(message, "the order is none of ours").await;
        };
        if let Err(reason) = notes_fit(scope, &settlement, charge) {
            return self.quarantine(message, reason).await;
        }
        let signal = match state {
            PaymentState::Authorized => Signal::Authorized,
            PaymentState::Captured => Signal::Captured,
            PaymentState::Failed => Signal::Failed,
        };
        if let Err(misfit) = settlement.check(signal, &charge.payment_id, charge.amount) {
            return self.quarantine(message, &misfit.to_string()).await;
        }
        let settled = self.store.settle(self.operation, message, &settlement, signal, &charge.payment_id).await?;
        Ok(match settled {
            Settled::Applied(_) => Outcome::Applied,
            Settled::Duplicate => Outcome::Duplicate,
            Settled::NeedsRefund => {
                metrics::count("payment.needs_refund", 1, &[("provider", PROVIDER)]);
                tracing::warn!(payment.id = %settlement.payment, "captured money has to go back");
                Outcome::NeedsRefund
            }
            Settled::Quarantined(misfit) => {
                count_quarantined(message, &misfit.to_string());
                Outcome::Quarantined
            }
        })
    }

    async fn ignore(&self, message: &Message) -> Result<Outcome, store::Error> {
        self.store.set_aside(self.operation, message, Aside::Ignored).await?;
        Ok(Outcome::Ignored)
    }

    async fn quarantine(&self, message: &Message, reason: &str) -> Result<Outcome, store::Error> {
        self.store.set_aside(self.operation, message, Aside::Quarantined(reason)).await?;
        count_quarantined(message, reason);
        Ok(Outcome::Quarantined)
    }
}

/// Checks that the notes, where there are any of ours, name this tenant and this payment.
fn notes_fit(scope: TenantScope, settlement: &Settlement, charge: &Charge) -> Result<(), &'static str> {
    let differs = |note: &str, ours: String| charge.notes.get(note).is_some_and(|named| *named != ours);
    if differs(TENANT_NOTE, scope.tenant().to_string()) {
        return Err("the notes name another tenant");
    }
    if differs(PAYMENT_NOTE, settlement.payment.to_string()) {
        return Err("the notes name another payment");
    }
    Ok(())
}

fn count_quarantined(message: &Message, reason: &str) {
    metrics::count("webhook.quarantined", 1, &[("provider", PROVIDER)]);
    tracing::warn!(event.id = message.event, event.name = message.name, reason, "a webhook was quarantined");
}

#[cfg(test)]
mod tests;
