//! Sales that are paid through the books, for tests of what is given back.
#![allow(clippy::expect_used, reason = "a step that fails here fails the test that asked for it")]

use domain::operation::Actor;
use domain::order::Placed;
use domain::payment::{Payment, PaymentStatus, Signal};
use store::settlements::{Message, Settled};

use crate::stack::TestTenant;

impl TestTenant {
    /// Opens a payment of a checkout at Razorpay, under `reference`, and books that `charge` captured it.
    pub async fn capture_sale(&self, placed: &Placed, reference: &str, charge: &str) -> (Payment, Settled) {
        self.capture_sale_through("razorpay", placed, reference, charge).await
    }

    /// Does the same for another provider.
    pub async fn capture_sale_through(
        &self,
        provider: &str,
        placed: &Placed,
        reference: &str,
        charge: &str,
    ) -> (Payment, Settled) {
        let (store, scope) = (self.stack.store(), self.scope());
        let operation = self.operation_by(Actor::Provider { name: provider.to_owned() });
        let payment = Payment {
            id: operation.id(),
            group: placed.group.id,
            user: placed.group.user,
            provider: provider.to_owned(),
            reference: reference.to_owned(),
            charge: None,
            amount: placed.group.totals.total,
            status: PaymentStatus::Initiated,
            created_at: operation.now,
            updated_at: operation.now,
            version: 1,
        };
        let group = store.order_group(scope, placed.group.id).await.expect("the group can be read");
        let group = group.expect("the group is there");
        store.open_payment(&operation, &group, &payment).await.expect("a payment can be opened");
        let message = Message {
            provider: provider.to_owned(),
            event: format!("evt_{reference}"),
            name: "payment.captured".to_owned(),
            charge: Some(charge.to_owned()),
        };
        let found = store.look_up_message(scope, &message, Some(reference)).await.expect("the books can be read");
        let settlement = found.settlement.expect("the payment is known");
        let settled = store.settle(&operation, &message, &settlement, Signal::Captured, charge).await;
        let settled = settled.expect("the capture can be booked");
        let payments = store.order_group_with_payments(scope, group.id).await.expect("the group can be read");
        let (_, payments) = payments.expect("the group is there");
        (payments.into_iter().find(|known| known.id == payment.id).expect("the payment is there"), settled)
    }
}
