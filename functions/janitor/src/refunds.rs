//! Carries refunds out at their providers, and books what comes of it.
//!
//! Each try is taken up in the table first, so that of runs that overlap one asks; and the refund's id is the provider's
//! idempotency key, so that a try whose answer was lost gives no money back twice.

use std::time::Duration;

use domain::ambient::Ambient;
use domain::operation::{Actor, Operation};
use domain::payment::Settlement;
use domain::refund::Refund;
use payments::api::ApiError;
use payments::refund::{NewRefund, RefundState};
use payments::{Credentials, Gateways};
use platform::metrics;
use platform::vault::Vault;
use store::Store;
use store::platform::DueRefund;
use store::refunds::RefundOutcome;
use store::table::Consistency;
use worker::JobError;

/// How long until another may take up a refund whose try was cut off.
const LEASE: Duration = Duration::from_secs(120);
/// How long until a provider that works on a refund is asked again.
const ASKED_AGAIN: Duration = Duration::from_secs(60 * 60);
/// The longest wait after failed tries.
const LONGEST_WAIT: Duration = Duration::from_secs(6 * 60 * 60);

/// How long a run goes on with refunds; what is left is for the next.
const CARRYING: Duration = Duration::from_secs(6);

/// What is needed to carry refunds out.
pub struct Refunds {
    store: Store,
    vault: Vault,
    gateways: Gateways,
    ambient: Ambient,
}

impl Refunds {
    /// Joins the parts.
    pub fn new(store: Store, vault: Vault, gateways: Gateways, ambient: Ambient) -> Self {
        Self { store, vault, gateways, ambient }
    }

    /// Carries out the refunds that are due.
    ///
    /// # Errors
    /// When one could not be carried out; the others were.
    pub async fn carry_out(&self, request_id: &str) -> Result<(), JobError> {
        let (mut failure, started) = (None, self.ambient.now());
        for due in self.store.due_refunds(started).await? {
            if self.ambient.now().since(started) > CARRYING {
                break;
            }
            // One refund that can't go on must not keep the others.
            if let Err(error) = self.try_one(&due, request_id).await {
                let cause = &error as &dyn std::error::Error;
                tracing::warn!(tenant.id = %due.scope.tenant(), refund.id = %due.refund, error = cause, "a refund stays");
                failure = Some(error);
            }
        }
        failure.map_or(Ok(()), Err)
    }

    /// Tries one refund; nothing happens when somebody else has taken it up.
    ///
    /// # Errors
    /// When the table or the vault can't be used.
    pub async fn try_one(&self, due: &DueRefund, request_id: &str) -> Result<(), JobError> {
        let actor = Actor::System { name: "janitor".to_owned() };
        let operation = Operation::begin(due.scope, actor, request_id.to_owned(), None, &self.ambient);
        let Some(refund) = self.store.refund(due.scope, due.payment, due.refund).await? else { return Ok(()) };
        let wait = LEASE.max(Duration::from_secs(60).saturating_mul(1 << refund.tries.min(8))).min(LONGEST_WAIT);
        if !self.store.take_up_refund(&operation, &refund, operation.now.plus(wait)).await? {
            return Ok(());
        }
        let tenant = self.store.tenant(due.scope, Consistency::Strong).await?;
        let tenant = tenant.ok_or_else(|| JobError::fail("the tenant is gone"))?;
        let credentials: Option<Credentials> = self.vault.open_credentials(&tenant, &refund.provider).await?;
        let Some(credentials) = credentials else {
            waits(&refund, &"the tenant has no credentials of the provider");
            return Ok(());
        };
        let Some(settlement) = self.store.settlement(due.scope, &refund.provider, &refund.reference).await? else {
            waits(&refund, &"the payment is not to be found");
            return Ok(());
        };
        // What the provider has not heard of waits for the bank's decision: the money would go twice.
        let disputes = self.store.disputes(due.scope, &refund.provider, &refund.reference).await?;
        if refund.provider_refund.is_none() && disputes.is_some_and(|disputes| disputes.is_open()) {
            waits(&refund, &"the payment is disputed");
            return Ok(());
        }
        let of_payment = self.store.refunds_of(due.scope, refund.payment).await?;
        let outcome = match self.gateways.refund(&credentials, &asked(&refund, &settlement, &of_payment)).await {
            Ok(made) => match made.state {
                RefundState::Done => RefundOutcome::Succeeded(made.id),
                RefundState::Pending => RefundOutcome::Processing(made.id, operation.now.plus(ASKED_AGAIN)),
                RefundState::ByHand => RefundOutcome::ByHand,
                RefundState::Failed => RefundOutcome::Failed,
            },
            // What was taken up once is decided by what the provider says of it, not by a question that it refuses.
            Err(error) if refund.provider_refund.is_none() && is_final(&error) => {
                let cause = &error as &dyn std::error::Error;
                tracing::warn!(refund.id = %refund.id, error = cause, "a provider gives no money back");
                RefundOutcome::Failed
            }
            // The next try is due already: a provider that is down is no failure of this run.
            Err(error) => {
                waits(&refund, &error);
                return Ok(());
            }
        };
        if outcome == RefundOutcome::Failed {
            metrics::count("refund.failed", 1, &[("provider", &refund.provider)]);
        }
        self.store.settle_refund(&operation, &refund, &outcome).await?;
        Ok(())
    }
}

fn waits(refund: &Refund, cause: &dyn std::fmt::Display) {
    metrics::count("refund.waits", 1, &[("provider", &refund.provider)]);
    tracing::warn!(refund.id = %refund.id, payment.id = %refund.payment, cause = %cause, "a refund waits for another try");
}

fn asked(refund: &Refund, settlement: &Settlement, of_payment: &[Refund]) -> NewRefund {
    let others = of_payment.iter().filter(|other| other.id != refund.id);
    NewRefund {
        reference: refund.reference.clone(),
        charge: refund.charge.clone(),
        taken: settlement.amount,
        opened_at: settlement.opened_at.unwrap_or(refund.created_at),
        amount: refund.amount,
        key: refund.id.to_string(),
        asked_at: refund.created_at,
        again: refund.tries > 0,
        known: refund.provider_refund.clone(),
        notes: payments::refund::notes(&refund.path()),
        others: others.filter_map(|other| other.provider_refund.clone()).collect(),
    }
}

/// Tells whether asking again can't help. A first call with the key that still runs is refused with 409, and wrong
/// credentials with 401: both may be mended.
fn is_final(error: &ApiError) -> bool {
    match error {
        ApiError::Refused { status, .. } => !matches!(status, 401 | 403 | 409),
        ApiError::Unsupported(_) => true,
        ApiError::Unreachable(_) | ApiError::Busy { .. } | ApiError::Unreadable(_) => false,
    }
}
