use domain::access::Role;
use domain::payment::{Payment, PaymentStatus};
use harness::razorpay::{Deliver, Outcome, Pay, StandIn};
use payments::api::NewOrder;
use payments::razorpay::Razorpay;

use super::refunds::shop;
use super::*;
use crate::reconciliation::Reconciliation;

pub(super) struct Till {
    pub(super) stack: Stack,
    pub(super) tenant: TestTenant,
    pub(super) stand_in: StandIn,
    pub(super) credentials: payments::razorpay::Credentials,
}

impl Till {
    pub(super) async fn open() -> Self {
        let stack = Stack::connect().await;
        let stand_in = StandIn::start(0, None).await.unwrap();
        let (tenant, credentials) = shop(&stack, &stand_in).await;
        Self { stack, tenant, stand_in, credentials }
    }

    /// Opens a payment at the provider, which tells nothing of what becomes of it.
    pub(super) async fn sell(&self, asked: Option<i64>) -> Payment {
        let buyer = self.tenant.member(&[Role::Customer]).await;
        let placed = self.tenant.sale(buyer.user.id, &["Gear"]).await;
        let operation = self.tenant.operation();
        let mut amount = placed.group.totals.total;
        amount.amount = asked.unwrap_or(amount.amount);
        let order = NewOrder { amount, receipt: "receipt".to_owned(), notes: BTreeMap::new() };
        let reference = Razorpay::new(&self.stand_in.url).create_order(&self.credentials, &order).await.unwrap().id;
        let payment = Payment {
            id: operation.id(),
            group: placed.group.id,
            user: buyer.user.id,
            provider: "razorpay".to_owned(),
            reference,
            charge: None,
            amount: placed.group.totals.total,
            status: PaymentStatus::Initiated,
            created_at: operation.now,
            updated_at: operation.now,
            version: 1,
        };
        self.stack.store().open_payment(&operation, &placed.group, &payment).await.unwrap();
        payment
    }

    pub(super) async fn pay(&self, payment: &Payment, outcome: Outcome) {
        let deliver = Deliver { send: false, ..Deliver::default() };
        self.stand_in.remote().pay(&payment.reference, &Pay { outcome, payment_id: None, deliver }).await.unwrap();
    }

    pub(super) async fn ask(&self) {
        ask_about_all(&self.stack, &self.stand_in).await;
    }

    async fn states(&self, payment: &Payment) -> (GroupStatus, PaymentStatus) {
        let found = self.stack.store().order_group_with_payments(self.tenant.scope(), payment.group).await.unwrap();
        let (group, payments) = found.unwrap();
        (group.status, payments[0].status)
    }
}

/// Lets two janitors ask at once about everything that is due.
pub(super) async fn ask_about_all(stack: &Stack, stand_in: &StandIn) {
    let gateways = harness::gateways(&stand_in.url, stack.ambient());
    let reconciliation =
        Reconciliation::new(stack.store().clone(), stack.vault().clone(), gateways, stack.ambient().clone());
    // A provider that is down makes a run fail; what the others have answered counts all the same.
    let _ = tokio::join!(reconciliation.ask("run-1"), reconciliation.ask("run-2"));
}

#[tokio::test]
async fn money_of_which_no_message_told_is_found_once() {
    let till = Till::open().await;
    let (paid, failed, open) = (till.sell(None).await, till.sell(None).await, till.sell(None).await);
    till.pay(&paid, Outcome::Fail).await;
    till.pay(&paid, Outcome::Capture).await;
    till.pay(&failed, Outcome::Fail).await;
    till.ask().await;
    assert_eq!(till.states(&paid).await, (GroupStatus::PaymentPending, PaymentStatus::Initiated), "asked too early");

    till.stack.clock.advance(Duration::from_secs(16 * 60));
    till.ask().await;
    assert_eq!(till.states(&paid).await, (GroupStatus::Paid, PaymentStatus::Captured));
    assert_eq!(till.states(&failed).await, (GroupStatus::PaymentFailed, PaymentStatus::Failed));
    assert_eq!(till.states(&open).await, (GroupStatus::PaymentPending, PaymentStatus::Initiated));

    // A failed payment is captured after all, and what is not due yet is not asked about.
    till.pay(&failed, Outcome::Capture).await;
    till.ask().await;
    assert_eq!(till.states(&failed).await.1, PaymentStatus::Failed);
    // The wait is as long as the payment was old.
    till.stack.clock.advance(Duration::from_secs(20 * 60));
    till.ask().await;
    assert_eq!(till.states(&failed).await, (GroupStatus::Paid, PaymentStatus::Captured));
    let events = till.tenant.stored("EVT#").await;
    assert_eq!(events.iter().filter(|item| item["event"]["type"] == "OrderGroupPaid").count(), 2);
}

#[tokio::test]
async fn an_answer_over_another_amount_is_set_aside_and_pays_nothing() {
    let till = Till::open().await;
    let payment = till.sell(Some(100)).await;
    till.pay(&payment, Outcome::Capture).await;
    till.stack.clock.advance(Duration::from_secs(16 * 60));
    till.ask().await;
    assert_eq!(till.states(&payment).await, (GroupStatus::PaymentPending, PaymentStatus::Initiated));
    let messages = till.tenant.stored("WHE#").await;
    assert_eq!(messages.len(), 1);
    assert_eq!(messages[0]["verdict"], "QUARANTINED");
}
