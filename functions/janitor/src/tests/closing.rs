//! Orders at providers that nobody is to pay any more, and payers who are faster.

use domain::order::{CancelReason, Party};
use domain::payment::{Payment, PaymentStatus};
use harness::network::{Faults, Travel};
use harness::stripe;
use payments::Provider;
use store::holds::Expiry;

use super::providers::{DAY, Fate, Till};
use super::reconciliation::ask_about_all;
use super::*;

/// Longer than any hold of the tests' sales.
const AFTER_THE_HOLD: Duration = Duration::from_secs(401 * 24 * 60 * 60);

impl Till {
    /// Lets a payment be paid at Stripe, if it still can be.
    async fn pays(&self, payment: &Payment) -> bool {
        let how = stripe::Decide { outcome: stripe::Outcome::Succeed, travel: Travel::kept_back() };
        self.stand_in.stripe().decide(&payment.reference, &how).await.is_ok()
    }

    async fn expire(&self, payment: &Payment) {
        let expiry = self.stack.store().expire_hold(&self.tenant.operation(), payment.group).await.unwrap();
        assert_eq!(expiry, Expiry::Expired);
    }

    async fn is_asked_about(&self, payment: &Payment) -> bool {
        let due = self.stack.store().due_payments(self.stack.now().plus(DAY)).await.unwrap();
        due.iter().any(|due| due.reference == payment.reference)
    }
}

#[tokio::test]
async fn nobody_can_pay_at_stripe_any_more_for_a_checkout_that_has_ended() {
    let till = Till::open(Provider::Stripe, Duration::ZERO).await;
    let (expired, paid_late, called_off) = (till.sell(None).await, till.sell(None).await, till.sell(None).await);
    let order = {
        let group = till.stack.store().order_group(till.tenant.scope(), called_off.group).await.unwrap().unwrap();
        till.stack.store().order(till.tenant.scope(), group.orders[0]).await.unwrap().unwrap()
    };
    let (store, operation) = (till.stack.store(), till.tenant.operation());
    store.cancel_order(&operation, &order, Party::Buyer, CancelReason::ChangedMind).await.unwrap().unwrap();
    ask_about_all(&till.stack, &till.stand_in).await;
    assert_eq!(till.states(&called_off).await, (GroupStatus::Cancelled, PaymentStatus::Failed));
    assert!(!till.pays(&called_off).await, "its intent is cancelled at once");

    till.decide(&paid_late, Fate::Done).await;
    till.stack.clock.advance(AFTER_THE_HOLD);
    let held = till.sell(None).await;
    for payment in [&expired, &paid_late] {
        till.expire(payment).await;
    }
    // The provider can't be reached at first.
    till.fail_next(&Faults { times: 16, status: 503, done: false }).await;
    ask_about_all(&till.stack, &till.stand_in).await;
    till.fail_next(&Faults::default()).await;
    assert_eq!(till.states(&expired).await, (GroupStatus::Expired, PaymentStatus::Initiated));
    till.stack.clock.advance(Duration::from_secs(20 * 60));
    ask_about_all(&till.stack, &till.stand_in).await;
    assert_eq!(till.states(&expired).await, (GroupStatus::Expired, PaymentStatus::Failed));
    assert!(!till.pays(&expired).await);
    assert!(!till.is_asked_about(&expired).await);
    // Money that was faster is booked like any that comes late.
    assert_eq!(till.states(&paid_late).await, (GroupStatus::Paid, PaymentStatus::Captured));
    // What is held is not touched.
    assert_eq!(till.states(&held).await, (GroupStatus::PaymentPending, PaymentStatus::Initiated));
    assert!(till.is_asked_about(&held).await && till.pays(&held).await);
}

#[tokio::test]
async fn of_a_payer_and_a_janitor_at_once_one_wins_and_no_money_is_left_over() {
    let till = Till::open(Provider::Stripe, Duration::ZERO).await;
    let mut payments = Vec::new();
    for _ in 0..6 {
        payments.push(till.sell(None).await);
    }
    till.stack.clock.advance(AFTER_THE_HOLD);
    for payment in &payments {
        till.expire(payment).await;
    }
    let pay = async {
        let mut paid = Vec::new();
        for payment in &payments {
            paid.push(till.pays(payment).await);
        }
        paid
    };
    let (paid, ()) = tokio::join!(pay, ask_about_all(&till.stack, &till.stand_in));
    till.stack.clock.advance(Duration::from_secs(60 * 60));
    ask_about_all(&till.stack, &till.stand_in).await;
    for (payment, paid) in payments.iter().zip(paid) {
        let expected = if paid {
            (GroupStatus::Paid, PaymentStatus::Captured)
        } else {
            (GroupStatus::Expired, PaymentStatus::Failed)
        };
        assert_eq!(till.states(payment).await, expected);
        assert!(!till.is_asked_about(payment).await);
    }
}

#[tokio::test]
async fn a_failed_try_at_stripe_is_closed_once_another_payment_has_paid() {
    let till = Till::open(Provider::Stripe, Duration::ZERO).await;
    let first = till.sell(None).await;
    till.decide(&first, Fate::Failed).await;
    till.stack.clock.advance(Duration::from_secs(16 * 60));
    ask_about_all(&till.stack, &till.stand_in).await;
    assert_eq!(till.states(&first).await, (GroupStatus::PaymentFailed, PaymentStatus::Failed));
    let group = till.stack.store().order_group(till.tenant.scope(), first.group).await.unwrap().unwrap();
    let second = till.open_for(group, None).await;
    assert!(till.pays(&second).await);
    till.stack.clock.advance(Duration::from_secs(17 * 60));
    ask_about_all(&till.stack, &till.stand_in).await;
    assert_eq!(till.states(&second).await, (GroupStatus::Paid, PaymentStatus::Captured));
    till.stack.clock.advance(Duration::from_secs(60 * 60));
    ask_about_all(&till.stack, &till.stand_in).await;
    assert_eq!(till.states(&first).await, (GroupStatus::Paid, PaymentStatus::Failed));
    assert!(!till.pays(&first).await, "it would be paid twice");
}
