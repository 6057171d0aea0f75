//! VNPay and Stripe: payments of which no message told, and refunds on their way.

use std::sync::Arc;

use domain::access::Role;
use domain::operation::Operation;
use domain::order::OrderGroup;
use domain::payment::{Payment, PaymentStatus, Signal};
use domain::pricing::ShippingSettings;
use domain::refund::{Portion, Refund, RefundStatus};
use harness::network::{Faults, Travel};
use harness::razorpay::StandIn;
use harness::{stripe, vnpay};
use payments::api::{Handover, NewOrder, Visit};
use payments::{Credentials, Gateways, Provider, Secret};
use store::platform::DueRefund;
use store::refunds::RefundRequest;
use store::settlements::{Message, Settled};

use super::reconciliation::ask_about_all;
use super::*;
use crate::refunds::Refunds;

pub(super) const PROVIDERS: [Provider; 2] = [Provider::Vnpay, Provider::Stripe];
pub(super) const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What becomes of a payment or a refund at its provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Done,
    Failed,
}

/// A tenant that trusts one provider, at a stand-in on the test's clock.
pub(super) struct Till {
    pub(super) stack: Stack,
    pub(super) tenant: TestTenant,
    pub(super) stand_in: StandIn,
    pub(super) gateways: Gateways,
    provider: Provider,
    credentials: Credentials,
}

impl Till {
    /// Opens a till whose clock is ahead of that of the tests beside it.
    pub(super) async fn open(provider: Provider, ahead: Duration) -> Self {
        let stack = Stack::connect().await;
        stack.clock.advance(ahead);
        let stand_in = StandIn::start_on_clock(0, None, stack.ambient().clone()).await.unwrap();
        let currency = if provider == Provider::Vnpay { Currency::Vnd } else { Currency::Usd };
        let mut tenant = stack
            .tenant_with(|tenant| {
                tenant.settings.currency = currency;
                tenant.settings.shipping = ShippingSettings::flat(Money::new(9_900, currency));
            })
            .await;
        let id = tenant.id().to_string();
        let secrets = vec![Secret::new("webhook-secret")];
        let credentials = if provider == Provider::Vnpay {
            let tmn_code: String = id.chars().rev().take(8).collect();
            let own = payments::vnpay::Credentials::new(tmn_code.clone(), secrets).unwrap();
            let hash_secret = "webhook-secret".to_owned();
            let terminal = vnpay::Terminal { tmn_code, hash_secret, ipn_url: None, tenant: None, refunds: None };
            stand_in.vnpay().register(&terminal).await.unwrap();
            Credentials::Vnpay(own)
        } else {
            let secret_key = format!("sk_test_{id}");
            let key = Secret::new(secret_key.as_str());
            let own = payments::stripe::Credentials::new("pk_test_1", key, "acct_1", secrets).unwrap();
            let (webhook_secret, refunds) = ("webhook-secret".to_owned(), Some("pending".to_owned()));
            let account = stripe::Account { secret_key, webhook_secret, webhook_url: None, tenant: None, refunds };
            stand_in.stripe().register(&account).await.unwrap();
            Credentials::Stripe(own)
        };
        let mut record = (*tenant.tenant).clone();
        let sealed = stack.vault().seal_credentials(&record, provider.as_str(), &credentials).await.unwrap();
        record.providers.insert(provider.as_str().to_owned(), sealed);
        stack.store().update_tenant(&record).await.unwrap();
        tenant.tenant = Arc::new(record);
        let gateways = harness::gateways(&stand_in.url, stack.ambient());
        Self { stack, tenant, stand_in, gateways, provider, credentials }
    }

    /// Opens a payment at the provider, over `asked` or what is to be paid; the payer goes as far as the provider's page.
    pub(super) async fn sell(&self, asked: Option<i64>) -> Payment {
        let buyer = self.tenant.member(&[Role::Customer]).await;
        let placed = self.tenant.sale(buyer.user.id, &["Gear"]).await;
        self.open_for(placed.group, asked).await
    }

    /// Opens a payment for a checkout.
    pub(super) async fn open_for(&self, group: OrderGroup, asked: Option<i64>) -> Payment {
        let operation = self.tenant.operation();
        let mut payment = Payment {
            id: operation.id(),
            group: group.id,
            user: group.user,
            provider: self.provider.as_str().to_owned(),
            reference: String::new(),
            charge: None,
            amount: group.totals.total,
            status: PaymentStatus::Initiated,
            created_at: operation.now,
            updated_at: operation.now,
            version: 1,
        };
        let mut amount = payment.amount;
        amount.amount = asked.unwrap_or(amount.amount);
        let order = NewOrder { amount, receipt: payment.id.to_string(), notes: BTreeMap::new() };
        let return_url = "https://shop.haat.example/return".to_owned();
        let (opened_at, closes_at) = (operation.now, operation.now.plus(Duration::from_secs(900)));
        let visit = Visit { opened_at, closes_at, ip: "203.0.113.7".to_owned(), return_url };
        let (opened, handover) = self.gateways.open(&self.credentials, &order, &visit).await.unwrap();
        if let Handover::Redirect { url } = handover {
            assert!(reqwest::get(url).await.unwrap().url().path().ends_with("vpcpay.html"));
        }
        payment.reference = opened.id;
        self.stack.store().open_payment(&operation, &group, &payment).await.unwrap();
        payment
    }

    /// Lets a payment be paid or fail, and tells nobody; returns the provider's id of the charge.
    pub(super) async fn decide(&self, payment: &Payment, fate: Fate) -> String {
        let (reference, travel) = (&payment.reference, Travel::kept_back());
        if self.provider == Provider::Vnpay {
            let outcome = if fate == Fate::Done { vnpay::Outcome::Paid } else { vnpay::Outcome::Cancelled };
            let how = vnpay::Decide { outcome, travel };
            return self.stand_in.vnpay().decide(reference, &how).await.unwrap().transaction_no;
        }
        let outcome = if fate == Fate::Done { stripe::Outcome::Succeed } else { stripe::Outcome::Decline };
        self.stand_in.stripe().decide(reference, &stripe::Decide { outcome, travel }).await.unwrap();
        reference.clone()
    }

    /// Sells something whose payment is captured in our books too.
    pub(super) async fn sell_paid(&self) -> Payment {
        let payment = self.sell(None).await;
        let charge = self.decide(&payment, Fate::Done).await;
        let (store, scope) = (self.stack.store(), self.tenant.scope());
        let message = Message {
            provider: payment.provider.clone(),
            event: "evt_1".to_owned(),
            name: "paid".to_owned(),
            charge: Some(charge.clone()),
        };
        let found = store.look_up_message(scope, &message, Some(&payment.reference)).await.unwrap();
        let (operation, settlement) = (self.tenant.operation(), found.settlement.unwrap());
        let settled = store.settle(&operation, &message, &settlement, Signal::Captured, &charge).await.unwrap();
        assert_eq!(settled, Settled::Applied(PaymentStatus::Captured));
        self.payment(&payment).await.1
    }

    async fn payment(&self, payment: &Payment) -> (GroupStatus, Payment) {
        let found = self.stack.store().order_group_with_payments(self.tenant.scope(), payment.group).await.unwrap();
        let (group, payments) = found.unwrap();
        (group.status, payments.into_iter().find(|known| known.id == payment.id).unwrap())
    }

    pub(super) async fn states(&self, payment: &Payment) -> (GroupStatus, PaymentStatus) {
        let (group, payment) = self.payment(payment).await;
        (group, payment.status)
    }

    async fn ask_back(&self, payment: &Payment, portion: Portion) -> Refund {
        let scope = self.tenant.scope();
        let group = self.stack.store().order_group(scope, payment.group).await.unwrap().unwrap();
        let (order, reason) = (group.orders[0], "broken".to_owned());
        let request = RefundRequest { payment: payment.id, order, portion, restock: false, reason };
        let operation: Operation = self.tenant.operation();
        self.stack.store().request_refund(&operation, payment, &request).await.unwrap().unwrap()
    }

    /// Tries a refund once, and returns it as it is then.
    async fn try_back(&self, refund: &Refund) -> Refund {
        let scope = self.tenant.scope();
        let due = DueRefund { scope, payment: refund.payment, refund: refund.id };
        self.refunds().try_one(&due, "run-1").await.unwrap();
        self.stack.store().refund(scope, refund.payment, refund.id).await.unwrap().unwrap()
    }

    fn refunds(&self) -> Refunds {
        let (store, vault) = (self.stack.store().clone(), self.stack.vault().clone());
        Refunds::new(store, vault, self.gateways.clone(), self.stack.ambient().clone())
    }

    /// Says how far all refunds of a payment have come at the provider, and counts them.
    async fn decide_refunds(&self, payment: &Payment, fate: Fate) -> usize {
        let reference = &payment.reference;
        if self.provider == Provider::Vnpay {
            let status = if fate == Fate::Done { "00" } else { "09" };
            return self.stand_in.vnpay().settle_refunds(reference, status).await.unwrap();
        }
        let status = if fate == Fate::Done { "succeeded" } else { "failed" };
        let travel = Travel::kept_back();
        self.stand_in.stripe().settle_refunds(reference, status, &travel).await.unwrap().len()
    }

    pub(super) async fn fail_next(&self, faults: &Faults) {
        match self.provider {
            Provider::Vnpay => self.stand_in.vnpay().fail_next(faults).await.unwrap(),
            _ => self.stand_in.stripe().fail_next(faults).await.unwrap(),
        }
    }

    async fn told(&self, kind: &str) -> usize {
        self.tenant.stored("EVT#").await.iter().filter(|item| item["event"]["type"] == kind).count()
    }
}

#[tokio::test]
async fn money_of_which_no_message_told_is_found_at_vnpay_and_stripe() {
    for provider in PROVIDERS {
        let till = Till::open(provider, Duration::ZERO).await;
        let (paid, failed, open) = (till.sell(None).await, till.sell(None).await, till.sell(None).await);
        till.decide(&paid, Fate::Failed).await;
        till.decide(&paid, Fate::Done).await;
        till.decide(&failed, Fate::Failed).await;
        till.stack.clock.advance(Duration::from_secs(16 * 60));
        ask_about_all(&till.stack, &till.stand_in).await;
        assert_eq!(till.states(&paid).await, (GroupStatus::Paid, PaymentStatus::Captured), "{provider}");
        assert_eq!(till.states(&failed).await, (GroupStatus::PaymentFailed, PaymentStatus::Failed), "{provider}");
        assert_eq!(till.states(&open).await, (GroupStatus::PaymentPending, PaymentStatus::Initiated), "{provider}");

        // A failed payment is paid after all, and the provider is down when it is asked first.
        till.decide(&failed, Fate::Done).await;
        till.stack.clock.advance(Duration::from_secs(20 * 60));
        till.fail_next(&Faults { times: 8, status: 503, done: false }).await;
        ask_about_all(&till.stack, &till.stand_in).await;
        till.fail_next(&Faults::default()).await;
        till.stack.clock.advance(Duration::from_secs(60 * 60));
        ask_about_all(&till.stack, &till.stand_in).await;
        assert_eq!(till.states(&failed).await, (GroupStatus::Paid, PaymentStatus::Captured), "{provider}");
        assert_eq!(till.told("OrderGroupPaid").await, 2);
    }
}

#[tokio::test]
async fn an_answer_of_vnpay_or_stripe_over_another_amount_pays_nothing() {
    for provider in PROVIDERS {
        let till = Till::open(provider, Duration::ZERO).await;
        let payment = till.sell(Some(5_000)).await;
        till.decide(&payment, Fate::Done).await;
        till.stack.clock.advance(Duration::from_secs(16 * 60));
        ask_about_all(&till.stack, &till.stand_in).await;
        assert_eq!(till.states(&payment).await, (GroupStatus::PaymentPending, PaymentStatus::Initiated), "{provider}");
        let messages = till.tenant.stored("WHE#").await;
        assert_eq!((messages.len(), &messages[0]["verdict"]), (1, &"QUARANTINED".into()));
    }
}

#[tokio::test]
async fn a_refund_that_the_provider_works_on_is_asked_after_until_it_is_settled() {
    for provider in PROVIDERS {
        let till = Till::open(provider, DAY).await;
        let payment = till.sell_paid().await;
        let refund = till.ask_back(&payment, Portion::Rest).await;
        let taken_up = till.try_back(&refund).await;
        assert_eq!(taken_up.status, RefundStatus::Processing, "{provider}");
        let number = taken_up.provider_refund.clone().unwrap();
        assert_eq!(till.try_back(&refund).await.status, RefundStatus::Processing);
        assert_eq!(till.states(&payment).await.1, PaymentStatus::Captured);
        assert_eq!(till.told("RefundSucceeded").await, 0);

        // A question that can't be answered decides nothing.
        till.fail_next(&Faults { times: 1, status: 404, done: false }).await;
        assert_eq!(till.try_back(&refund).await.status, RefundStatus::Processing);

        assert_eq!(till.decide_refunds(&payment, Fate::Done).await, 1);
        for _ in 0..2 {
            let settled = till.try_back(&refund).await;
            assert_eq!((settled.status, settled.provider_refund), (RefundStatus::Succeeded, Some(number.clone())));
        }
        assert_eq!(till.states(&payment).await.1, PaymentStatus::Refunded);
        assert_eq!(till.told("RefundSucceeded").await, 1);
    }
}

#[tokio::test]
async fn a_refund_that_the_provider_refuses_in_the_end_frees_its_money_for_another() {
    for provider in PROVIDERS {
        let till = Till::open(provider, DAY).await;
        let payment = till.sell_paid().await;
        let refused = till.ask_back(&payment, Portion::Rest).await;
        till.try_back(&refused).await;
        till.decide_refunds(&payment, Fate::Failed).await;
        assert_eq!(till.try_back(&refused).await.status, RefundStatus::Failed, "{provider}");
        assert_eq!(till.states(&payment).await.1, PaymentStatus::Captured);

        let again = till.ask_back(&payment, Portion::Rest).await;
        assert_eq!((again.amount, till.try_back(&again).await.status), (refused.amount, RefundStatus::Processing));
        till.decide_refunds(&payment, Fate::Done).await;
        assert_eq!(till.try_back(&again).await.status, RefundStatus::Succeeded, "{provider}");
        assert_eq!(till.states(&payment).await.1, PaymentStatus::Refunded);
    }
}

#[tokio::test]
async fn a_refund_whose_answer_was_lost_gives_money_back_once_whenever_it_is_tried_again() {
    for (provider, later) in [(Provider::Vnpay, DAY), (Provider::Stripe, Duration::from_secs(60))] {
        let till = Till::open(provider, DAY).await;
        let payment = till.sell_paid().await;
        let part = Money::new(20_000, payment.amount.currency);
        let refund = till.ask_back(&payment, Portion::Amount(part)).await;
        till.fail_next(&Faults { times: 1, status: 500, done: true }).await;
        let lost = till.try_back(&refund).await;
        assert_eq!((lost.status, lost.provider_refund), (RefundStatus::Requested, None), "{provider}");
        till.stack.clock.advance(later);
        let (one, two) = tokio::join!(till.try_back(&refund), till.try_back(&refund));
        assert!([one.status, two.status].contains(&RefundStatus::Processing), "{provider}: {one:?} {two:?}");
        assert_eq!(till.decide_refunds(&payment, Fate::Done).await, 1, "{provider}: money went back twice");
        assert_eq!(till.try_back(&refund).await.status, RefundStatus::Succeeded);
        assert_eq!(till.states(&payment).await.1, PaymentStatus::PartiallyRefunded);

        let rest = till.ask_back(&payment, Portion::Rest).await;
        assert_eq!(till.try_back(&rest).await.status, RefundStatus::Processing, "{provider}");
        assert_eq!(till.decide_refunds(&payment, Fate::Done).await, 2);
        assert_eq!(till.try_back(&rest).await.status, RefundStatus::Succeeded);
        assert_eq!(till.states(&payment).await.1, PaymentStatus::Refunded);
    }
}

#[tokio::test]
async fn what_was_given_back_by_hand_before_is_refused_by_the_provider_and_not_by_us_alone() {
    for provider in PROVIDERS {
        let till = Till::open(provider, DAY).await;
        let payment = till.sell_paid().await;
        match provider {
            Provider::Vnpay => {
                till.stand_in.vnpay().refund_by_hand(&payment.reference, payment.amount.amount).await.unwrap();
            }
            _ => {
                // Nobody is told: the account has no address for events.
                let _ = till.stand_in.stripe().refund_by_hand(&payment.reference, payment.amount.amount).await;
            }
        }
        let refund = till.ask_back(&payment, Portion::Rest).await;
        assert_eq!(till.try_back(&refund).await.status, RefundStatus::Failed, "{provider}");
        assert_eq!(till.states(&payment).await.1, PaymentStatus::Captured);
    }
}
