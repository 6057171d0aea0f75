//! The books of one tenant, open for one message of a provider. What is done with it is the same whoever it came from.

use domain::dispute::{DisputeError, DisputeStatus, ToldDispute};
use domain::id::PaymentId;
use domain::operation::{Actor, Operation};
use domain::payment::{Misfit, Signal};
use domain::refund::RefundStatus;
use domain::tenant::TenantScope;
use payments::Provider;
use payments::notification::{
    Charge, Dispute, Meaning, Notification, PAYMENT_NOTE, PaymentState, Refund, TENANT_NOTE, Unusable,
};
use platform::metrics;
use serde::Serialize;
use store::Store;
use store::disputes::DisputeNoted;
use store::refunds::{RefundOutcome, RefundSettled};
use store::settlements::{Aside, Message, Settled};
use utoipa::ToSchema;
use web::{Edge, RequestInfo};

/// What was done with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReceiptView {
    /// What came of it.
    outcome: Outcome,
}

impl From<Taken> for ReceiptView {
    fn from(taken: Taken) -> Self {
        let outcome = match taken {
            Taken::Applied => Outcome::Applied,
            Taken::Duplicate => Outcome::Duplicate,
            Taken::Ignored => Outcome::Ignored,
            Taken::NeedsRefund => Outcome::NeedsRefund,
            Taken::Quarantined(_) => Outcome::Quarantined,
        };
        Self { outcome }
    }
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

/// What came of a message, and why it was set aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taken {
    Applied,
    Duplicate,
    Ignored,
    NeedsRefund,
    Quarantined(Reason),
}

/// Why a message does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Reason {
    #[error("the message can't be acted on: {0}")]
    Unusable(#[from] Unusable),
    #[error("the event is of another account")]
    Account,
    #[error("the order is none of ours")]
    Order,
    #[error("the notes name another tenant or payment")]
    Notes,
    #[error("the refund is none of ours")]
    Refund,
    #[error("the refund ended otherwise before, as {}", .0.as_str())]
    Contradiction(RefundStatus),
    #[error(transparent)]
    Misfit(#[from] Misfit),
    #[error(transparent)]
    Dispute(#[from] DisputeError),
}

/// The books of one tenant, open for one message.
pub(crate) struct Books<'a> {
    store: &'a Store,
    operation: &'a Operation,
    provider: &'static str,
    /// The account that messages must be about.
    account: &'a str,
}

impl<'a> Books<'a> {
    /// Begins what a provider's message does.
    pub(crate) fn operation(edge: &Edge, info: &RequestInfo, scope: TenantScope, provider: Provider) -> Operation {
        info.operation(scope, Actor::Provider { name: provider.as_str().to_owned() }, edge.ambient())
    }

    pub(crate) fn of(edge: &'a Edge, operation: &'a Operation, provider: Provider, account: &'a str) -> Self {
        Self { store: edge.store(), operation, provider: provider.as_str(), account }
    }

    /// Does what a verified message means. `event` is its id where the message itself can't be read.
    pub(crate) async fn take(
        &self,
        event: String,
        read: Result<Notification, Unusable>,
    ) -> Result<Taken, store::Error> {
        let message = |event: String, name: &str, charge: Option<&Charge>| Message {
            provider: self.provider.to_owned(),
            event,
            name: name.to_owned(),
            charge: charge.map(|charge| charge.payment_id.clone()),
        };
        let Notification { event_id, event, account, meaning } = match read {
            Ok(notification) => notification,
            Err(unusable) => return self.quarantine(&message(event, "unusable", None), unusable.into()).await,
        };
        if account != self.account {
            return self.quarantine(&message(event_id, &event, None), Reason::Account).await;
        }
        match meaning {
            Meaning::Payment(state, charge) => {
                self.book(&message(event_id, &event, Some(&charge)), state, &charge).await
            }
            Meaning::Refunded(refund) => {
                self.give_back(&message(event_id, &event, Some(&refund.charge)), &refund).await
            }
            Meaning::Disputed(dispute) => {
                self.contest(&message(event_id, &event, Some(&dispute.charge)), dispute).await
            }
            Meaning::Ignored => self.ignore(&message(event_id, &event, None)).await,
        }
    }

    async fn book(&self, message: &Message, state: PaymentState, charge: &Charge) -> Result<Taken, store::Error> {
        let scope = self.operation.scope;
        let found = self.store.look_up_message(scope, message, charge.order_id.as_deref()).await?;
        if found.seen {
            return Ok(Taken::Duplicate);
        }
        let Some(settlement) = found.settlement else {
            return self.quarantine(message, Reason::Order).await;
        };
        if !notes_fit(scope, settlement.payment, charge) {
            return self.quarantine(message, Reason::Notes).await;
        }
        let signal = match state {
            PaymentState::Authorized => Signal::Authorized,
            PaymentState::Captured => Signal::Captured,
            PaymentState::Failed => Signal::Failed,
            PaymentState::Review => Signal::Review,
        };
        if let Err(misfit) = settlement.check(signal, &charge.payment_id, charge.amount) {
            return self.quarantine(message, misfit.into()).await;
        }
        let settled = self.store.settle(self.operation, message, &settlement, signal, &charge.payment_id).await?;
        Ok(match settled {
            Settled::Applied(_) => {
                if signal == Signal::Review {
                    metrics::count("payment.in_review", 1, &[("provider", self.provider)]);
                    tracing::warn!(payment.id = %settlement.payment, "the provider looks at a payment");
                }
                Taken::Applied
            }
            Settled::Duplicate => Taken::Duplicate,
            Settled::NeedsRefund => {
                metrics::count("payment.needs_refund", 1, &[("provider", self.provider)]);
                tracing::warn!(payment.id = %settlement.payment, "captured money has to go back");
                Taken::NeedsRefund
            }
            Settled::Quarantined(misfit) => self.count_quarantined(message, misfit.into()),
        })
    }

    /// Books what became of a refund of ours. One that was made in the provider's own portal is none of ours: somebody
    /// has to look at it.
    async fn give_back(&self, message: &Message, told: &Refund) -> Result<Taken, store::Error> {
        let scope = self.operation.scope;
        let Some(path) = payments::refund::path(&told.notes) else {
            return self.refund_of_nobody(message, told).await;
        };
        let found = self.store.look_up_refund(scope, message, &path).await?;
        if found.seen {
            return Ok(Taken::Duplicate);
        }
        let ours = |refund: &domain::refund::Refund| {
            refund.provider == self.provider
                && refund.charge == told.charge.payment_id
                && told.charge.order_id.as_ref().is_none_or(|order| *order == refund.reference)
        };
        let Some(case) = found.case.filter(|case| ours(case.refund())) else {
            return self.quarantine(message, Reason::Refund).await;
        };
        if !notes_fit(scope, path.payment, &told.charge) {
            return self.quarantine(message, Reason::Notes).await;
        }
        if told.amount != Some(case.refund().amount) {
            return self.quarantine(message, Misfit::Amount.into()).await;
        }
        let outcome =
            if told.succeeded { RefundOutcome::Succeeded(told.refund_id.clone()) } else { RefundOutcome::Failed };
        match self.store.settle_told_refund(self.operation, message, case, &outcome).await? {
            RefundSettled::Applied => {
                if !told.succeeded {
                    metrics::count("refund.failed", 1, &[("provider", self.provider)]);
                    tracing::warn!(refund.id = %path.refund, "a provider gives no money back");
                }
                Ok(Taken::Applied)
            }
            RefundSettled::Duplicate => Ok(Taken::Duplicate),
            // Money that was given back came back, or went back although we were told that it would not.
            RefundSettled::Contradicted(status) => self.quarantine(message, Reason::Contradiction(status)).await,
        }
    }

    /// Notes that a payer's bank contests a payment, or what it has decided.
    async fn contest(&self, message: &Message, told: Dispute) -> Result<Taken, store::Error> {
        let scope = self.operation.scope;
        // What was paid outside an order is none of ours.
        let Some(reference) = told.charge.order_id.as_deref() else {
            return self.quarantine(message, Reason::Order).await;
        };
        let found = self.store.look_up_dispute(scope, message, reference).await?;
        if found.seen {
            return Ok(Taken::Duplicate);
        }
        let Some(settlement) = found.settlement else {
            return self.quarantine(message, Reason::Order).await;
        };
        if !notes_fit(scope, settlement.payment, &told.charge) {
            return self.quarantine(message, Reason::Notes).await;
        }
        let Some(amount) = told.amount else {
            return self.quarantine(message, Misfit::Amount.into()).await;
        };
        let id = told.dispute_id;
        let told = ToldDispute {
            id: id.clone(),
            charge: told.charge.payment_id,
            amount,
            reason: told.reason,
            respond_by: told.respond_by,
            status: told.status,
        };
        let known = found.disputes;
        let noted = self.store.note_dispute(self.operation, message, &settlement, known, &told).await?;
        match noted {
            DisputeNoted::Applied(_) => {
                let labels = [("provider", self.provider)];
                let (payment, status) = (settlement.payment, told.status.as_str());
                match told.status {
                    DisputeStatus::Open => metrics::count("payment.disputed", 1, &labels),
                    DisputeStatus::Lost => metrics::count("payment.dispute_lost", 1, &labels),
                    DisputeStatus::Won | DisputeStatus::Closed => {}
                }
                tracing::warn!(payment.id = %payment, dispute.id = id, dispute.status = status, "a payment is disputed");
                Ok(Taken::Applied)
            }
            DisputeNoted::Duplicate => Ok(Taken::Duplicate),
            DisputeNoted::Refused(error) => self.quarantine(message, error.into()).await,
        }
    }

    /// Sets a refund aside that does not name one of ours.
    async fn refund_of_nobody(&self, message: &Message, told: &Refund) -> Result<Taken, store::Error> {
        let scope = self.operation.scope;
        let found = self.store.look_up_message(scope, message, told.charge.order_id.as_deref()).await?;
        if found.seen {
            return Ok(Taken::Duplicate);
        }
        let reason = if found.settlement.is_some() { Reason::Refund } else { Reason::Order };
        self.quarantine(message, reason).await
    }

    async fn ignore(&self, message: &Message) -> Result<Taken, store::Error> {
        self.store.set_aside(self.operation, message, Aside::Ignored).await?;
        Ok(Taken::Ignored)
    }

    async fn quarantine(&self, message: &Message, reason: Reason) -> Result<Taken, store::Error> {
        self.store.set_aside(self.operation, message, Aside::Quarantined(&reason.to_string())).await?;
        Ok(self.count_quarantined(message, reason))
    }

    fn count_quarantined(&self, message: &Message, reason: Reason) -> Taken {
        metrics::count("webhook.quarantined", 1, &[("provider", self.provider)]);
        let reason_text = reason.to_string();
        tracing::warn!(
            event.id = message.event,
            event.name = message.name,
            reason = reason_text,
            "a webhook was quarantined"
        );
        Taken::Quarantined(reason)
    }
}

/// Tells whether the notes, where there are any of ours, name this tenant and this payment.
fn notes_fit(scope: TenantScope, payment: PaymentId, charge: &Charge) -> bool {
    let fits = |note: &str, ours: String| charge.notes.get(note).is_none_or(|named| *named == ours);
    fits(TENANT_NOTE, scope.tenant().to_string()) && fits(PAYMENT_NOTE, payment.to_string())
}
