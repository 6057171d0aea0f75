//! Asks providers about open payments of which they have told nothing, and books the answers as their own messages. What
//! nobody is to pay any more is closed at the provider first, where the provider can.
//!
//! A message may be lost on its way or be refused for a day; money that was taken is then found here. An answer that is booked
//! twice, or that comes beside the message after all, changes nothing the second time.

use std::time::Duration;

use domain::ambient::Ambient;
use domain::clock::Timestamp;
use domain::operation::{Actor, Operation};
use domain::order::Hold;
use domain::payment::{Settlement, Signal};
use domain::tenant::TenantScope;
use payments::api::{Attempt, Closing, PlacedOrder};
use payments::notification::{Charge, PaymentState};
use payments::{Credentials, Gateways};
use platform::metrics;
use platform::vault::Vault;
use store::Store;
use store::platform::DuePayment;
use store::settlements::{Aside, Message, Settled};
use store::table::Consistency;
use worker::JobError;

/// How long a payment may still be captured late, after it was opened or its checkout has ended: banks take up to three days.
const ASKED_FOR: Duration = Duration::from_secs(3 * 24 * 60 * 60);
/// The shortest and the longest wait until a provider is asked again; in between it is as long as the payment is old.
const WAITS: (Duration, Duration) = (Duration::from_secs(15 * 60), Duration::from_secs(6 * 60 * 60));

/// How long a run goes on asking, lest a provider that does not answer keep everything else; what is left is for the next.
const ASKING: Duration = Duration::from_secs(6);

/// What is needed to ask providers.
pub struct Reconciliation {
    store: Store,
    vault: Vault,
    gateways: Gateways,
    ambient: Ambient,
}

impl Reconciliation {
    /// Joins the parts.
    pub fn new(store: Store, vault: Vault, gateways: Gateways, ambient: Ambient) -> Self {
        Self { store, vault, gateways, ambient }
    }

    /// Asks about the payments that are due.
    ///
    /// # Errors
    /// When one could not be asked about; the others were.
    pub async fn ask(&self, request_id: &str) -> Result<(), JobError> {
        let (mut failure, started) = (None, self.ambient.now());
        for due in self.store.due_payments(started).await? {
            if self.ambient.now().since(started) > ASKING {
                break;
            }
            // One provider that does not answer must not keep the others.
            if let Err(error) = self.ask_about(&due, request_id).await {
                let cause = &error as &dyn std::error::Error;
                tracing::warn!(tenant.id = %due.scope.tenant(), provider = due.provider, error = cause, "a payment stays open");
                failure = Some(error);
            }
        }
        failure.map_or(Ok(()), Err)
    }

    async fn ask_about(&self, due: &DuePayment, request_id: &str) -> Result<(), JobError> {
        let actor = Actor::System { name: "janitor".to_owned() };
        let operation = Operation::begin(due.scope, actor, request_id.to_owned(), None, &self.ambient);
        let found = self.store.settlement(due.scope, &due.provider, &due.reference).await?;
        let Some(settlement) = found else { return Ok(()) };
        if settlement.captured_charge.is_some() {
            // It took money in vain before another payment ended its checkout, which told it.
            return Ok(self.store.ask_later(&operation, &settlement, None).await?);
        }
        let opened_at = settlement.opened_at.unwrap_or(operation.now);
        let ended_at = self.ended_at(due.scope, &settlement).await?;
        let age = operation.now.since(ended_at.unwrap_or(opened_at));
        let next = (age < ASKED_FOR).then(|| operation.now.plus(age.clamp(WAITS.0, WAITS.1)));
        // First, so that a payment whose provider never answers does not stand before the others for ever.
        self.store.ask_later(&operation, &settlement, next).await?;

        let tenant = self.store.tenant(due.scope, Consistency::Strong).await?;
        let tenant = tenant.ok_or_else(|| JobError::fail("the tenant is gone"))?;
        let credentials: Option<Credentials> = self.vault.open_credentials(&tenant, &due.provider).await?;
        let Some(credentials) = credentials else { return Ok(()) };
        let order = PlacedOrder { reference: due.reference.clone(), opened_at };
        let asked = if ended_at.is_some() {
            self.gateways.close(&credentials, &order).await
        } else {
            let attempts = self.gateways.attempts(&credentials, &order).await;
            attempts.map(|attempts| Closing { closed: false, attempts })
        };
        let Closing { closed, attempts } = asked.map_err(JobError::retry)?;
        if let Some((signal, attempt)) = furthest(&attempts, &due.reference) {
            self.book(&operation, due, signal, &attempt.charge, closed).await?;
        }
        if closed {
            // Last, so that what was not booked is booked by the next run, which finds it closed.
            self.store.ask_later(&operation, &settlement, None).await?;
            metrics::count("payment.closed", 1, &[("provider", &due.provider)]);
        }
        Ok(())
    }

    async fn book(
        &self,
        operation: &Operation,
        due: &DuePayment,
        signal: Signal,
        charge: &Charge,
        closed: bool,
    ) -> Result<(), JobError> {
        let message = Message {
            provider: due.provider.clone(),
            event: "asked".to_owned(),
            name: format!("asked.{}", signal.as_str().to_lowercase()),
            charge: Some(charge.payment_id.clone()),
        };
        let found = self.store.look_up_message(due.scope, &message, Some(&due.reference)).await?;
        let (false, Some(settlement)) = (found.seen, found.settlement) else { return Ok(()) };
        let settled = match settlement.check(signal, &charge.payment_id, charge.amount) {
            Ok(()) => self.store.settle(operation, &message, &settlement, signal, &charge.payment_id).await?,
            Err(misfit) => {
                self.store.set_aside(operation, &message, Aside::Quarantined(&misfit.to_string())).await?;
                Settled::Quarantined(misfit)
            }
        };
        let labels = [("provider", due.provider.as_str())];
        match settled {
            // What failed because it was closed just now is no word that was missed.
            Settled::Applied(_) if closed => {}
            Settled::Applied(status) => {
                metrics::count("payment.reconciled", 1, &labels);
                let (tenant, provider) = (due.scope.tenant(), due.provider.as_str());
                tracing::warn!(tenant.id = %tenant, provider, payment.id = %settlement.payment, status = status.as_str(), "a provider's word was missed");
                if signal == Signal::Review {
                    metrics::count("payment.in_review", 1, &labels);
                    tracing::warn!(payment.id = %settlement.payment, "the provider looks at a payment");
                }
            }
            Settled::NeedsRefund => metrics::count("payment.needs_refund", 1, &labels),
            Settled::Quarantined(_) => metrics::count("webhook.quarantined", 1, &labels),
            Settled::Duplicate => {}
        }
        Ok(())
    }

    /// Returns since when nobody is to pay any more: the checkout has ended, or another payment has paid it. Should it be
    /// revived meanwhile, then by a payment that was captured, which no provider closes.
    async fn ended_at(&self, scope: TenantScope, settlement: &Settlement) -> Result<Option<Timestamp>, JobError> {
        let group = self.store.order_group(scope, settlement.group).await?;
        let over = group.filter(|group| group.hold() != Hold::Held && group.paid_by != Some(settlement.payment));
        Ok(over.map(|group| group.updated_at))
    }
}

/// Finds the attempt that has come furthest: one that was captured outweighs any that failed.
fn furthest<'a>(attempts: &'a [Attempt], reference: &str) -> Option<(Signal, &'a Attempt)> {
    let rank = |signal: &Signal| match signal {
        Signal::Failed => 0,
        Signal::Authorized => 1,
        Signal::Review => 2,
        Signal::Captured => 3,
    };
    let own = attempts.iter().filter(|attempt| attempt.charge.order_id.as_deref() == Some(reference));
    let signals = own.filter_map(|attempt| {
        let signal = match attempt.state? {
            PaymentState::Authorized => Signal::Authorized,
            PaymentState::Captured => Signal::Captured,
            PaymentState::Failed => Signal::Failed,
            PaymentState::Review => Signal::Review,
        };
        Some((signal, attempt))
    });
    signals.max_by_key(|(signal, _)| rank(signal))
}
